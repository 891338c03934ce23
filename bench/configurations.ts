import { render, type GeneratedFile } from '../scripts/config/render.js'
import { settingsFrom } from '../scripts/config/settings.js'
import type { JsEngine, NginxAtHand } from './nginx-at-hand.js'

/** How requests are answered by an nginx that is measured. */
export type Subject =
    | { kind: 'plain' }
    | { kind: 'recipe' }
    | { kind: 'constant js_set'; engine: JsEngine }
    | { kind: 'signed'; engine: JsEngine; signature: 'v4' | 'v2' }

/** The name of a subject in the report. */
export function subjectName(subject: Subject): string {
    if (subject.kind === 'plain') return 'plain proxy_pass'
    if (subject.kind === 'recipe') return 'recipe of 2018, SigV2'
    if (subject.kind === 'constant js_set') return `constant js_set, ${subject.engine}`
    return `SigV${subject.signature.slice(1)}, ${subject.engine}`
}

/** Where a measured nginx listens, and the server behind it. */
export interface Place {
    folder: string
    port: number
    upstreamPort: number
}

/** The files of an nginx for a subject: for `signed` what `generate-config` makes, for others the least that does it. */
export function filesFor(subject: Subject, nginx: NginxAtHand, place: Place): GeneratedFile[] {
    if (subject.kind === 'signed') return signedFiles(subject, nginx, place)
    if (subject.kind === 'recipe') return [recipeFile(nginx, place)]
    const script = {
        name: 'constant.js',
        content: "function constant() {\n    return 'x'\n}\n\nexport default { constant }\n",
    }
    const constant = subject.kind === 'constant js_set' ? subject : undefined
    const configuration = httpOf(place, [
        ...(constant && nginx.engines.includes('qjs') ? [`js_engine ${constant.engine};`] : []),
        ...(constant ? [`js_import c from ${place.folder}/constant.js;`, 'js_set $constant c.constant;'] : []),
        `upstream s3 { server 127.0.0.1:${place.upstreamPort}; keepalive 64; }`,
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    location / {',
        '        proxy_pass http://s3;',
        '        proxy_http_version 1.1;',
        '        proxy_set_header Connection "";',
        ...(constant ? ['        proxy_set_header Authorization $constant;'] : []),
        '    }',
        '}',
    ])
    // The module is loaded in each of them: what it costs by being there is no cost of signing.
    return [{ name: 'nginx.conf', content: `load_module ${nginx.modulePath};\n${configuration}` }, script]
}

/** The recipe of 2018: SigV2 by compiled modules, the environment by Lua. Connections to S3 are kept, which it did not. */
function recipeFile(nginx: NginxAtHand, place: Place): GeneratedFile {
    const { modules, luaPath } = nginx.recipe!
    const configuration = httpOf(place, [
        `lua_package_path '${luaPath};;';`,
        `upstream s3 { server 127.0.0.1:${place.upstreamPort}; keepalive 64; }`,
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    location / {',
        '        rewrite ^(.*)/$ $1/index.html;',
        '        set_by_lua $bucket     \'return os.getenv("AWS_S3_BUCKET")\';',
        '        set_by_lua $access_key \'return os.getenv("AWS_ACCESS_KEY_ID")\';',
        '        set_by_lua $secret_key \'return os.getenv("AWS_SECRET_ACCESS_KEY")\';',
        "        set_by_lua $now        'return ngx.http_time(ngx.time())';",
        '        set $string_to_sign "$request_method\\n\\n\\n\\nx-amz-date:$now\\n/$bucket$uri";',
        '        set_hmac_sha1 $signature $secret_key $string_to_sign;',
        '        set_encode_base64 $signature $signature;',
        '        proxy_http_version 1.1;',
        '        proxy_set_header Connection "";',
        '        proxy_set_header x-amz-date $now;',
        '        proxy_set_header Authorization "AWS $access_key:$signature";',
        '        proxy_buffering off;',
        '        proxy_intercept_errors on;',
        '        proxy_pass http://s3/$bucket$uri;',
        '    }',
        '}',
    ])
    const loads = modules.map((module) => `load_module ${module};\n`).join('')
    const environment = ['AWS_S3_BUCKET=my-pypi', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
    const names = environment.map((name) => `env ${name};\n`).join('')
    return { name: 'nginx.conf', content: loads + names + configuration }
}

function signedFiles(subject: Subject & { kind: 'signed' }, nginx: NginxAtHand, place: Place): GeneratedFile[] {
    const settings = settingsFrom(
        {
            bucket: 'my-pypi',
            target: 'standalone',
            endpointUrl: `http://127.0.0.1:${place.upstreamPort}`,
            listen: [`127.0.0.1:${place.port}`],
            nginxVersion: nginx.version,
            signature: subject.signature,
            ...(nginx.engines.includes('qjs') && { jsEngine: subject.engine }),
        },
        () => [],
    )
    const placement = { folder: place.folder, command: 'bench', modulePath: nginx.modulePath, workers: 1 }
    // Neither side writes an access log: it costs what its format costs, and nothing of that is signing.
    return render(settings, placement).map(({ name, content }) => ({
        name,
        content: content.replace(/^ *access_log .*;$/gm, 'access_log off;'),
    }))
}

/** In the place of S3: an answer of 1 KB with the headers that S3 sends, at a cost that is small and the same for all. */
export function upstreamConfiguration(place: Place): string {
    return httpOf(place, [
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    keepalive_requests 1000000000;',
        '    default_type application/octet-stream;',
        '    location / {',
        '        add_header x-amz-id-2 8E6iEE2XDPyxAqZdz9c8mB0hXqUPtK9Jlcn0iC7VYJ9zqYp4JjPq3R6k2wVbI0nS;',
        '        add_header x-amz-request-id 4N4RJ6V5S8G3T2Q1;',
        '        add_header x-amz-server-side-encryption AES256;',
        '        add_header Last-Modified "Sun, 01 Nov 2026 00:00:00 GMT";',
        '        add_header ETag \'"d41d8cd98f00b204e9800998ecf8427e"\';',
        '        add_header Accept-Ranges bytes;',
        `        return 200 ${'x'.repeat(1024)};`,
        '    }',
        '}',
    ])
}

function httpOf(place: Place, lines: string[]): string {
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${place.folder}/temp-${name};`,
    )
    return `worker_processes 1;
pid ${place.folder}/nginx.pid;
error_log stderr warn;
events {
    worker_connections 4096;
}
http {
    access_log off;
    keepalive_requests 1000000000;
    ${[...folders, ...lines].join('\n    ')}
}
`
}
