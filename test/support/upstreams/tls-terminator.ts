import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { S3Server } from '../s3/s3-servers.js'

/** Speaks TLS before an S3 server, which gets every byte as it was sent: its signatures hold. */
export interface TlsTerminator {
    port: number
    /** The names that clients asked for when they connected (SNI), whether they trusted what they saw or not. */
    asked: string[]
    /** Bytes that reached the server. */
    forwarded(): number
    close(): Promise<void>
}

export async function startTlsTerminator(
    s3: Pick<S3Server, 'endpoint'>,
    certificate: { key: string; cert: string },
): Promise<TlsTerminator> {
    const asked: string[] = []
    const sockets = new Set<net.Socket>()
    const context = tls.createSecureContext(certificate)
    let forwarded = 0
    const options: tls.TlsOptions = {
        ...certificate,
        SNICallback: (name, done) => {
            asked.push(name)
            done(null, context)
        },
    }
    const server = tls.createServer(options, (outer) => {
        const inner = net.connect(Number(new URL(s3.endpoint).port), '127.0.0.1')
        outer.on('data', (data: Buffer) => (forwarded += data.length))
        outer.pipe(inner).pipe(outer)
        for (const [socket, other] of [
            [outer, inner],
            [inner, outer],
        ] as const) {
            sockets.add(socket)
            socket.on('error', () => other.destroy())
            socket.on('close', () => other.destroy())
        }
    })
    // A client that does not trust us says so and goes.
    server.on('tlsClientError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
        port: (server.address() as net.AddressInfo).port,
        asked,
        forwarded: () => forwarded,
        close: async () => {
            server.close()
            for (const socket of sockets) socket.destroy()
            await once(server, 'close')
        },
    }
}
