/** Where a measured nginx listens, and the server behind it. */
export interface Place {
    folder: string
    port: number
    upstreamPort: number
}

/** An nginx.conf that has what any needs to run in a folder, and these lines in its `http`. */
export function httpOf(place: Place, lines: string[]): string {
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
