import path from 'node:path'
import { render, type GeneratedFile } from '../scripts/config/render.js'
import { settingsFrom, type ConfigOptions, type Settings } from '../scripts/config/settings.js'
import { bucketName } from './embedded-s3.js'
import type { Nginx } from '../scripts/nginx/find-nginx.js'

/** Where a measured nginx listens, and the server behind it. */
export interface Place {
    folder: string
    port: number
    upstreamPort: number
}

/** An nginx.conf that has what any needs to run in a folder, and these lines in its `http`. */
export function minimalConfiguration(place: Place, lines: string[]): string {
    return `worker_processes 1;
pid ${place.folder}/nginx.pid;
error_log stderr warn;
events {
    worker_connections 4096;
}
http {
    access_log off;
    keepalive_requests 1000000000;
    ${[...temporaryPaths(place), ...lines].join('\n    ')}
}
`
}

/** What keeps the temporary files of nginx in its folder. */
export function temporaryPaths({ folder }: Place): string[] {
    return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/temp-${name};`,
    )
}

/** The settings of what `generate-config --target standalone` makes for an nginx that is measured. */
export function generatedSettings(
    nginx: Nginx,
    place: Place,
    options: Pick<ConfigOptions, 'signature' | 'cache' | 'jsEngine'>,
): Settings {
    return settingsFrom(
        {
            bucket: bucketName,
            target: 'standalone',
            endpointUrl: `http://127.0.0.1:${place.upstreamPort}`,
            listen: [`127.0.0.1:${place.port}`],
            nginxVersion: nginx.version,
            ...options,
        },
        () => [],
    )
}

/** Its files, without an access log: that costs what its format and its disk cost, and no subject writes one. */
export function generatedFiles(
    settings: Settings,
    { modulePath }: Nginx,
    { folder }: Place,
    workers: number,
): GeneratedFile[] {
    return render(settings, { folder, command: 'bench', modulePath, workers }).map(({ name, content }) => ({
        name,
        content: content.replace(/^ *access_log .*;$/gm, 'access_log off;'),
    }))
}

function minimalFiles(place: Place, lines: string[]): GeneratedFile[] {
    return [{ name: 'nginx.conf', content: minimalConfiguration(place, lines) }]
}

/** Headers that S3 sends with each answer. */
const s3Headers = [
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
    return (place) =>
        minimalFiles(place, [
            'sendfile on;',
            'default_type application/octet-stream;',
            'server {',
            `    listen 127.0.0.1:${place.port};`,
            '    location / {',
            ...location.map((line) => `        ${line}`),
            '    }',
            '}',
        ])
}

/** In the place of S3: an answer of 1 KB with the headers that S3 sends, at a cost that is small and the same for all. */
export function constantUpstream(place: Place): GeneratedFile[] {
    return minimalFiles(place, [
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    keepalive_requests 1000000000;',
        '    default_type application/octet-stream;',
        '    location / {',
        ...s3Headers.map((header) => `        add_header ${header};`),
        '        add_header Last-Modified "Sun, 01 Nov 2026 00:00:00 GMT";',
        '        add_header ETag \'"d41d8cd98f00b204e9800998ecf8427e"\';',
        '        add_header Accept-Ranges bytes;',
        `        return 200 ${'x'.repeat(1024)};`,
        '    }',
        '}',
    ])
}

/**
 * nginx.conf of an nginx in the place of S3: it answers with the files of a folder and with the headers that S3 sends, and
 * looks at no signature. Its ETags are nginx's own: of the time and the size. It keeps as many files open as a process
 * may everywhere, which is more than are asked for again and again.
 *
 * @param root the folder with a folder for each bucket
 */
export function s3StandIn(root: string): (place: Place) => GeneratedFile[] {
    return (place) =>
        minimalFiles(place, [
            'error_log stderr error;',
            'sendfile on;',
            'tcp_nopush on;',
            'open_file_cache max=800 inactive=1h;',
            'open_file_cache_valid 1h;',
            'default_type binary/octet-stream;',
            'server {',
            `    listen 127.0.0.1:${place.port};`,
            `    root ${root};`,
            '    log_not_found off;',
            '    location / {',
            ...[...s3Headers, ...objectHeaders].map((header) => `        add_header ${header};`),
            '    }',
            '}',
        ])
}

const objectHeaders = [
    'x-amz-meta-sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-meta-md5 d41d8cd98f00b204e9800998ecf8427e',
    'x-amz-meta-upload-time 2026-01-02T03:04:05.000000Z',
]
