import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { authenticate, type Realm } from './authentication.js'
import { S3Error } from './errors.js'
import type { Service } from './operation.js'
import { findOperation } from './operations.js'
import { parseTarget } from './request-target.js'
import { headersOf, type S3Response } from './request.js'
import { element, xmlDocument } from './xml.js'

/** The options of `handleRequest`, the same for all requests of a server. */
export interface HandlerOptions extends Realm {
    readonly service: Service
    /** The suffix of virtual-host style, without a port. */
    readonly domain: string
    readonly now: () => Date
    /** Receives errors that are bugs of this server. */
    readonly onFault: (error: unknown) => void
}

/**
 * Answers one request. Never rejects.
 * @param expectsContinue whether the client waits for "100 Continue" before it sends the body
 */
export async function handleRequest(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    expectsContinue: boolean,
    options: HandlerOptions,
): Promise<void> {
    const id = randomBytes(8).toString('hex').toUpperCase()
    outgoing.setHeader('x-amz-request-id', id)
    const body = bodyOf(incoming, () => {
        if (expectsContinue) outgoing.writeContinue()
    })
    try {
        const response = await answer(incoming, body.content, options).catch((error: unknown) => {
            if (!(error instanceof S3Error) && !isDisconnection(error)) options.onFault(error)
            return describeError(error, incoming.url ?? '', id)
        })
        // Without "100 Continue", the client may or may not send the body: the connection can't be reused.
        if (expectsContinue && !body.isAskedFor()) outgoing.setHeader('Connection', 'close')
        await send(incoming, outgoing, response)
    } catch (error) {
        if (!isDisconnection(error)) options.onFault(error)
        outgoing.destroy()
    }
    // Discards the rest of the body; otherwise the next request on the connection would wait forever.
    incoming.resume()
}

async function answer(
    incoming: IncomingMessage,
    body: AsyncIterable<Buffer>,
    options: HandlerOptions,
): Promise<S3Response> {
    const headers = headersOf(incoming)
    const target = parseTarget(incoming.url ?? '', headers.get('host') ?? '', options.domain)
    const request = { method: incoming.method ?? '', target, headers }
    const time = options.now().getTime()
    const payload = await authenticate(request, options, time)
    return await findOperation(request)(options.service, { ...request, payload, body, time })
}

async function send(incoming: IncomingMessage, outgoing: ServerResponse, response: S3Response): Promise<void> {
    const { status, headers, body } = response
    if (body instanceof Readable) {
        outgoing.writeHead(status, headers)
        await pipeline(body, outgoing)
        return
    }
    const document = body === undefined ? '' : xmlDocument(body)
    const isHead = incoming.method === 'HEAD'
    outgoing.writeHead(status, {
        ...(document === '' || isHead ? {} : { 'Content-Type': 'application/xml' }),
        ...(status === 204 || status === 304 || isHead ? {} : { 'Content-Length': Buffer.byteLength(document) }),
        ...headers,
    })
    outgoing.end(isHead ? undefined : document)
}

function describeError(error: unknown, resource: string, id: string): S3Response {
    const { code, message, details, status, headers } =
        error instanceof S3Error
            ? error
            : new S3Error('InternalError', 'We encountered an internal error. Please try again.')
    return {
        status,
        headers,
        body: element('Error', [
            element('Code', code),
            element('Message', message),
            ...Object.entries(details).map(([name, value]) => element(name, value)),
            element('Resource', resource.split('?', 1)[0] as string),
            element('RequestId', id),
        ]),
    }
}

/** The body of a request. Stopping early does not destroy the connection, which must still send the response. */
function bodyOf(incoming: IncomingMessage, ask: () => void): { content: AsyncIterable<Buffer>; isAskedFor(): boolean } {
    let asked = false
    const content = async function* (): AsyncGenerator<Buffer> {
        asked = true
        ask()
        yield* incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    }
    return { content: content(), isAskedFor: () => asked }
}

/** Whether the client disconnected, which is not an error of the server. */
function isDisconnection(error: unknown): boolean {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE'
}
