import { isIP } from 'node:net'
import { UsageError } from '../../core/user-error.js'
import { awsPartition } from './aws-partition.js'

/** The endpoint of an S3 server. */
export interface Endpoint {
    scheme: 'http' | 'https'
    /** A host name in lower case, an IPv4 address, or an IPv6 address in brackets. */
    host: string
    port: number
    /** The host, and the port unless it is the scheme's default: the Host header in path style. */
    authority: string
    /** The address to connect to if no DNS is needed: the host itself, or the loopback for `localhost`. */
    address: string | undefined
}

const defaultPorts = { http: 80, https: 443 }

/**
 * Parses `https://HOST[:PORT]`, with or without a trailing slash.
 *
 * @throws UsageError for a path, a query, credentials or another scheme
 */
export function parseEndpointUrl(text: string): Endpoint {
    const cure = 'Write https://HOST or https://HOST:PORT.'
    const wrong = (what: string) => new UsageError(`the endpoint ${JSON.stringify(text)} ${what}`, cure)

    // Checked first, with a message that does not quote the URL: CI jobs keep their logs.
    if (text.includes('@'))
        throw new UsageError('the endpoint holds credentials, which belong in the environment', cure)
    if (!/^https?:\/\//i.test(text)) throw wrong('does not begin with https:// or http://')
    // The URL parser drops control characters, accepts any number of slashes before the host and rewrites backslashes.
    // Such URLs are refused.
    if (/[\s\p{Cc}\\%]|:\/\/\/|:\/?$/u.test(text) || !URL.canParse(text)) throw wrong('is not a URL')
    const url = new URL(text)
    if (!/:\/\/[^/?#]+\/?$/.test(text)) throw wrong('has a path: an endpoint is a host; see --bucket, --prefix')
    const scheme = url.protocol === 'https:' ? 'https' : 'http'
    const host = url.hostname
    const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0
    if (!isAddress && !isHostName(host)) throw wrong('has an invalid host name')
    if (url.port === '0') throw wrong('has port 0')
    return {
        scheme,
        host,
        port: url.port === '' ? defaultPorts[scheme] : Number(url.port),
        authority: url.host,
        address: isAddress ? host : isLocalhost(host) ? '127.0.0.1' : undefined,
    }
}

/** RFC 6761: localhost and its subdomains are the loopback. nginx's resolver would send them to a DNS server. */
function isLocalhost(host: string): boolean {
    return host === 'localhost' || host.endsWith('.localhost')
}

/** The endpoint of AWS in a region. @see AWS General Reference, "Amazon S3 endpoints and quotas" */
export function awsEndpoint(region: string): Endpoint {
    return parseEndpointUrl(`https://s3.${region}.${awsPartition(region).domain}`)
}

/**
 * Whether the text is an RFC 1123 host name. Also accepts `_`, which container engines use in names. Rejects a numeric last
 * label (10.0.0.256 is a mistyped address) and a trailing dot, which matches no certificate.
 */
export function isHostName(text: string): boolean {
    const labels = text.split('.')
    const areLabels = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label))
    return areLabels && text.length <= 253 && !/^\d+$/.test(labels.at(-1)!)
}
