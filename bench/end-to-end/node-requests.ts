import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { connections, type Answers } from '../answers.js'
import { percentilesOf } from '../quantiles.js'
import type { RequestKind } from './request-kinds.js'
import type { Sending } from './sending.js'

/** Asks for a path with Node's own client. @throws Error when there is no answer */
export async function ask(
    agent: http.Agent,
    port: number,
    path: string,
    headers: Record<string, string>,
): Promise<{ status: number; body: Buffer }> {
    const asked = http.get({ host: '127.0.0.1', port, path, headers, agent })
    const [answer] = (await once(asked, 'response')) as [http.IncomingMessage]
    return { status: answer.statusCode!, body: await buffer(answer) }
}

/**
 * Sends requests with Node's own client, which takes a tenth of a millisecond of CPU for one: for a list that is too
 * short for wrk, and for machines without it.
 *
 * @throws Error when an answer has another status than it should
 */
export async function askWithNode({ requests, headers, status }: RequestKind, sending: Sending): Promise<Answers> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
    const begin = performance.now()
    const times: number[] = []
    let next = 0
    const hasNext = () =>
        !sending.signal.aborted &&
        (sending.again || next < requests.length) &&
        performance.now() < begin + sending.seconds * 1000
    const work = async () => {
        while (hasNext()) {
            const { path, ifNoneMatch } = requests[next++ % requests.length]!
            const asked = performance.now()
            const answer = await ask(agent, sending.port, path, {
                ...headers,
                ...(ifNoneMatch && { 'If-None-Match': ifNoneMatch }),
            })
            if (answer.status !== status) throw new Error(`${path} was answered with ${answer.status}, not ${status}`)
            times.push(performance.now() - asked)
        }
    }
    try {
        await Promise.all(Array.from({ length: connections }, work))
    } finally {
        agent.destroy()
    }
    sending.signal.throwIfAborted()
    const seconds = (performance.now() - begin) / 1000
    return { requests: times.length, seconds, ...percentilesOf(times) }
}
