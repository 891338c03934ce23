import path from 'node:path'
import type { GeneratedFile } from '../scripts/config/render.js'
import { httpOf, type Place } from './minimal-nginx.js'

/** In the place of S3 with an object: whatever is asked for is this file, in ranges too. */
export function fileUpstream(file: string): (place: Place) => GeneratedFile[] {
    return staticUpstream([`root ${path.dirname(file)};`, `try_files /${path.basename(file)} =404;`])
}

/** In the place of S3 with a bucket: keys are files below a folder that is named like the bucket. */
export function folderUpstream(root: string): (place: Place) => GeneratedFile[] {
    return staticUpstream([`root ${root};`])
}

function staticUpstream(location: readonly string[]): (place: Place) => GeneratedFile[] {
    return (place) => [
        {
            name: 'nginx.conf',
            content: httpOf(place, [
                'sendfile on;',
                'default_type application/octet-stream;',
                'server {',
                `    listen 127.0.0.1:${place.port};`,
                '    location / {',
                ...location.map((line) => `        ${line}`),
                '    }',
                '}',
            ]),
        },
    ]
}
