import { once } from 'node:events'
import net from 'node:net'

/** A server in the place of S3 that answers objects with any status, and the bucket itself as S3 does. */
export interface StatusServer {
    endpoint: string
    status: number
    close(): Promise<void>
}

const body = '<Error><Code>Any</Code><BucketName>my-pypi</BucketName><RequestId>4442587FB7D0A2F9</RequestId></Error>'

/** @param list what it answers when the bucket is listed */
export async function startStatusServer(list: string): Promise<StatusServer> {
    const answer: Pick<StatusServer, 'status'> = { status: 200 }
    const server = net.createServer((socket) => {
        let received = ''
        socket.on('error', () => {})
        socket.on('data', (chunk) => {
            received += chunk.toString('latin1')
            if (!received.includes('\r\n\r\n')) return
            const [method, target] = received.split(' ', 2) as [string, string]
            const range = /^Range: bytes=(\d+)-/im.exec(received)?.[1]
            received = ''
            const isBucket = /^\/my-pypi\/(?:\?|$)/.test(target)
            // A file is asked for in slices where there is a cache.
            const status = isBucket ? 200 : answer.status === 200 && range !== undefined ? 206 : answer.status
            const content = isBucket ? list : status === 304 ? '' : body
            socket.end(
                `HTTP/1.1 ${status} Any\r\nContent-Length: ${Buffer.byteLength(content)}\r\nETag: "a"\r\n` +
                    'x-amz-request-id: 4442587FB7D0A2F9\r\nLocation: http://elsewhere.example/\r\n' +
                    (status === 206 ? `Content-Range: bytes 0-${content.length - 1}/${content.length}\r\n` : '') +
                    `Connection: close\r\n\r\n${method === 'HEAD' ? '' : content}`,
            )
        })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    return Object.assign(answer, {
        endpoint: `http://127.0.0.1:${port}`,
        close: async () => {
            server.close()
            await once(server, 'close')
        },
    })
}
