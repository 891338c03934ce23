import { httpOf, type Place } from '../minimal-nginx.js'
import { s3Headers } from '../upstreams.js'

/**
 * nginx.conf of an nginx in the place of S3: it answers with the files of a folder and with the headers that S3 sends, and
 * looks at no signature. Its ETags are nginx's own: of the time and the size. It keeps as many files open as a process
 * may everywhere, which is more than are asked for again and again.
 *
 * @param root the folder with a folder for each bucket
 */
export function standInConfiguration(place: Place, root: string): string {
    return httpOf(place, [
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
