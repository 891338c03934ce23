import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { PayloadClaim } from './payload-claim.js'
import type { RequestTarget } from './request-target.js'
import type { XmlElement } from './xml.js'

/** Header values by lower-case name: one character per byte, repeated headers joined by a comma. */
export type Headers = ReadonlyMap<string, string>

/** The signed parts of a request. */
export interface SignedRequest {
    readonly method: string
    readonly target: RequestTarget
    readonly headers: Headers
}

/** A request with a verified signature. */
export interface S3Request extends SignedRequest {
    readonly payload: PayloadClaim
    /** The body as sent. */
    readonly body: AsyncIterable<Buffer>
    /** The server's time when the request arrived, in milliseconds since 1970. */
    readonly time: number
}

/** The response of an operation; an element is sent as an XML document. */
export interface S3Response {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: XmlElement | Readable
}

/** All headers of a message, as sent. */
export function headersOf(message: IncomingMessage): Headers {
    const headers = new Map<string, string>()
    for (let index = 0; index < message.rawHeaders.length; index += 2) {
        const name = (message.rawHeaders[index] as string).toLowerCase()
        const value = message.rawHeaders[index + 1] as string
        const earlier = headers.get(name)
        headers.set(name, earlier === undefined ? value : `${earlier},${value}`)
    }
    return headers
}
