import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { nginxFeatures } from '../../scripts/nginx/nginx-version.js'
import { bucketName } from '../embedded-s3.js'
import type { JsEngine, NginxInstallation } from '../measured-nginx.js'
import {
    generatedFiles,
    generatedSettings,
    minimalConfiguration,
    temporaryPaths,
    type Place,
} from '../nginx-configuration.js'
import type { Reader } from './readers.js'

/** A configuration of nginx that is measured. */
export type Subject =
    | { kind: 'plain'; buffers?: 'ours' }
    | { kind: 'recipe' }
    | { kind: 'constant js_set'; engine: JsEngine }
    | { kind: 'signed'; engine: JsEngine; signature: 'v4' | 'v2' }
    | { kind: 'redirected'; engine: JsEngine }
    | { kind: 'plain cache' }
    | { kind: 'cached'; engine: JsEngine; reader?: Reader }
    | { kind: 'gateway'; gateway: Gateway; cache: boolean }

/** The name of a subject in the report. */
export function subjectName(subject: Subject): string {
    if (subject.kind === 'plain') return `plain proxy_pass${subject.buffers ? ', our buffers' : ''}`
    if (subject.kind === 'recipe') return 'recipe of 2018, SigV2'
    if (subject.kind === 'constant js_set') return `constant js_set, ${subject.engine}`
    if (subject.kind === 'redirected') return `redirect to a presigned URL, ${subject.engine}`
    if (subject.kind === 'plain cache') return 'plain proxy_cache'
    if (subject.kind === 'cached') return `ours with cache, ${subject.reader?.name ?? subject.engine}`
    if (subject.kind === 'gateway') return subject.cache ? gatewayName : `${gatewayName}, its cache off`
    return `SigV${subject.signature.slice(1)}, ${subject.engine}`
}

/** The buffers of templates/site/s3-requests.hbs. They are larger than nginx's default, and make large files cheaper. */
const ourBuffers = ['        proxy_buffers 16 32k;', '        proxy_busy_buffers_size 128k;']

const gatewayName = 'nginx-s3-gateway, SigV4'

/** The files of an nginx for a subject: those of `generate-config` for ours, minimal ones for plain subjects. */
export function subjectFiles(subject: Subject, nginx: NginxInstallation, place: Place): GeneratedFile[] {
    if (subject.kind === 'signed' || subject.kind === 'redirected' || subject.kind === 'cached')
        return signedFiles(subject, nginx, place)
    if (subject.kind === 'gateway') return gatewayFiles(subject.gateway, nginx, place, subject.cache)
    if (subject.kind === 'recipe') return [recipeFile(nginx, place)]
    const script = {
        name: 'constant.js',
        content: "function constant() {\n    return 'x'\n}\n\nexport default { constant }\n",
    }
    const constant = subject.kind === 'constant js_set' ? subject : undefined
    const cached = subject.kind === 'plain cache'
    const configuration = minimalConfiguration(place, [
        ...(cached ? [`proxy_cache_path ${place.folder}/cache levels=1:2 keys_zone=plain:32m use_temp_path=off;`] : []),
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
        ...(cached ? ['        proxy_cache plain;', '        proxy_cache_valid 200 1h;'] : []),
        // Otherwise nginx writes to a file what a slow client does not take yet.
        ...(cached ? [] : ['        proxy_max_temp_file_size 0;']),
        ...(subject.kind === 'plain' && subject.buffers ? ourBuffers : []),
        '    }',
        '}',
    ])
    // All subjects load the module, so that its mere presence does not count as a cost of signing.
    return [{ name: 'nginx.conf', content: `load_module ${nginx.modulePath};\n${configuration}` }, script]
}

function signedFiles(
    subject: Subject & { kind: 'signed' | 'redirected' | 'cached' },
    nginx: NginxInstallation,
    place: Place,
): GeneratedFile[] {
    const settings = generatedSettings(nginx, place, {
        ...(subject.kind === 'signed' && { signature: subject.signature }),
        ...(subject.kind === 'redirected' && { delivery: 'redirect' as const }),
        ...(subject.kind === 'cached' && { cache: place.folder, ...subject.reader?.options(place) }),
        ...(nginx.engines.includes('qjs') && { jsEngine: subject.engine }),
    })
    const files = generatedFiles(settings, nginx, place, 1)
    return subject.kind === 'cached' && subject.reader ? [...files, subject.reader.file] : files
}

