import {
    createServer,
    request as send,
    type ClientRequest,
    type IncomingMessage,
    type Server,
    type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What becomes of a request. `500`, `503` and an object: S3 never sees it. `500 after`, `503 after`, `cut after`: S3 does
 * it, and the client is told otherwise, or nothing. `cut`: the connection ends before S3 sees it. `cut upload`: S3 gets a
 * part of the body. `cut answer`: the client gets a part of the answer.
 */
export type Fate =
    | 'pass'
    | '500'
    | '503'
    | 'cut'
    | 'cut upload'
    | '500 after'
    | '503 after'
    | 'cut after'
    | 'cut answer'
    | { status: number; code: string }

/** A request that came to the proxy. */
export interface ProxiedRequest {
    /** The first is 1. */
    number: number
    method: string
    url: string
}

/** A proxy before an S3 server that makes requests fail. */
export interface FaultProxy {
    endpoint: string
    requests: ProxiedRequest[]
    /** Called right before a connection is cut. */
    onCut: () => void
    /** Ends when S3 has done what it was asked for as a whole, whether or not a client still waits for it. */
    close(): Promise<void>
}

/**
 * Starts a proxy. The Host header goes on as it is, since it is signed.
 *
 * @param decide is asked for each request; what it throws or awaits holds the request up
 */
export async function startFaultProxy(
    endpoint: string,
    decide: (request: ProxiedRequest) => Fate | Promise<Fate>,
): Promise<FaultProxy> {
    const target = new URL(endpoint)
    const requests: ProxiedRequest[] = []
    const underWay = new Set<ClientRequest>()
    const server = createServer((request, response) => {
        const proxied = { number: requests.length + 1, method: request.method!, url: request.url! }
        requests.push(proxied)
        const cut = () => {
            proxy.onCut()
            request.socket.destroy()
        }
        void Promise.resolve(decide(proxied)).then((fate) => {
            const upstream = handle(target, request, response, fate, cut)
            if (upstream === undefined) return
            underWay.add(upstream)
            upstream.once('close', () => underWay.delete(upstream))
        })
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const proxy: FaultProxy = {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests,
        onCut: () => {},
        close: () => close(server, underWay),
    }
    return proxy
}

/** The fates of a server that fails on a share of the requests: the same seed gives the same fates. */
export function failingShare(share: number, seed: number): () => Fate {
    const fates: Fate[] = ['500', '503', 'cut', 'cut upload', '500 after', '503 after', 'cut after', 'cut answer']
    let state = seed
    const random = () => {
        // Marsaglia's xorshift, which is enough to spread faults.
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        return (state >>> 0) / 2 ** 32
    }
    return () => (random() < share ? fates[Math.floor(random() * fates.length)]! : 'pass')
}

/** @returns what was sent to S3, if anything */
function handle(
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
    fate: Fate,
    cut: () => void,
): ClientRequest | undefined {
    if (fate === 'cut') return void cut()
    const failure = failureOf(fate)
    if (failure && !String(fate).endsWith('after')) {
        request.resume()
        request.on('end', () => fail(request, response, failure))
        return undefined
    }
    const { method, url } = request
    const headers = request.headers
    // A connection of its own, so that every cut is one that was decided here.
    const to = { host: target.hostname, port: target.port, method, path: url, headers, agent: false as const }
    const upstream = send(to, (answer) => {
        if (fate === 'pass') {
            // Nobody reads it for a client that is gone.
            if (response.destroyed) return void answer.resume()
            response.once('close', () => answer.resume())
            response.writeHead(answer.statusCode!, answer.headers)
            answer.pipe(response)
            return
        }
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
            if (failure) return fail(request, response, failure)
            if (fate === 'cut answer') {
                response.writeHead(answer.statusCode!, answer.headers)
                const body = Buffer.concat(chunks)
                response.write(body.subarray(0, body.length / 2), () => cut())
                return
            }
            cut()
        })
    })
    // Swift sends a body after the answer to a HEAD, which Node takes for a broken second answer.
    upstream.on('error', () => response.headersSent || cut())
    // What came whole is done by S3, though its client is gone.
    request.on('error', () => request.complete || upstream.destroy())
    if (fate === 'cut upload') {
        const cutBoth = () => {
            upstream.destroy()
            cut()
        }
        request.once('data', (chunk: Buffer) => upstream.write(chunk.subarray(0, chunk.length / 2), cutBoth))
        request.once('end', cutBoth)
        return upstream
    }
    request.pipe(upstream)
    return upstream
}

/** The error that a fate answers with; the client is to try a 500 and a 503 again. */
function failureOf(fate: Fate): { status: number; code: string } | undefined {
    if (typeof fate === 'object') return fate
    if (fate.startsWith('500')) return { status: 500, code: 'InternalError' }
    return fate.startsWith('503') ? { status: 503, code: 'ServiceUnavailable' } : undefined
}

function fail(
    request: IncomingMessage,
    response: ServerResponse,
    { status, code }: { status: number; code: string },
): void {
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>So it is.</Message></Error>`
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
}

async function close(server: Server, underWay: ReadonlySet<ClientRequest>): Promise<void> {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    await Promise.all([...underWay].map((upstream) => new Promise((closed) => upstream.once('close', closed))))
}
