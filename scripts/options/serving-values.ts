import { isIPv4, isIPv6 } from 'node:net'
import { normalizeName } from '../../core/project-name.js'
import { UsageError } from '../../core/user-error.js'

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