/** The subjects that sign requests, and one that calls a script without signing. */
export function signingSubjects({ engines, recipe }: NginxInstallation, gateway: Gateway | undefined): Subject[] {
    return [
        ...(recipe === undefined ? [] : [{ kind: 'recipe' } as const]),
        // With its cache, it would not sign the requests.
        ...(gateway === undefined ? [] : [{ kind: 'gateway', gateway, cache: false } as const]),
        ...engines.flatMap((engine: JsEngine): Subject[] => [
            { kind: 'constant js_set', engine },
            { kind: 'signed', engine, signature: 'v4' },
            { kind: 'signed', engine, signature: 'v2' },
        ]),
    ]
}

/** The recipe of 2018: compiled modules for SigV2, Lua for the environment. Unlike the recipe, it keeps connections. */
function recipeFile(nginx: NginxInstallation, place: Place): GeneratedFile {
    const { modules, luaPath } = nginx.recipe!
    const configuration = minimalConfiguration(place, [
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

/** A checkout of nginx-s3-gateway: file contents by path in its container, without `.template`. */
export type Gateway = ReadonlyMap<string, string>

const conf = '/etc/nginx/conf.d'
const templates = ['cache.conf', 'default.conf']
const parts = [
    ...['cors', 'js_fetch_trusted_certificate', 's3_location', 's3_location_common', 's3_server'],
    ...['s3listing_location', 'v4_headers', 'v4_js_vars'],
].map((name) => `gateway/${name}.conf`)
const scripts = ['awscredentials.js', 'awssig2.js', 'awssig4.js', 's3gateway.js', 'utils.js']

/** Reads a checkout of nginx-s3-gateway. @throws UserError when the folder is none */
export function readGateway(checkout: string): Gateway {
    const read = (file: string) => {
        const full = path.join(checkout, file)
        if (existsSync(full)) return readFileSync(full, 'utf8')
        throw new UserError(
            `--nginx-s3-gateway ${checkout}: there is no ${file}, so it is no checkout of nginx-s3-gateway`,
            'Name the folder into which https://github.com/nginx/nginx-s3-gateway was cloned.',
        )
    }
    const common = 'common/etc/nginx'
    return new Map([
        ['/etc/nginx/nginx.conf', read(`${common}/nginx.conf`)],
        ...[...templates, ...parts].map(
            (name) => [`${conf}/${name}`, read(`${common}/templates/${name}.template`)] as const,
        ),
        ...['upstreams.conf', 'gateway/server_variables.conf'].map(
            (name) => [`${conf}/${name}`, read(`oss/etc/nginx/templates/${name}.template`)] as const,
        ),
        ...scripts.map((name) => [`/etc/nginx/include/${name}`, read(`${common}/include/${name}`)] as const),
    ])
}

/** The variables of its Dockerfile and 01-set-defaults.envsh, for SigV4 in path style without directory listings. */
function gatewayVariables(place: Place): Record<string, string> {
    const server = `127.0.0.1:${place.upstreamPort}`
    return {
        AWS_SIGS_VERSION: '4',
        S3_BUCKET_NAME: bucketName,
        S3_SERVER: '127.0.0.1',
        S3_SERVER_PORT: String(place.upstreamPort),
        S3_SERVER_PROTO: 'http',
        S3_REGION: 'us-east-1',
        S3_STYLE: 'path',
        S3_SERVICE: 's3',
        S3_UPSTREAM: server,
        S3_HOST_HEADER: server,
        DEBUG: 'false',
        ALLOW_DIRECTORY_LIST: 'false',
        PROVIDE_INDEX_PAGE: 'false',
        APPEND_SLASH_FOR_POSSIBLE_DIRECTORY: 'false',
        DIRECTORY_LISTING_PATH_PREFIX: '',
        STRIP_LEADING_DIRECTORY_PATH: '',
        PREFIX_LEADING_DIRECTORY_PATH: '',
        PROXY_CACHE_MAX_SIZE: '10g',
        PROXY_CACHE_INACTIVE: '60m',
        PROXY_CACHE_SLICE_SIZE: '1m',
        PROXY_CACHE_VALID_OK: '1h',
        PROXY_CACHE_VALID_NOTFOUND: '1m',
        PROXY_CACHE_VALID_FORBIDDEN: '30s',
        PROXY_CACHE_USE_STALE: 'error timeout http_500 http_502 http_503 http_504',
        PROXY_CACHE_BYPASS_NO_CACHE: '0',
        CORS_ENABLED: '0',
        CORS_ALLOWED_ORIGIN: '*',
        CORS_ALLOW_PRIVATE_NETWORK_ACCESS: '',
        LIMIT_METHODS_TO: 'GET HEAD',
        LIMIT_METHODS_TO_CSV: 'GET, HEAD',
        // Not used: the upstream is an address.
        DNS_RESOLVERS: '127.0.0.1',
    }
}

/**
 * The files of nginx in the container of nginx-s3-gateway, adapted to a folder.
 *
 * @param cache false switches its cache off, for which it has no setting
 */
export function gatewayFiles(
    gateway: Gateway,
    nginx: NginxInstallation,
    place: Place,
    cache: boolean,
): GeneratedFile[] {
    const settings = gatewayVariables(place)
    const nameHere = (name: string) => name.replace(/^\/etc\/nginx\/(?:conf\.d\/|include\/)?/, '').replace('/', '-')
    return [...gateway].map(([name, text]) => {
        if (name.endsWith('.js')) return { name: nameHere(name), content: text }
        const filled = name.endsWith('/nginx.conf') ? text : substitute(text, settings)
        const placed = filled.replace(/\/etc\/nginx\/(?:conf\.d|include)\/[\w./-]+\.(?:conf|js)/g, (file) => {
            return `${place.folder}/${nameHere(file)}`
        })
        return { name: nameHere(name), content: adapt(placed, nginx, place, settings, cache) }
    })
}

/** Replaces variables as envsubst in nginx's image does: only those that are set. */
function substitute(text: string, settings: Record<string, string>): string {
    return text.replace(
        /\$\{(\w+)\}|\$(\w+)/g,
        (all, braced?: string, bare?: string) => settings[braced ?? bare!] ?? all,
    )
}

/** Adapts a file to a folder outside of the container. */
function adapt(
    text: string,
    nginx: NginxInstallation,
    place: Place,
    settings: Record<string, string>,
    cache: boolean,
): string {
    const includes = [...templates, 'upstreams.conf'].map((name) => `include ${place.folder}/${name};`)
    const adapted = text
        .replace(/^ *listen +80;/m, `listen 127.0.0.1:${place.port};`)
        .replaceAll('/var/cache/nginx/', `${place.folder}/cache-`)
        .replace(/^user .*$/m, '')
        .replace(/^error_log .*$/m, 'error_log stderr warn;')
        .replace(/^pid .*$/m, `pid ${place.folder}/nginx.pid;`)
        .replace('modules/ngx_http_js_module.so', nginx.modulePath)
        // Debian has the XSLT module in another package. Only directory listings need it, and they are off.
        .replace(/^load_module .*xslt.*$/m, '')
        .replace(/^ *xslt_.*$/gm, '')
        .replace(/^env (\w+);$/gm, (line, name: string) => {
            const value = settings[name]
            return value === undefined ? line : `env "${name}=${value}";`
        })
        // S3 sends the types. No subject writes an access log.
        .replace(/^ *include +\/etc\/nginx\/mime\.types;$/m, '')
        .replace(/^ *access_log .*$/m, 'access_log off;')
        .replace(/^ *include \/etc\/nginx\/conf\.d\/\*\.conf;$/m, [...includes, ...temporaryPaths(place)].join('\n'))
    // nginx before 1.27.3 does not know `resolve`. The upstream is an address.
    const upstream = nginxFeatures(nginx.version).upstreamResolve ? adapted : adapted.replace(' resolve;', ';')
    return cache ? upstream : upstream.replace(/^( *)proxy_cache s3_cache\w*;$/gm, '$1proxy_cache off;')
}
