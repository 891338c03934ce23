import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { backOffTime } from '../../core/back-off.js'
import { version } from '../cli/program.js'
import type { SourceCredentials } from './source-credentials.js'
import { shownUrl, SourceProblem } from './source-problem.js'

const maxAttempts = 5
const maxRedirects = 5
const idleTimeout = 60_000
/** The longest wait that a server may ask for. Seconds. */
const maxRetryAfter = 300
/** The largest page of PyPI has 38 MB. Bytes. */
const maxPageSize = 256 * 1024 * 1024

/** Statuses after which the same request may succeed. */
const transient = new Set([408, 425, 429, 500, 502, 503, 504])

/** A small answer, read whole. */
export interface SourceAnswer {
    status: number
    contentType: string
    /** After redirects: relative URLs of the page refer to it. */
    url: URL
    body: Buffer
}

/** An answer whose status is 200. */
export interface SourceStream {
    /** Bytes; undefined if the server does not tell. */
    size: number | undefined
    lastModified: Date | undefined
    body: Readable
}

/** Reads pages and files of an index over HTTP. Sends GET only; repeats what failed; never sends credentials elsewhere. */
export class SourceClient {
    readonly #agents = {
        'http:': new http.Agent({ keepAlive: true }),
        'https:': new https.Agent({ keepAlive: true }),
    }

    /**
     * @param warn called when a server asks to wait
     * @param patience time without any byte after which a request is repeated, in milliseconds
     */
    constructor(
        private readonly credentials: SourceCredentials,
        private readonly warn: (message: string) => void,
        private readonly patience = idleTimeout,
    ) {}

    close(): void {
        this.#agents['http:'].destroy()
        this.#agents['https:'].destroy()
    }

    /** Reads a page or another small object. @throws SourceProblem unless the server answers with a status below 500 */
    async read(url: URL, accept: string): Promise<SourceAnswer> {
        const headers = { Accept: accept, 'Accept-Encoding': 'gzip' }
        return this.#repeat(url, headers, async (message, final) => ({
            status: message.statusCode!,
            contentType: message.headers['content-type'] ?? '',
            url: final,
            body: await readAll(message, final),
        }))
    }

    /**
     * Reads a file. An attempt that fails midway is repeated from the start.
     *
     * @param use reads the stream
     * @throws SourceProblem unless the server answers 200
     */
    async stream<Result>(url: URL, use: (stream: SourceStream) => Promise<Result>): Promise<Result> {
        // An encoding would change the bytes of an archive.
        return this.#repeat(url, { 'Accept-Encoding': 'identity' }, async (message, final) => {
            const { statusCode: status = 0, headers } = message
            if (status !== 200) throw refused(final, status)
            const length = headers['content-length']
            const modified = new Date(headers['last-modified'] ?? '')
            return use({
                size: length === undefined ? undefined : Number(length),
                lastModified: isNaN(modified.getTime()) ? undefined : modified,
                body: message,
            })
        })
    }

    async #repeat<Result>(
        url: URL,
        headers: Record<string, string>,
        use: (message: IncomingMessage, final: URL) => Promise<Result>,
    ): Promise<Result> {
        for (let attempt = 0; ; attempt++) {
            let failure: string
            let wait = backOffTime(attempt, 500, 8000)
            try {
                const { message, final } = await this.#follow(url, headers)
                const status = message.statusCode!
                if (!transient.has(status)) {
                    try {
                        return await use(message, final)
                    } finally {
                        message.destroy()
                    }
                }
                message.destroy()
                failure = `${shownUrl(final)} answers ${status}`
                const asked = retryAfter(message.headers['retry-after'])
                if (asked > maxRetryAfter) {
                    throw new SourceProblem(
                        `${failure} and asks to wait ${asked} s`,
                        'Run the same command again then.',
                    )
                }
                if (asked > 0) {
                    wait = asked * 1000
                    if (attempt + 1 < maxAttempts) this.warn(`${failure}: waiting ${asked} s, as it asks`)
                }
            } catch (error) {
                const reason = connectionFailure(error)
                if (reason === undefined) throw error
                failure = `${shownUrl(url)} cannot be read: ${reason}`
                if (isPermanent(error)) throw new SourceProblem(failure, permanentCure(error))
            }
            if (attempt + 1 === maxAttempts) {
                throw new SourceProblem(failure, 'Run the same command again: it continues where it stopped.')
            }
            await sleep(wait)
        }
    }

    async #follow(start: URL, headers: Record<string, string>): Promise<{ message: IncomingMessage; final: URL }> {
        let url = start
        for (let redirects = 0; ; redirects++) {
            const message = await this.#send(url, headers)
            const { statusCode: status = 0, headers: answered } = message
            if (![301, 302, 303, 307, 308].includes(status) || answered.location === undefined) {
                return { message, final: url }
            }
            message.destroy()
            if (redirects === maxRedirects) throw new SourceProblem(`${shownUrl(start)} redirects too often`)
            if (!URL.canParse(answered.location, url.href)) {
                throw new SourceProblem(`${shownUrl(url)} redirects to what is not a URL`)
            }
            const next = new URL(answered.location, url)
            if (next.protocol !== 'https:' && (next.protocol !== 'http:' || url.protocol === 'https:')) {
                throw new SourceProblem(
                    `${shownUrl(url)} redirects to ${next.protocol}//, which is not protected by TLS`,
                    'Nothing was read from there. Ask the operator of the index.',
                )
            }
            url = next
        }
    }

    async #send(url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
        const authorization = this.credentials.authorization(url)
        const isTls = url.protocol === 'https:'
        const bare = new URL(url)
        // Those of a link are not ours; node would send them.
        bare.username = ''
        bare.password = ''
        const request = (isTls ? https : http).request(bare, {
            agent: this.#agents[isTls ? 'https:' : 'http:'],
            headers: {
                'User-Agent': `nginx-s3-pypi/${version}`,
                ...headers,
                ...(authorization === undefined ? {} : { Authorization: authorization }),
            },
            timeout: this.patience,
        })
        request.on('timeout', () => request.destroy(new TimedOut(`nothing was sent for ${this.patience / 1000} s`)))
        // Also emitted after the response, whose reader gets the error, too.
        request.on('error', () => {})
        request.end()
        const [message] = (await once(request, 'response')) as [IncomingMessage]
        return message
    }
}

