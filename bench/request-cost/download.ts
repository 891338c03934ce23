import { once } from 'node:events'
import net from 'node:net'

/** What a download took. */
export interface Download {
    bytes: number
    seconds: number
}

/**
 * Asks for a file over a connection of its own, and throws away what comes: what is measured is who sends.
 *
 * @returns the bytes of the body
 * @throws Error when the answer is not a whole 200
 */
export async function download(port: number, path: string): Promise<Download> {
    const buffer = Buffer.alloc(1024 * 1024)
    let head = ''
    let received = 0
    const begin = performance.now()
    const onread = {
        buffer,
        callback(count: number) {
            received += count
            if (!head.includes('\r\n\r\n')) head += buffer.toString('latin1', 0, Math.min(count, 16_384))
            return true
        },
    }
    const socket = net.connect({ port, host: '127.0.0.1', onread })
    socket.setTimeout(60_000, () => socket.destroy(new Error('a download stood still for a minute')))
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    const seconds = (performance.now() - begin) / 1000
    const headLength = head.indexOf('\r\n\r\n') + 4
    const length = /^HTTP\/1\.1 200 [^]*?\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
    const bytes = received - headLength
    if (Number(length) !== bytes) throw new Error(`${bytes} bytes came after:\n${head.slice(0, headLength)}`)
    return { bytes, seconds }
}
