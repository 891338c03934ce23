import { parseFilePath } from '../option-values/file-path.js'
import { parseListens } from '../option-values/listen.js'
import { parseFallback, parseNetwork, parsePrivateName } from '../option-values/serving-values.js'
import { optionTable, parsed, type ConfigOptions } from './option-table.js'
import { readTokensFrom, type TokenFiles } from './tokens.js'

/** Access control, cache and fallback; undefined or empty means off. */
export interface Serving {
    cache: { folder: string; size: string; stale: boolean } | undefined
    /** How long a cached page is served without asking S3, in seconds. */
    pageTtl: number
    /** URL of a simple index, with a trailing slash. */
    fallback: string | undefined
    /** Patterns of normalised names, with `*`, that are never redirected to the fallback. */
    privateNames: string[]
    /** Whether browsers get pages for people. */
    web: boolean
    htpasswd: string | undefined
    /** Tokens as passwords of readers. */
    readTokens: TokenFiles | undefined
    /** Simultaneous connections of one client address. */
    maxConnections: number
    /** Addresses and networks. */
    allow: string[]
    /** Those that may read the metrics. */
    metricsAllow: string[]
    tls:
        | {
              certificate: string
              key: string
              clientCa: string | undefined
              /** Revoked client certificates. */
              clientCrl: string | undefined
              httpListen: string[]
          }
        | undefined
}

/**
 * Checks the options and fills in the defaults.
 *
 * @param httpPort the default of --http-listen
 * @throws UsageError for the first invalid option
 */
export function servingFrom(options: Omit<ConfigOptions, 'bucket'>, httpPort = '80'): Serving {
    const { cache = optionTable.cache.default, fallback } = options
    const certificate = parsed(options, 'tlsCert')
    const key = parsed(options, 'tlsKey')
    return {
        cache:
            cache === 'off'
                ? undefined
                : {
                      folder: parseFilePath(cache.replace(/(?<=.)\/+$/, '')),
                      size: parsed(options, 'cacheSize'),
                      stale: options.stale === true,
                  },
        pageTtl: parsed(options, 'pageTtl'),
        fallback: fallback === true ? 'https://pypi.org/simple/' : fallback && parseFallback(fallback),
        privateNames: (options.private ?? []).map(parsePrivateName),
        web: options.web !== false,
        htpasswd: parsed(options, 'htpasswd'),
        readTokens: readTokensFrom(options),
        maxConnections: parsed(options, 'maxConnections'),
        allow: (options.allow ?? []).map(parseNetwork),
        metricsAllow: metricsNetworks(options.metricsAllow),
        tls:
            certificate === undefined || key === undefined
                ? undefined
                : {
                      certificate,
                      key,
                      clientCa: parsed(options, 'clientCa'),
                      clientCrl: parsed(options, 'clientCrl'),
                      httpListen: options.httpListen === 'off' ? [] : parseListens([options.httpListen ?? httpPort]),
                  },
    }
}

function metricsNetworks(networks = ['127.0.0.1', '::1']): string[] {
    return networks.join() === 'off' ? [] : networks.map(parseNetwork)
}

/** Whether the index answers only some clients. */
export function isRestricted({ htpasswd, readTokens, allow, tls }: Serving): boolean {
    return htpasswd !== undefined || readTokens !== undefined || allow.length > 0 || tls?.clientCa !== undefined
}

/** How long clients may keep a file; `private` keeps it out of caches that many share. */
export function fileCacheControl(serving: Serving): string {
    return `max-age=31536000, immutable${isRestricted(serving) ? ', private' : ''}`
}
