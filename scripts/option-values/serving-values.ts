import { isIP, isIPv4, isIPv6 } from 'node:net'
import { normalizeName } from '../../core/project-name.js'
import { UsageError } from '../../core/user-error.js'
import { isHostName } from './endpoint.js'
import { parseFilePath } from './file-path.js'

/** A size in nginx's syntax: `512m`, `10g`. */
export function parseCacheSize(text: string): string {
    if (!/^[1-9]\d{0,5}[kmg]$/i.test(text)) {
        throw new UsageError(`${JSON.stringify(text)} is not a cache size`, 'Write a number and a unit: 512m or 10g')
    }
    return text.toLowerCase()
}

/** The largest request body, in nginx's syntax, at most 5 GiB: S3 copies no more in one part. */
export function parseUploadSize(text: string): string {
    const size = /^[1-9]\d{0,6}[kmg]$/i.test(text) ? text.toLowerCase() : ''
    const unit = { k: 1 / 1024, m: 1, g: 1024 }[size.slice(-1)] ?? NaN
    if (!(Number(size.slice(0, -1)) * unit <= 5 * 1024)) {
        throw new UsageError(
            `--upload-max-size ${JSON.stringify(text)} is not a size up to 5g`,
            'Write a number and a unit: 200m or 5g',
        )
    }
    return size
}

/** Seconds, 1 to 3600. */
export function parsePageTtl(text: string): number {
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0
    if (seconds < 1 || seconds > 3600)
        throw new UsageError(`--page-ttl ${JSON.stringify(text)} is not a number of seconds`, 'Use 1 to 3600 seconds.')
    return seconds
}

/** 1 to 65535, the maximum of nginx's limit_conn. */
export function parseMaxConnections(text: string): number {
    const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
    if (count < 1 || count > 65535) {
        throw new UsageError(
            `--max-connections ${JSON.stringify(text)} is not a number of connections`,
            'Use 1 to 65535.',
        )
    }
    return count
}

/** The URL of the simple index to redirect to. */
export function parseFallback(text: string): string {
    const cure = 'Write the URL as for pip, without credentials: https://pypi.org/simple/'
    // Every client is redirected there, and CI jobs keep their logs.
    if (text.includes('@')) throw new UsageError('the fallback holds credentials, which every client would see', cure)
    if (!/^https?:\/\/[A-Za-z0-9[][A-Za-z0-9._~:/[\]-]*$/.test(text) || !URL.canParse(text)) {
        throw new UsageError(`${JSON.stringify(text)} is not the URL of a package index`, cure)
    }
    return text.endsWith('/') ? text : text + '/'
}

/** The URL of the simple index whose packages are served, as browsers write it: one spelling for each index. */
export function parsePublicUrl(text: string): string {
    const cure = 'Write the URL as for pip, without credentials: https://pypi.org/simple/'
    // CI jobs keep their logs.
    if (text.includes('@')) throw new UsageError('the URL of --public holds credentials', cure)
    const wrong = (what: string) => new UsageError(`--public ${JSON.stringify(text)} ${what}`, cure)
    if (!/^https?:\/\/[A-Za-z0-9[][A-Za-z0-9._~:[\]-]*(?:\/[A-Za-z0-9._~-]+)+\/?$/i.test(text) || !URL.canParse(text)) {
        throw wrong('is not the URL of a package index')
    }
    const { href, hostname, port, pathname } = new URL(text)
    const isHost = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || isHostName(hostname)
    if (!isHost || port === '0') throw wrong(isHost ? 'has port 0' : 'has an invalid host name')
    if (pathname === '/') throw wrong('is not the URL of a package index')
    return href.endsWith('/') ? href : href + '/'
}

/** Seconds, up to a year: `7d`, `12h`, `30m`, `90s`. */
export function parseDuration(text: string): number {
    const match = /^(\d{1,8})([smhd])$/.exec(text)
    const seconds = match ? Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86400 }[match[2] as 's']! : NaN
    if (!(seconds <= 366 * 86400)) {
        throw new UsageError(`${JSON.stringify(text)} is not a duration`, 'Write a number and a unit: 7d, 12h or 30m')
    }
    return seconds
}

/** A normalised project name; `*` matches any characters. */
export function parsePrivateName(text: string): string {
    const name = normalizeName(text)
    if (!/^[a-z0-9*-]+$/.test(name)) {
        throw new UsageError(`${JSON.stringify(text)} is not a pattern of project names`, "Write 'acme-*' or a name.")
    }
    return name
}

/** An address or a network, for nginx's `allow`. */
export function parseNetwork(text: string): string {
    const [address = '', length] = text.split('/', 2)
    const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
    if (bits === 0 || !isLength || text.split('/').length > 2) {
        throw new UsageError(`${JSON.stringify(text)} is not a network`, 'Write 10.0.0.0/8 or an address.')
    }
    return text
}

/** Where the keys of tokens are: `env`, or a file. */
export function parseTokenKeysPlace(text: string): string {
    return text === 'env' ? text : parseFilePath(text)
}
