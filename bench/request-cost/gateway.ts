import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import { nginxFeatures } from '../../scripts/nginx/nginx-version.js'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { bucketName } from '../embedded-s3.js'
import { temporaryPaths, type Place } from '../minimal-nginx.js'
import type { NginxAtHand } from '../nginx-at-hand.js'

/** A checkout of nginx-s3-gateway: the texts of its files by their path in a container, without `.template`. */
export type Gateway = ReadonlyMap<string, string>

const conf = '/etc/nginx/conf.d'
const templates = ['cache.conf', 'default.conf']
const parts = [
    ...['cors', 'js_fetch_trusted_certificate', 's3_location', 's3_location_common', 's3_server'],
    ...['s3listing_location', 'v4_headers', 'v4_js_vars'],
].map((name) => `gateway/${name}.conf`)
const scripts = ['awscredentials.js', 'awssig2.js', 'awssig4.js', 's3gateway.js', 'utils.js']

/** Reads what its container would hold. @throws UserError for a folder that is no checkout of it */
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

/** What its Dockerfile and 01-set-defaults.envsh set, for SigV4 in path style, directory listings off. */
function settingsOf(place: Place): Record<string, string> {
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
        // Nobody is asked: the upstream is an address.
        DNS_RESOLVERS: '127.0.0.1',
    }
}

/**
 * The files of an nginx as nginx-s3-gateway's container has it.
 *
 * @param cache false takes its cache away, which it has no setting for: what is left is signing
 */
export function gatewayFiles(gateway: Gateway, nginx: NginxAtHand, place: Place, cache: boolean): GeneratedFile[] {
    const settings = settingsOf(place)
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

/** As envsubst of nginx's image does: only of variables that are set. */
function substitute(text: string, settings: Record<string, string>): string {
    return text.replace(
        /\$\{(\w+)\}|\$(\w+)/g,
        (all, braced?: string, bare?: string) => settings[braced ?? bare!] ?? all,
    )
}

/** What has to be another way outside of its container. */
function adapt(
    text: string,
    nginx: NginxAtHand,
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
        // Debian has the module for XSLT in another package; directory listings, which need it, are off.
        .replace(/^load_module .*xslt.*$/m, '')
        .replace(/^ *xslt_.*$/gm, '')
        .replace(/^env (\w+);$/gm, (line, name: string) => {
            const value = settings[name]
            return value === undefined ? line : `env "${name}=${value}";`
        })
        // Types come from S3. No subject writes an access log.
        .replace(/^ *include +\/etc\/nginx\/mime\.types;$/m, '')
        .replace(/^ *access_log .*$/m, 'access_log off;')
        .replace(/^ *include \/etc\/nginx\/conf\.d\/\*\.conf;$/m, [...includes, ...temporaryPaths(place)].join('\n'))
    // Before nginx 1.27.3 an upstream does not follow DNS; this one is an address.
    const upstream = nginxFeatures(nginx.version).upstreamResolve ? adapted : adapted.replace(' resolve;', ';')
    return cache ? upstream : upstream.replace(/^( *)proxy_cache s3_cache\w*;$/gm, '$1proxy_cache off;')
}
