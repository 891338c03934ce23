import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Server } from '../s3/s3-servers.js'

/**
 * A proxy that makes of an S3 server one that overlooks If-Match and If-None-Match, as some do. The headers are signed, so
 * each request is signed anew.
 */
export async function startOverlookingProxy(server: S3Server): Promise<{ endpoint: string; close(): Promise<void> }> {
    const { hostname, port } = new URL(server.endpoint)
    const signer = new SignatureV4({
        service: 's3',
        region: server.region,
        credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
        sha256: Hash.bind(null, 'sha256'),
        uriEscapePath: false,
    })
    const proxy = createServer((request, response) => {
        const url = new URL(request.url!, server.endpoint)
        const headers = Object.fromEntries(
            Object.entries(request.headers as Record<string, string>).filter(
                ([name]) => !['if-match', 'if-none-match', 'authorization', 'x-amz-date'].includes(name),
            ),
        )
        const unsigned = { method: request.method!, protocol: 'http:', hostname, path: url.pathname, headers }
        void signer.sign({ ...unsigned, query: Object.fromEntries(url.searchParams) }).then((signed) => {
            const to = { hostname, port, method: request.method, path: request.url, headers: signed.headers }
            const upstream = send(to, (answer) => {
                response.writeHead(answer.statusCode!, answer.headers)
                answer.pipe(response)
            })
            upstream.on('error', () => request.socket.destroy())
            request.pipe(upstream)
        })
    })
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
    return {
        endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        async close() {
            proxy.closeAllConnections()
            await new Promise((closed) => proxy.close(closed))
        },
    }
}
