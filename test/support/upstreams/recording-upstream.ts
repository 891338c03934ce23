import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'

/** A request as it came over the wire. */
export interface RecordedRequest {
    method: string
    /** The request target, raw. */
    target: string
    /** Names as they were sent, with their values. */
    headers: [name: string, value: string][]
    /** The value of a header, by its name in lower case. */
    header(name: string): string | undefined
    body: string
}

/** A server in the place of S3 that writes down what reaches it. It is no S3: it verifies nothing. */
export interface RecordingUpstream {
    endpoint: string
    requests: RecordedRequest[]
    close(): Promise<void>
}

/** Where it listens: any free port of 127.0.0.1 by default, with TLS when it has a key and a certificate. */
export interface UpstreamPlace {
    host?: string
    port?: number
    tls?: https.ServerOptions
}

/** @param answer what it answers; 200 and "recorded" by default */
export async function startRecordingUpstream(
    answer: http.RequestListener = (_request, response) => response.end('recorded'),
    { host = '127.0.0.1', port = 0, tls }: UpstreamPlace = {},
): Promise<RecordingUpstream> {
    const requests: RecordedRequest[] = []
    const listener: http.RequestListener = async (request, response) => {
        const body = Buffer.concat(await request.toArray()).toString('latin1')
        const headers = request.rawHeaders.flatMap((name, index, all): [string, string][] =>
            index % 2 === 0 ? [[name, all[index + 1]!]] : [],
        )
        const header = (name: string) => headers.find(([sent]) => sent.toLowerCase() === name)?.[1]
        requests.push({ method: request.method!, target: request.url!, headers, header, body })
        answer(request, response)
    }
    const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener)
    server.listen(port, host)
    await once(server, 'listening')
    return {
        endpoint: `${tls === undefined ? 'http' : 'https'}://${host}:${(server.address() as net.AddressInfo).port}`,
        requests,
        close: async () => {
            server.closeAllConnections()
            server.close()
            await once(server, 'close')
        },
    }
}
