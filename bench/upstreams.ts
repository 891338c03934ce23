import path from 'node:path'
import type { GeneratedFile } from '../scripts/config/render.js'
import { httpOf, type Place } from './minimal-nginx.js'

/** Headers that S3 sends with each answer. */
export const s3Headers = [
    'x-amz-id-2 8E6iEE2XDPyxAqZdz9c8mB0hXqUPtK9Jlcn0iC7VYJ9zqYp4JjPq3R6k2wVbI0nS',
    'x-amz-request-id 4N4RJ6V5S8G3T2Q1',
    'x-amz-server-side-encryption AES256',
]

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
