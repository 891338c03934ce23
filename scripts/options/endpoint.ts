import { isIP } from 'node:net'
import { UsageError } from '../../core/user-error.js'
import { awsPartition } from './aws-partition.js'

/** Where S3 answers. */
export interface Endpoint {
    scheme: 'http' | 'https'
    /** A host name in lower case, an IPv4 address, or an IPv6 address in brackets. */
    host: string
    port: number
    /** The host, and the port where it is not the scheme's own: the Host header in path style. */
    authority: string
    /** The address to connect to where it is known without DNS: the host itself, or the loopback of `localhost`. */
    address: string | undefined
}

const defaultPorts = { http: 80, https: 443 }

/**
 * `https://HOST[:PORT]`, a slash behind it allowed.
 *
 * @throws UsageError for everything that an endpoint cannot carry: a path, a query, credentials, another scheme
 */
export function parseEndpointUrl(text: string): Endpoint {
    const cure = 'Write https://HOST or https://HOST:PORT.'
    const wrong = (what: string) => new UsageError(`the endpoint ${JSON.stringify(text)} ${what}`, cure)

    // First of all, and without showing it: what is printed stays in the logs of a CI job.
    if (text.includes('@'))
        throw new UsageError('the endpoint holds credentials, which belong in the environment', cure)
    if (!/^https?:\/\//i.test(text)) throw wrong('does not begin with https:// or http://')
    // The URL parser drops control characters, finds a host behind any number of slashes and rewrites back-slashes: what
    // it would mend is refused.
    if (/[\s\p{Cc}\\%]|:\/\/\/|:\/?$/u.test(text) || !URL.canParse(text)) throw wrong('is not a URL')
    const url = new URL(text)
    if (!/:\/\/[^/?#]+\/?$/.test(text)) throw wrong('has a path: an endpoint is a host; see --bucket, --prefix')
    const scheme = url.protocol === 'https:' ? 'https' : 'http'
    const host = url.hostname
    const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0
    if (!isAddress && !isHostName(host)) throw wrong('has a host that is no host name')
    if (url.port === '0') throw wrong('has port 0')
    return {
        scheme,
        host,
        port: url.port === '' ? defaultPorts[scheme] : Number(url.port),
        authority: url.host,
        address: isAddress ? host : isLocalhost(host) ? '127.0.0.1' : undefined,
    }
}

/** RFC 6761: localhost and every name below it are the loopback. nginx's resolver would ask a DNS server for them. */
function isLocalhost(host: string): boolean {
    return host === 'localhost' || host.endsWith('.localhost')
}

/** The endpoint of AWS in a region. @see AWS General Reference, "Amazon S3 endpoints and quotas" */
export function awsEndpoint(region: string): Endpoint {
    return parseEndpointUrl(`https://s3.${region}.${awsPartition(region).domain}`)
}

/**
 * RFC 1123 host names (the last label is no number: 10.0.0.256 is a mistyped address) and, as container engines make
 * them, names with `_`. A trailing dot would not match a certificate.
 */
export function isHostName(text: string): boolean {
    const labels = text.split('.')
    const areLabels = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label))
    return areLabels && text.length <= 253 && !/^\d+$/.test(labels.at(-1)!)
}
