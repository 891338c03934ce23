import path from 'node:path'
import { render, type GeneratedFile } from '../scripts/config/render.js'
import type { ConfigOptions } from '../scripts/config/option-table.js'
import { settingsFrom, type Settings } from '../scripts/config/settings.js'
import { bucketName } from './embedded-s3.js'
import type { Nginx } from '../scripts/nginx/find-nginx.js'

/** The folder and the ports of an nginx. */
export interface Place {
    folder: string
    port: number
    /** The port of the server behind it. */
    upstreamPort: number
}

/** A minimal nginx.conf that runs in a folder, with additional lines in its `http` block. */
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

/** Directives that keep the temporary files of nginx in its folder. */
export function temporaryPaths({ folder }: Place): string[] {
    return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/temp-${name};`,
    )
}

/** The settings of `generate-config --target standalone` for an nginx. */
export function generatedSettings(nginx: Nginx, place: Place, options: Partial<ConfigOptions>): Settings {
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

/** The files of `generate-config`, without an access log: its cost depends on its format and on the disk. */
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

/** Headers of all answers of S3. */
const s3Headers = [
    'x-amz-id-2 8E6iEE2XDPyxAqZdz9c8mB0hXqUPtK9Jlcn0iC7VYJ9zqYp4JjPq3R6k2wVbI0nS',
    'x-amz-request-id 4N4RJ6V5S8G3T2Q1',
    'x-amz-server-side-encryption AES256',
]

/** In place of S3: answers all requests with one file, range requests too. */
export function fileUpstream(file: string): (place: Place) => GeneratedFile[] {
    return staticUpstream([`root ${path.dirname(file)};`, `try_files /${path.basename(file)} =404;`])
}

/** In place of S3: answers with the files of a folder. @param root has a folder for each bucket */
export function folderUpstream(root: string): (place: Place) => GeneratedFile[] {
    return staticUpstream([`root ${root};`, pageEncoding.header], pageEncoding.map)
}

/** S3 sends the Content-Encoding of a page as the publisher has stored it. nginx sends no header with an empty value. */
const pageEncoding = {
    map: ['map $uri $page_encoding {', '    ~/index\\.(?:json|html)$ gzip;', '}'],
    header: 'add_header Content-Encoding $page_encoding;',
}

function staticUpstream(
    location: readonly string[],
    httpLines: readonly string[] = [],
): (place: Place) => GeneratedFile[] {
    return (place) =>
        minimalFiles(place, [
            ...httpLines,
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

/** In place of S3: answers all requests with 1 KB and the headers of S3, at a small and constant cost. */
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
 * In place of S3: answers with the files of a folder and the headers of S3, and verifies no signature. nginx makes the
 * ETags from time and size. 800 open files are fewer than the usual limit of a process, and more than the paths that a
 * measurement requests repeatedly.
 *
 * @param root has a folder for each bucket
 */
export function s3StandIn(root: string): (place: Place) => GeneratedFile[] {
    return (place) =>
        minimalFiles(place, [
            'error_log stderr error;',
            ...pageEncoding.map,
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
            `        ${pageEncoding.header}`,
            '    }',
            '}',
        ])
}

const objectHeaders = [
    'x-amz-meta-sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-meta-md5 d41d8cd98f00b204e9800998ecf8427e',
    'x-amz-meta-upload-time 2026-01-02T03:04:05.000000Z',
]
