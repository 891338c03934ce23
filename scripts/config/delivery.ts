import { UsageError } from '../../core/user-error.js'
import { systemCaBundle } from '../option-values/file-path.js'
import { isLoopback } from '../option-values/listen.js'
import { optionTable, type ConfigOptions, type Delivery } from './option-table.js'
import { fileCacheControl } from './serving.js'
import type { Settings } from './settings.js'

/** Settings that redirects depend on. */
type Surroundings = Pick<Settings, 'bucket' | 'endpoint' | 'addressing' | 'signature' | 'serverNames'>

/**
 * How files are delivered.
 *
 * @throws UsageError for redirects that no client could follow, or that would give S3 the passwords of the index
 */
export function deliveryFrom(options: Partial<ConfigOptions>, surroundings: Surroundings): Delivery {
    const delivery = options.delivery ?? optionTable.delivery.default
    if (delivery === 'stream') return delivery
    const { bucket, endpoint, addressing, signature, serverNames } = surroundings
    if (signature === 'v2') {
        throw new UsageError(
            `--delivery ${delivery} needs signature version 4: nginx makes no presigned URLs of version 2`,
            'Leave --signature out if the S3 server supports v4; otherwise use --delivery stream.',
        )
    }
    if (addressing === 'virtual' && endpoint.scheme === 'https' && bucket.includes('.')) {
        throw new UsageError(
            `--delivery ${delivery} would send clients to https://${bucket}.${endpoint.host}, for which S3 has no certificate: ` +
                'a wildcard does not match the dots in the name of the bucket',
            'Use --addressing path.',
        )
    }
    const host = addressing === 'virtual' ? `${bucket}.${endpoint.host}` : endpoint.host
    if ((options.htpasswd !== undefined || options.readTokens) && serverNames.includes(host)) {
        throw new UsageError(
            `--delivery ${delivery} with ${options.htpasswd === undefined ? '--read-tokens' : '--htpasswd'} needs different host names for the index and S3, not ${host} for both: ` +
                'old clients send the password to every port of a host',
            'Give the index another name: --server-name NAME.',
        )
    }
    return delivery
}

/** Warnings about redirects that some clients cannot follow, or that weaken the access control. */
export function deliveryWarnings(settings: Settings): string[] {
    const { delivery, endpoint, listen, caBundle, allow, tls } = settings
    if (delivery === 'stream') return []
    const option = `--delivery ${delivery}`
    const { host, address, scheme, authority } = endpoint
    const isLocal = address !== undefined && isLoopback(address)
    const warnings: [applies: boolean, text: string][] = [
        [
            isLocal && !listen.every(isLoopback),
            `${option}: clients on other machines cannot reach S3 at ${scheme}://${authority}. Name the S3 server as they ` +
                'reach it, or use --delivery stream.',
        ],
        [
            !isLocal && address === undefined && isInternalName(host),
            `${option}: clients outside of the cluster cannot reach S3 at ${scheme}://${authority}. Name the S3 server as ` +
                'they reach it, or use --delivery stream.',
        ],
        [
            !isLocal && scheme === 'http',
            `${option}: files and presigned URLs are not encrypted on their way from ${scheme}://${authority}. Use https://.`,
        ],
        [
            caBundle !== systemCaBundle,
            `${option} with --ca-bundle: the clients, too, must trust the certificate of S3 (see docs/clients.md).`,
        ],
        [
            allow.length > 0 || tls?.clientCa !== undefined,
            `${option} with --allow or --client-ca: S3 checks neither. A presigned URL works for anyone who has it, for up to ` +
                '90 minutes.',
        ],
    ]
    return warnings.filter(([applies]) => applies).map(([, text]) => text)
}

/** Whether a name is one of a container network or a cluster: a single label, `.svc`, `.internal` or `.local`. */
function isInternalName(host: string): boolean {
    return /^[^.]*$|\.(?:svc|svc\.cluster\.local|local|internal)$/.test(host)
}

/**
 * User-Agents that keep a file under its address in the index, not under the URL of S3, so that a new URL each hour
 * costs them nothing. test/clients/redirects.test.ts measures it.
 */
export const redirectedClients = ['~^uv/', '~^poetry/']

/** The template values for redirects. */
export function deliveryView(settings: Settings, folder: string) {
    const byClient = settings.delivery === 'auto'
    return {
        redirects: settings.delivery !== 'stream',
        streamsAll: settings.delivery === 'stream',
        byClient,
        redirectedClients,
        deliveryKey: byClient ? '$pypi_redirected ' : '',
        redirectedKey: byClient ? '1 ' : '',
        presignedScript: `${folder}/presigned-url.js`,
        s3Scheme: settings.endpoint.scheme,
    }
}

/**
 * Query parameters of a presigned URL: S3 answers with the headers of a streamed file. Those that are stored with an
 * object may make clients decompress it (Content-Encoding) or rename it (Content-Disposition).
 *
 * @returns encoded and sorted
 * @see Amazon S3 API Reference, GetObject
 */
export function responseOverrides(settings: Settings): string {
    const headers: [name: string, value: string][] = [
        ['cache-control', fileCacheControl(settings)],
        ['content-disposition', 'attachment'],
        ['content-encoding', 'identity'],
        ['content-type', 'application/octet-stream'],
    ]
    // No spaces: a client that writes the URL anew may make a "+" of "%20", which not every server reads as a space.
    return headers.map(([name, value]) => `response-${name}=${encodeURIComponent(value.replaceAll(' ', ''))}`).join('&')
}
