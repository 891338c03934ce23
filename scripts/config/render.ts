import { readdirSync, readFileSync } from 'node:fs'
import { emptyPayloadHash } from '../../njs/signing/sigv4.js'
import { encodePlace, encodeRequest, signedPattern, type SignableRequest } from '../../njs/signing/nginx-variables.js'
import { packageRoot } from '../cli/package-root.js'
import { builtScript } from './built-script.js'
import { deliveryView, responseOverrides } from './delivery.js'
import { environmentGroups, tokenKeysGroup } from './environment.js'
import { fillTemplate, type GeneratedFile } from './fill-template.js'
import { seal } from './seal.js'
import { checkSocketPaths } from './socket-paths.js'
import { publicView } from './public-view.js'
import { servingView } from './serving-view.js'
import { tokenFilesOf } from './tokens.js'
import { publishersFile, uploadView } from './upload-view.js'
import type { Settings } from './settings.js'
import { urlPatterns } from './url-patterns.js'
import { webFiles, webView } from './web.js'

export type { GeneratedFile } from './fill-template.js'

/** The path of the module in Debian's packages, nginx.org's packages and the official image. */
const defaultModulePath = '/usr/lib/nginx/modules/ngx_http_js_module.so'

/** "auto" would start one worker per CPU of the node, and the pod requests less than one CPU. */
const podWorkers = 2

/** Values that depend on where the files are installed, not on the index. */
export interface Placement {
    /** The folder as nginx sees it: absolute. */
    folder: string
    /** The command line that generates the files again, for their headers. */
    command: string
    /** The path of the njs module; written unless nginx loads the module already. */
    modulePath?: string
    /** Worker processes of an nginx started from the folder. */
    workers?: number | 'auto'
}

/**
 * Renders the files of the folder. The same settings and placement produce the same bytes.
 *
 * @returns env.conf, site.conf, maps.conf, locations.conf, nginx-s3-pypi.js, missing-page.js and listed-page.js; s3.conf with a
 * cache; public.conf and public-pages.js with public packages; nginx.conf except for Debian; presigned-url.js if files are redirected; upload.conf and upload.js with uploads;
 * bucket-health.js if njs has shared memory; refresh-credentials.js if sessions are renewed; check-token.js with tokens;
 * check-read-token.js with tokens of readers; publishers.json, trusted-publishing.js and refresh-issuers.js with trusted publishers;
 * web-* for browsers; metrics.js for Prometheus
 * @throws UsageError when nginx could not open its sockets in the folders; Error when a template uses an undefined value
 */
export function render(settings: Settings, placement: Placement): GeneratedFile[] {
    checkSocketPaths(settings, placement)
    const view = viewOf(settings, placement)
    const { access } = settings.credentials
    const variant = { environment: '', files: '-files', memory: '-sessions' }[access]
    const configurations = [
        'env.conf',
        'site.conf',
        'maps.conf',
        'locations.conf',
        ...(settings.cache === undefined ? [] : ['s3.conf']),
        ...(settings.public === undefined ? [] : ['public.conf']),
        ...(settings.upload === undefined ? [] : ['upload.conf']),
        ...(settings.target === 'debian' ? [] : ['nginx.conf']),
    ]
    return [
        ...configurations.map((name) => ({ name, content: seal(renderTemplate(name, view), '#') })),
        { name: 'nginx-s3-pypi.js', content: seal(builtScript(`nginx-s3-pypi${variant}`), '//') },
        { name: 'missing-page.js', content: seal(builtScript('missing-page'), '//') },
        { name: 'listed-page.js', content: seal(builtScript('listed-page'), '//') },
        ...(settings.public === undefined
            ? []
            : [{ name: 'public-pages.js', content: seal(builtScript('public-pages'), '//') }]),
        ...(settings.delivery === 'stream'
            ? []
            : [{ name: 'presigned-url.js', content: seal(builtScript(`presigned-url${variant}`), '//') }]),
        ...(settings.metricsAllow.length > 0
            ? [{ name: 'metrics.js', content: seal(builtScript('metrics'), '//') }]
            : []),
        ...(settings.features.sharedDictionary
            ? [{ name: 'bucket-health.js', content: seal(builtScript('bucket-health'), '//') }]
            : []),
        ...(access === 'memory'
            ? [{ name: 'refresh-credentials.js', content: seal(builtScript('refresh-credentials'), '//') }]
            : []),
        ...(settings.upload === undefined
            ? []
            : [{ name: 'upload.js', content: seal(builtScript(uploadScript(settings)), '//') }]),
        ...tokenFiles(settings),
        ...webFiles(settings),
    ]
}

