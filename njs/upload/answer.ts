/** An answer to a client: its message is shown as the reason phrase by some clients, as the body by others. */
export interface Answer {
    status: number
    message: string
    cure: string
}

/** Characters. Encoded, a request line of nginx holds two of them. */
const longestText = 600

/**
 * An HTTP/1.1 response whose reason phrase is the message.
 *
 * @see RFC 9112, 4: the phrase is visible text on one line
 */
export function rawResponse({ status, message, cure }: Answer): string {
    const body = `${message}${cure === '' ? '' : `\n${cure}`}\n`
    const headers = [
        'Content-Type: text/plain',
        `Content-Length: ${body.length}`,
        ...(status === 503 ? ['Retry-After: 5'] : []),
        ...(status === 401 ? ['WWW-Authenticate: Basic realm="package uploads"'] : []),
        'Connection: close',
    ]
    return `HTTP/1.1 ${status} ${message.replace(/\n/g, ' ')}\r\n${headers.join('\r\n')}\r\n\r\n${body}`
}

/** As arguments of a request to /-/answer, in visible ASCII. */
export function encodeAnswer({ status, message, cure }: Answer): string {
    const short = (text: string) => encodeURIComponent(text.replace(/[^\n\x20-\x7e]/g, '?').slice(0, longestText))
    return `${status}&${short(message)}&${short(cure)}`
}

/** The reverse of `encodeAnswer`. */
export function decodeAnswer(args: string): Answer {
    const [status, message, cure] = args.split('&')
    return { status: Number(status), message: decodeURIComponent(message ?? ''), cure: decodeURIComponent(cure ?? '') }
}
