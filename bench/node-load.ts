import { once } from 'node:events'
import net from 'node:net'
import type { PathPattern } from './request-paths.js'

/**
 * A load generator for machines without wrk: on each connection one request at a time. It relies on answers that are
 * all of one length after the head, which is found in Content-Length.
 *
 * @throws Error when an answer is not a 200
 */
export async function generateLoad(
    port: number,
    paths: PathPattern,
    connections: number,
    seconds: number,
): Promise<{ requests: number; seconds: number }> {
    let number = paths.first
    const nextRequest = () => {
        number = Number.isFinite(paths.count) ? (number + 1) % paths.count : number + 1
        return `GET ${paths.before}${number}${paths.after} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
    }
    const begin = performance.now()
    const end = begin + seconds * 1000
    const counts = await Promise.all(
        Array.from({ length: connections }, () => askUntil(net.connect(port, '127.0.0.1'), end, nextRequest)),
    )
    const requests = counts.reduce((sum, count) => sum + count, 0)
    return { requests, seconds: (performance.now() - begin) / 1000 }
}

async function askUntil(socket: net.Socket, end: number, nextRequest: () => string): Promise<number> {
    await once(socket, 'connect')
    let requests = 0
    let received = ''
    socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 seconds')))
    socket.write(nextRequest())
    for await (const text of socket) {
        received += text as string
        const headLength = received.indexOf('\r\n\r\n') + 4
        if (headLength < 4) continue
        const [, status, length] = /^HTTP\/1\.1 (\d+) [^]*?\r\ncontent-length: *(\d+)\r\n/i.exec(received) ?? []
        if (status !== '200') throw new Error(`the server answered:\n${received.slice(0, headLength)}`)
        if (received.length < headLength + Number(length)) continue
        requests += 1
        if (performance.now() >= end) break
        received = ''
        socket.write(nextRequest())
    }
    socket.destroy()
    return requests
}