class TimedOut extends Error {}

/** The problem that a status tells of. */
export function refused(url: URL, status: number): SourceProblem {
    const message = `${shownUrl(url)} answers ${status}`
    if (status !== 401 && status !== 403) return new SourceProblem(message)
    return new SourceProblem(
        message,
        'Set MIRROR_USERNAME and MIRROR_PASSWORD, or add the host to ~/.netrc. They are sent to the host of --from only.',
    )
}

async function readAll(message: IncomingMessage, url: URL): Promise<Buffer> {
    const isZipped = message.headers['content-encoding'] === 'gzip'
    const body: Readable = isZipped ? message.pipe(createGunzip()) : message
    // pipe() passes no errors on.
    if (isZipped) message.on('error', (error) => body.destroy(error))
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body) {
        size += (chunk as Buffer).length
        if (size > maxPageSize) throw new SourceProblem(`${shownUrl(url)} is larger than any page of an index`)
        chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks)
}

/** Seconds. @see RFC 9110, 10.2.3 */
function retryAfter(value: string | undefined): number {
    if (value === undefined) return 0
    if (/^\d{1,9}$/.test(value)) return Number(value)
    const date = Date.parse(value)
    return isNaN(date) ? 0 : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}

/** What is wrong with the connection; undefined for another error. */
function connectionFailure(error: unknown): string | undefined {
    if (error instanceof TimedOut) return error.message
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof SourceProblem || code === undefined) return undefined
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'the connection was cut'
    if (code.startsWith('HPE_')) return 'the answer is not HTTP'
    if (code.startsWith('Z_')) return 'its gzip encoding is damaged'
    const isConnection =
        /^E(?:AI_|CONN|HOST|NET|PIPE|NOTFOUND|TIMEDOUT|PROTO)/.test(code) || isPermanent(error) || code === 'EPROTO'
    return isConnection ? `${message} (${code})` : undefined
}

/** Names and certificates do not change between attempts. */
function isPermanent(error: unknown): boolean {
    const { code = '' } = error as NodeJS.ErrnoException
    return code === 'ENOTFOUND' || isCertificate(code)
}

function isCertificate(code: string): boolean {
    return /CERT|^ERR_TLS|^UNABLE_TO_|^HOSTNAME_MISMATCH|^ERR_SSL/.test(code)
}

function permanentCure(error: unknown): string {
    return isCertificate((error as NodeJS.ErrnoException).code ?? '')
        ? 'Set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority.'
        : 'Check the host of --from. Behind a proxy, Node.js 24 and NODE_USE_ENV_PROXY=1 are needed.'
}
