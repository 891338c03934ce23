import net from 'node:net'
import { basic } from '../uploads/send-upload.js'
import type { EncodedForm } from '../uploads/upload-form.js'

/** A client that speaks HTTP byte by byte. */
export interface RawUpload {
    send(bytes: string | Buffer): Promise<void>
    /** All that comes back until the server closes the connection. */
    answer: Promise<string>
    /** Ends the connection as a client that was killed does. */
    leave(): void
}

/** The head of an upload. @param headers more lines, or other ones: undefined leaves one out */
export function uploadHead(form: EncodedForm, headers: Record<string, string | undefined> = {}, more = ''): string {
    const lines = {
        Host: 'x',
        Authorization: basic(),
        'Content-Type': form.contentType,
        'Content-Length': String(form.body.length),
        Connection: 'close',
        ...headers,
    }
    const text = Object.entries(lines).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}: ${value}\r\n`],
    )
    return `POST /legacy/ HTTP/1.1\r\n${text.join('')}${more}\r\n`
}

export function connectRaw(port: number): RawUpload {
    const socket = net.connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that refuses an upload may close the connection while it is sent.
    socket.on('error', () => {})
    return {
        send: (bytes) => new Promise((sent) => socket.write(bytes, () => sent())),
        answer: new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')))),
        leave: () => socket.resetAndDestroy(),
    }
}

/** A body as chunks of HTTP/1.1. */
export function chunked(body: Buffer, size = 100): Buffer {
    const chunks: Buffer[] = []
    for (let start = 0; start < body.length; start += size) {
        const chunk = body.subarray(start, start + size)
        chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    }
    return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}
