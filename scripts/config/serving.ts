import { isIPv4, isIPv6 } from 'node:net'
import { normalizeName } from '../../core/project-name.js'
import { UsageError } from '../../core/user-error.js'
import { parseFilePath } from '../options/file-path.js'
import { parseListens } from '../options/listen.js'

/** Options that say who may read, what is kept, and where names go that are not in the bucket. As text. */
export interface ServingOptions {
    cache?: string
    cacheSize?: string
    pageTtl?: string
    stale?: boolean
    /** `true` for PyPI. */
    fallback?: string | true
    private?: string[]
    htpasswd?: string
    allow?: string[]
    tlsCert?: string
    tlsKey?: string
    clientCa?: string
    clientCrl?: string
    httpListen?: string
    maxConnections?: string
}

/** The same, valid and with its defaults; undefined or empty is off. */
export interface Serving {
    cache: { folder: string; size: string; stale: boolean } | undefined
    /** How long a page may be taken from the cache without asking S3, in seconds. */
    pageTtl: number
    /** URL of a simple index, with a slash at its end. */
    fallback: string | undefined
    /** Patterns of normalised names, with `*`, that are never looked for in the fallback. */
    privateNames: string[]
    htpasswd: string | undefined
    /** At once, of one address. */
    maxConnections: number
    /** Addresses and networks. */
    allow: string[]
    tls:
        | {
              certificate: string
              key: string
              clientCa: string | undefined
              /** Certificates that are revoked. */
              clientCrl: string | undefined
              httpListen: string[]
          }
        | undefined
}

/**
 * Checks the options and fills in the defaults.
 *
 * @param httpPort where plain http is redirected to https unless told
 * @throws UsageError for the first option that is wrong or lacks the one that it belongs to
 */
export function servingFrom(options: ServingOptions, httpPort = '80'): Serving {
    const { cache = 'off', fallback, tlsCert, tlsKey } = options
    needs('--cache-size', options.cacheSize, '--cache', cache !== 'off')
    needs('--page-ttl', options.pageTtl, '--cache', cache !== 'off')
    needs('--stale', options.stale, '--cache', cache !== 'off')
    needs('--private', options.private, '--fallback', fallback !== undefined)
    needs('--tls-key', tlsKey, '--tls-cert', tlsCert !== undefined)
    needs('--tls-cert', tlsCert, '--tls-key', tlsKey !== undefined)
    needs('--client-ca', options.clientCa, '--tls-cert', tlsCert !== undefined)
    needs('--client-crl', options.clientCrl, '--client-ca', options.clientCa !== undefined)
    needs('--http-listen', options.httpListen, '--tls-cert', tlsCert !== undefined)
    return {
        cache:
            cache === 'off'
                ? undefined
                : {
                      folder: parseFilePath(cache.replace(/(?<=.)\/+$/, '')),
                      size: parseCacheSize(options.cacheSize ?? '10g'),
                      stale: options.stale === true,
                  },
        pageTtl: parsePageTtl(options.pageTtl ?? '5'),
        fallback:
            fallback === undefined
                ? undefined
                : parseFallback(fallback === true ? 'https://pypi.org/simple/' : fallback),
        privateNames: (options.private ?? []).map(parsePrivateName),
        htpasswd: options.htpasswd === undefined ? undefined : parseFilePath(options.htpasswd),
        maxConnections: parseMaxConnections(options.maxConnections ?? '1000'),
        allow: (options.allow ?? []).map(parseNetwork),
        tls:
            tlsCert === undefined || tlsKey === undefined
                ? undefined
                : {
                      certificate: parseFilePath(tlsCert),
                      key: parseFilePath(tlsKey),
                      clientCa: options.clientCa === undefined ? undefined : parseFilePath(options.clientCa),
                      clientCrl: options.clientCrl === undefined ? undefined : parseFilePath(options.clientCrl),
                      httpListen: options.httpListen === 'off' ? [] : parseListens([options.httpListen ?? httpPort]),
                  },
    }
}

function needs(name: string, value: unknown, other: string, isThere: boolean): void {
    if (value !== undefined && value !== false && !isThere) {
        throw new UsageError(`${name} means nothing without ${other}`, `Give ${other}, too, or leave ${name} out.`)
    }
}

/** A size as nginx takes it: `512m`, `10g`. */
export function parseCacheSize(text: string): string {
    if (!/^[1-9]\d{0,5}[kmg]$/i.test(text)) {
        throw new UsageError(`${JSON.stringify(text)} is no size of a cache`, 'Write a number and a unit: 512m or 10g')
    }
    return text.toLowerCase()
}

/** Seconds, 1 to 3600. */
export function parsePageTtl(text: string): number {
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0
    if (seconds < 1 || seconds > 3600)
        throw new UsageError(`--page-ttl ${JSON.stringify(text)} is no time`, 'Use 1 to 3600 seconds.')
    return seconds
}

/** 1 to 65535, which is as many as nginx counts. */
export function parseMaxConnections(text: string): number {
    const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
    if (count < 1 || count > 65535) {
        throw new UsageError(`--max-connections ${JSON.stringify(text)} is no number of connections`, 'Use 1 to 65535.')
    }
    return count
}

/** The URL of a simple index, to which names are redirected. */
export function parseFallback(text: string): string {
    const cure = 'Write the URL that pip takes, without credentials: https://pypi.org/simple/'
    // Every client is sent there, and what is printed stays in the logs of a CI job.
    if (text.includes('@')) throw new UsageError('the fallback holds credentials, which its readers would get', cure)
    if (!/^https?:\/\/[A-Za-z0-9[][A-Za-z0-9._~:/[\]-]*$/.test(text) || !URL.canParse(text)) {
        throw new UsageError(`${JSON.stringify(text)} is not the URL of a package index`, cure)
    }
    return text.endsWith('/') ? text : text + '/'
}

/** A name of a project, normalised; `*` stands for any characters. */
export function parsePrivateName(text: string): string {
    const name = normalizeName(text)
    if (!/^[a-z0-9*-]+$/.test(name)) {
        throw new UsageError(`${JSON.stringify(text)} is no pattern of project names`, "Write 'acme-*' or a name.")
    }
    return name
}

/** An address or a network, as nginx's `allow` takes it. */
export function parseNetwork(text: string): string {
    const [address = '', length] = text.split('/', 2)
    const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
    if (bits === 0 || !isLength || text.split('/').length > 2) {
        throw new UsageError(`${JSON.stringify(text)} is no network`, 'Write 10.0.0.0/8 or an address.')
    }
    return text
}