/** The scripts that check and mint tokens, and the trusted publishers as an administrator reviews them. */
function tokenFiles({ upload, readTokens }: Settings): GeneratedFile[] {
    const script = (name: string) => ({ name: `${name}.js`, content: seal(builtScript(name), '//') })
    const forReaders = readTokens === undefined ? [] : [script('check-read-token')]
    if (upload?.tokens === undefined) return forReaders
    const { trusted } = upload.tokens
    if (trusted === undefined) return [...forReaders, script('check-token')]
    return [
        ...forReaders,
        ...['check-token', 'trusted-publishing', 'refresh-issuers'].map(script),
        { name: publishersFile, content: seal(JSON.stringify(trusted, null, 2), '//') },
    ]
}

/** njs before 0.7.12 has no zlib. */
function uploadScript({ features }: Settings): string {
    return features.sharedDictionary ? 'upload' : 'upload-without-zlib'
}

function renderTemplate(name: string, view: object): string {
    return fillTemplate(readTemplate(name), view, templateParts())
}

function readTemplate(name: string): string {
    return readFileSync(new URL(`templates/${name}.hbs`, packageRoot), 'utf8')
}

/** The partial templates, by name: `parts/tls`. */
function templateParts(): Record<string, string> {
    const names = readdirSync(new URL('templates/parts/', packageRoot)).map(
        (file) => `parts/${file.replace(/\.hbs$/, '')}`,
    )
    return Object.fromEntries(names.map((name) => [name, readTemplate(name)]))
}

/**
 * S3 statuses that are not passed on to clients: S3 refused the request, or it failed and may be retried. 200, 206, 304,
 * 404, 412, 413 and 416 are handled separately; nginx accepts only statuses below 600.
 */
const s3Statuses = {
    refusedStatuses: statuses(300, 499, [304, 404, 408, 412, 413, 416, 425, 429, 499]),
    // 598 is the private status of limit_conn, see site.conf.
    failedStatuses: ['408 425 429', statuses(500, 599, [598])].join(' '),
}

/** Prefixes of `$s3_request`, as nginx strings, in which a tab is written `\t`. */
const requestTexts = {
    objectRequest: requestText({ method: '$request_method' }),
    bucketRequest: requestText({ method: 'HEAD' }),
    /** Without the query. */
    bareListRequest: requestText({ method: 'GET' }),
    listRequest: requestText({ method: 'GET', query: 'list-type=2&max-keys=2&prefix=' }),
}

function requestText({ method, place = '$s3_place', key = '', query = '' }: Partial<SignableRequest>): string {
    return encodeRequest({ method: method!, place, key, query }).replaceAll('\t', '\\t')
}

/** The parameters of nginx's `resolver`. */
function resolverOf({ resolver, ipFamily }: Settings): string {
    return [...resolver, ...{ ipv4: ['ipv6=off'], ipv6: ['ipv4=off'], both: [] }[ipFamily]].join(' ')
}

function statuses(first: number, last: number, without: number[]): string {
    const all = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    const wanted = all.filter((status) => !without.includes(status))
    const lines = Array.from({ length: Math.ceil(wanted.length / 25) }, (_, line) =>
        wanted.slice(line * 25, line * 25 + 25).join(' '),
    )
    return lines.join('\n                   ')
}

