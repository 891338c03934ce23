import type { Place } from '../minimal-nginx.js'

/**
 * nginx.conf of an nginx in the place of S3: it answers with the files of a folder and with the headers that S3 sends, and
 * looks at no signature. Its ETags are nginx's own: of the time and the size. It keeps as many files open as a process
 * may everywhere, which is more than are asked for again and again.
 *
 * @param root the folder with a folder for each bucket
 */
export function standInConfiguration(place: Place, root: string): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `    ${name}_temp_path ${place.folder}/temp-${name};\n`)
        .join('')
    return `worker_processes 1;
pid ${place.folder}/nginx.pid;
error_log stderr error;
events {
    worker_connections 4096;
}
http {
${temporary}    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=800 inactive=1h;
    open_file_cache_valid 1h;
    default_type binary/octet-stream;
    server {
        listen 127.0.0.1:${place.port};
        root ${root};
        log_not_found off;
        location / {
            add_header x-amz-id-2 8E6iEE2XDPyxAqZdz9c8mB0hXqUPtK9Jlcn0iC7VYJ9zqYp4JjPq3R6k2wVbI0nS;
            add_header x-amz-request-id 4N4RJ6V5S8G3T2Q1;
            add_header x-amz-server-side-encryption AES256;
            add_header x-amz-meta-sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
            add_header x-amz-meta-md5 d41d8cd98f00b204e9800998ecf8427e;
            add_header x-amz-meta-upload-time 2026-01-02T03:04:05.000000Z;
        }
    }
}
`
}
