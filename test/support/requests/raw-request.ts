import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'

/** An answer, read to its end. */
export interface Answer {
    status: number
    headers: http.IncomingHttpHeaders
    body: Buffer
}

/** A request whose path goes out as it is: `fetch` would normalise it. */
export async function request(
    port: number,
    path: string,
    {
        body: sent,
        ...options
    }: { method?: string; headers?: http.OutgoingHttpHeaders; body?: string; localAddress?: string } = {},
): Promise<Answer> {
    const outgoing = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }).end(sent)
    const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage]
    const body = Buffer.concat(await incoming.toArray())
    return { status: incoming.statusCode!, headers: incoming.headers, body }
}

/** Sends bytes and returns all that comes back before the server closes the connection: for what is no valid HTTP. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
    const socket = net.connect(port, '127.0.0.1')
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 seconds')))
    socket.write(bytes)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString('latin1')
}
