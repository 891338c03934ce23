import type { GeneratedFile } from '../../scripts/config/render.js'
import { bucketName } from '../embedded-s3.js'
import { httpOf, type Place } from '../minimal-nginx.js'
import type { NginxAtHand } from '../nginx-at-hand.js'

/** The recipe of 2018: SigV2 by compiled modules, the environment by Lua. Connections to S3 are kept, which it did not. */
export function recipeFile(nginx: NginxAtHand, place: Place): GeneratedFile {
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
    const environment = [`AWS_S3_BUCKET=${bucketName}`, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
    const names = environment.map((name) => `env ${name};\n`).join('')
    return { name: 'nginx.conf', content: loads + names + configuration }
}
