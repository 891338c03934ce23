import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A signed request that went to S3, and what S3 said. */
export interface DatedRequest {
    method: string
    target: string
    /** The date that was signed. */
    signed: Date
    /** Seconds since then, when it was sent. */
    age: number
    range: string | undefined
    condition: string | undefined
    /** Whose signature it was: the whole Authorization header. */
    authorization: string
    status: number
}

/** A proxy before an S3 server that writes down how old signatures are. */
export interface DatedProxy {
    endpoint: string
    requests: DatedRequest[]
    /** Milliseconds for which an answer is held back. */
    delay: number
    close(): Promise<void>
}

/** Starts it. The Host header goes on as it is, since it is signed. @param now the clock of who signs */
export async function startDatedProxy(endpoint: string, now: () => Date): Promise<DatedProxy> {
    const target = new URL(endpoint)
    const requests: DatedRequest[] = []
    const server = http.createServer((incoming, response) => {
        const { method = '', url = '', headers } = incoming
        const signed = new Date(
            String(headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'),
        )
        const age = (now().getTime() - signed.getTime()) / 1000
        const outgoing = http.request({ host: target.hostname, port: target.port, method, path: url, headers })
        // nginx that needs no more of an answer closes the connection.
        response.once('close', () => outgoing.destroy())
        outgoing.on('error', () => response.destroy())
        outgoing.once('response', async (answer) => {
            const { range, 'if-none-match': condition } = headers
            const authorization = String(headers.authorization)
            requests.push({
                method,
                target: url,
                signed,
                age,
                range,
                condition,
                authorization,
                status: answer.statusCode!,
            })
            await sleep(proxy.delay)
            response.writeHead(answer.statusCode!, answer.headers)
            await pipeline(answer, response).catch(() => {})
        })
        outgoing.end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const proxy: DatedProxy = {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests,
        delay: 0,
        close: async () => {
            server.closeAllConnections()
            server.close()
            await once(server, 'close')
        },
    }
    return proxy
}