/** The values and flags of the templates, which contain no logic. */
function viewOf(settings: Settings, placement: Placement) {
    const { endpoint, features } = settings
    const version = settings.signature === 'v4' ? 'V4' : 'V2'
    const tls = endpoint.scheme === 'https'
    const standalone = settings.target === 'standalone'
    // An upstream block keeps connections open, but follows DNS changes only in newer nginx.
    const followsDns = settings.resolver.length > 0
    const upstream = !followsDns || features.upstreamResolve
    const place = encodePlace({ ...settings, endpoint: endpoint.authority })
    const server = `${endpoint.address ?? endpoint.host}:${endpoint.port}`
    return {
        madeBy: wrappedComment(`Made by: ${placement.command}`),
        nginxPurpose: standalone
            ? `A whole nginx of its own, beside the machine's: nginx -p ${placement.folder} -c ${placement.folder}/nginx.conf`
            : `All that nginx reads in its container: nginx -c ${placement.folder}/nginx.conf -g 'daemon off;'`,
        // The only folder that any user may write to in a container with a read-only root.
        writable: standalone ? '' : '/tmp/',
        // A container's log should show when nginx reloaded or stopped.
        errorLevel: standalone ? 'warn' : 'notice',
        loadModule: settings.target !== 'debian',
        modulePath: placement.modulePath ?? defaultModulePath,
        workers: String(placement.workers ?? (settings.target === 'kubernetes' ? podWorkers : 'auto')),

        folder: placement.folder,
        script: `${placement.folder}/nginx-s3-pypi.js`,
        // Without QuickJS, nginx may not have the js_engine directive.
        jsEngine: (features.quickJs && settings.jsEngine) || false,
        sharedDictionary: features.sharedDictionary,
        signFunction: `sign${version}`,
        signatureVersion: version,
        place,
        ...requestTexts,
        // With its place: with a cache, the server for clients has no $s3_place.
        presignRequest: requestText({
            ...{ method: 'GET', place, key: `${settings.prefix}$pypi_file` },
            query: responseOverrides(settings),
        }),
        signedPattern,
        payloadHash: version === 'V4' ? emptyPayloadHash : false,

        upstream,
        upstreamZone: upstream && followsDns,
        upstreamServer: followsDns ? `${server} resolve` : server,
        serverResolver: !upstream,
        resolver: resolverOf(settings),
        s3Url: `${endpoint.scheme}://${upstream ? 's3' : server}`,
        tls,
        tlsName: endpoint.host,
        caBundle: settings.caBundle,

        serverName: settings.serverNames.join(' ') || '_',
        errorLog: standalone ? 'stderr' : '/var/log/nginx/error.log',
        accessLog: standalone ? `${placement.folder}/access.log` : '/var/log/nginx/access.log',
        bucket: settings.bucket,
        prefix: settings.prefix,
        prefixInQuery: encodeURIComponent(settings.prefix),
        missingScript: `${placement.folder}/missing-page.js`,
        listedScript: `${placement.folder}/listed-page.js`,
        listedFunction: `page${version}`,
        longListedFunction: `longPage${version}`,
        healthScript: `${placement.folder}/bucket-health.js`,
        noSharedDictionary: !features.sharedDictionary,
        ...s3Statuses,
        ...urlPatterns,
        ...servingView(settings, placement),
        ...deliveryView(settings, placement.folder),
        ...publicView(settings, placement, resolverOf(settings)),
        ...uploadView(settings, placement),
        ...webView(settings),
        ...credentialsView(settings, placement),
    }
}

/** A comment on one line, wrapped if it is near nginx's limit of 4,096 bytes. */
function wrappedComment(text: string): string {
    if (Buffer.byteLength(text) < 4000) return text
    const lines = text.split(' ').reduce<string[]>((all, word) => {
        const longer = `${all.at(-1) ?? ''} ${word}`
        return all.length > 0 && longer.length < 118 ? [...all.slice(0, -1), longer] : [...all, word]
    }, [])
    return lines.join(' \\\n#   ')
}

/** The template values for the credentials. */
function credentialsView(settings: Settings, placement: Placement) {
    const { access, kind, role, endpoint, region, domain } = settings.credentials
    const overHttp = kind !== 'file' && kind !== 'env'
    return {
        environment: [
            ...environmentGroups(settings.credentials),
            ...(tokenFilesOf(settings)?.keys === 'env' ? [tokenKeysGroup] : []),
        ],
        renewed: access === 'memory',
        credentialsKind: kind,
        roleArn: role?.arn ?? false,
        roleExternalId: role?.externalId || false,
        stsEndpoint: endpoint || false,
        stsRegion: region,
        stsDomain: domain,
        refreshScript: `${placement.folder}/refresh-credentials.js`,
        // Files are read each second. The interval also limits how long an HTTP provider may take.
        refreshInterval: overHttp || role !== undefined ? '5s' : '1s',
        // The metadata service of EC2 has no certificate.
        providerCertificates: (overHttp && kind !== 'ec2') || role !== undefined,
        providerResolver: settings.resolver.length > 0 && resolverOf(settings),
        issuerCaBundle: settings.upload?.tokens?.issuerCaBundle ?? false,
    }
}
