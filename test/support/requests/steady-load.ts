import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What became of the requests of a load. */
export interface LoadResult {
    /** How many got each status; 0 for a request that failed without one. */
    statuses: Record<number, number>
    /** Answers a second. */
    rate: number
}

/** A machine that is too slow for the rate gets fewer requests, not a queue that grows. */
const mostOpen = 200

/**
 * Asks for paths at a steady rate, as the many clients of a fleet do.
 *
 * @param rate requests a second, at most
 * @param seconds for how long
 * @param path of the nth request
 */
export async function steadyLoad(
    port: number,
    rate: number,
    seconds: number,
    path: (number: number) => string,
): Promise<LoadResult> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
    const statuses: Record<number, number> = {}
    const count = (status: number): void => void (statuses[status] = (statuses[status] ?? 0) + 1)
    const begin = performance.now()
    let sent = 0
    let open = 0
    const ask = (): void => {
        open++
        const options = { host: '127.0.0.1', port, agent, path: path(sent++) }
        const done = (status: number): void => {
            open--
            count(status)
        }
        http.get(options, (answer) => {
            answer.resume()
            answer.once('close', () => done(answer.complete ? answer.statusCode! : 0))
        }).once('error', () => done(0))
    }
    for (let now = 0; now < seconds; now = (performance.now() - begin) / 1000) {
        while (sent < now * rate && open < mostOpen) ask()
        await sleep(5)
    }
    while (open > 0) await sleep(5)
    agent.destroy()
    return { statuses, rate: sent / ((performance.now() - begin) / 1000) }
}
