import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../core/user-error.js'

/** User and password for a server. */
export interface Credentials {
    user: string
    password: string
}

/**
 * The credentials of the source: those of its URL and of the environment for its origin, those of netrc for any host.
 * Without TLS, they are sent to the origin of the source only: links on a page must not expose them.
 */
export class SourceCredentials {
    constructor(
        private readonly origin: string,
        private readonly own: Credentials | undefined,
        private readonly netrc: ReadonlyMap<string, Credentials>,
    ) {}

    /** The value of Authorization for a request; undefined for none. */
    authorization(url: URL): string | undefined {
        const netrc = this.netrc.get(url.hostname) ?? this.netrc.get('')
        const isElsewhere = url.origin !== this.origin
        if (isElsewhere && url.protocol !== 'https:') return undefined
        const credentials = isElsewhere ? netrc : (this.own ?? netrc)
        if (credentials === undefined) return undefined
        return 'Basic ' + Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')
    }
}

/** The URL of an index, and the credentials in it. */
export interface IndexUrl {
    /** With a slash at the end, without credentials. */
    url: URL
    credentials: Credentials | undefined
}

/** Parses the URL of `--from`. @throws UsageError, which never quotes a URL with credentials */
export function parseIndexUrl(text: string): IndexUrl {
    const cure = 'Write the URL as for pip: https://pypi.org/simple/'
    const shown = text.includes('@') ? 'the URL of --from' : `--from ${JSON.stringify(text)}`
    if (!/^https?:\/\/[^\s\\/?#]+(?:\/[^\s\\?#]*)?$/i.test(text) || !URL.canParse(text)) {
        throw new UsageError(`${shown} is not the URL of a package index`, cure)
    }
    const url = new URL(text)
    const credentials = url.username === '' && url.password === '' ? undefined : userinfo(url)
    url.username = ''
    url.password = ''
    if (!url.pathname.endsWith('/')) url.pathname += '/'
    return { url, credentials }
}

function userinfo({ username, password }: URL): Credentials {
    try {
        return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
    } catch (error) {
        if (!(error instanceof URIError)) throw error
        throw new UsageError('the credentials in the URL of --from are not percent-encoded UTF-8')
    }
}

/** Finds credentials in the URL, then in MIRROR_USERNAME and MIRROR_PASSWORD, then in the file NETRC or ~/.netrc. */
export async function findCredentials(source: IndexUrl, environment: NodeJS.ProcessEnv): Promise<SourceCredentials> {
    const { MIRROR_USERNAME: user, MIRROR_PASSWORD: password, NETRC } = environment
    if ((user || password) && !(user && password)) {
        throw new UsageError(
            `${user ? 'MIRROR_PASSWORD' : 'MIRROR_USERNAME'} is not set`,
            'Set both MIRROR_USERNAME and MIRROR_PASSWORD, or neither. The user of an API token is often __token__.',
        )
    }
    const own = source.credentials ?? (user && password ? { user, password } : undefined)
    return new SourceCredentials(source.url.origin, own, parseNetrc(await readNetrc(NETRC)))
}

async function readNetrc(named: string | undefined): Promise<string> {
    const path = named || join(homedir(), '.netrc')
    try {
        return await readFile(path, 'utf8')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (!named && code === 'ENOENT') return ''
        throw new UsageError(`${path} cannot be read (${code})`, 'Correct NETRC, or unset it.')
    }
}

/**
 * Parses netrc: credentials by host; those of `default` under an empty name. Quoted values, comments and macros are
 * understood.
 *
 * @see curl, "netrc"; Python's module netrc
 */
export function parseNetrc(text: string): Map<string, Credentials> {
    const found = new Map<string, Credentials>()
    const words = netrcWords(text)
    let host: string | undefined
    for (let index = 0; index < words.length; index++) {
        const word = words[index]!
        if (word === 'machine') host = words[++index]
        else if (word === 'default') host = ''
        else if (host !== undefined && (word === 'login' || word === 'password' || word === 'account')) {
            const value = words[++index] ?? ''
            const known = found.get(host) ?? { user: '', password: '' }
            if (word === 'login') found.set(host, { ...known, user: value })
            else if (word === 'password') found.set(host, { ...known, password: value })
        }
    }
    return found
}

function netrcWords(text: string): string[] {
    // A macro ends with an empty line.
    const withoutMacros = text.replace(/^\s*macdef[^]*?(?:\n[ \t]*\r?\n|$(?![^]))/gm, '\n')
    const words: string[] = []
    for (const line of withoutMacros.split('\n')) {
        const pattern = /"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g
        for (const [, quoted, comment, plain] of line.matchAll(pattern)) {
            // "#" begins a comment only between entries: passwords contain it.
            const isValue = /^(?:login|password|account|machine)$/.test(words.at(-1) ?? '')
            if (quoted !== undefined) words.push(quoted.replace(/\\(.)/g, '$1'))
            else if (comment !== undefined && !isValue) break
            else words.push(...(plain ?? comment!).split(/\s+/).filter(Boolean))
        }
    }
    return words
}
