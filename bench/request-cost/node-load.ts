import { once } from 'node:events'
import net from 'node:net'
import type { Answers } from '../answers.js'
import type { PathPattern } from './request-paths.js'

/**
 * A load generator for machines without wrk: on each connection one request at a time. It relies on answers that are
 * all of one length after the head, which is found in Content-Length.
 *
 * @throws Error when an answer has another status
 */
export async function generateLoad(
    port: number,
    paths: PathPattern,
    connections: number,
    seconds: number,
): Promise<Pick<Answers, 'requests' | 'seconds'>> {
    const requests = requestsFor(paths)
    const begin = performance.now()
    const end = begin + seconds * 1000
    const nextRequest = () => (performance.now() < end ? requests.next().value : undefined)
    const expected = String(paths.status ?? 200)
    const counts = await Promise.all(Array.from({ length: connections }, () => ask(port, nextRequest, expected)))
    return { requests: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - begin) / 1000 }
}

/**
 * Asks for so many paths, one after the other, over one connection.
 *
 * @throws Error when an answer has another status
 */
export async function askInTurn(port: number, paths: PathPattern, count: number): Promise<void> {
    const requests = requestsFor(paths)
    let left = count
    const nextRequest = () => (left-- > 0 ? requests.next().value : undefined)
    await ask(port, nextRequest, String(paths.status ?? 200))
}

function* requestsFor({ before, after, first, count, headers = '' }: PathPattern): Generator<string, never> {
    for (let number = first; ;) {
        number = Number.isFinite(count) ? (number + 1) % count : number + 1
        yield `GET ${before}${number}${after} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`
    }
}

/** @param nextRequest undefined when there is none @returns how many were answered */
async function ask(port: number, nextRequest: () => string | undefined, expected: string): Promise<number> {
    const socket = net.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    let requests = 0
    let received = ''
    socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 seconds')))
    const first = nextRequest()
    if (first !== undefined) socket.write(first)
    for await (const text of socket) {
        received += text as string
        const headLength = received.indexOf('\r\n\r\n') + 4
        if (headLength < 4) continue
        const [, status, length] = /^HTTP\/1\.1 (\d+) [^]*?\r\ncontent-length: *(\d+)\r\n/i.exec(received) ?? []
        if (status !== expected) throw new Error(`the server answered:\n${received.slice(0, headLength)}`)
        if (received.length < headLength + Number(length)) continue
        requests += 1
        received = ''
        const next = nextRequest()
        if (next === undefined) break
        socket.write(next)
    }
    socket.destroy()
    return requests
}
