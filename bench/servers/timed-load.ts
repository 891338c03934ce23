import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** What was seen of a server under load. Latencies in milliseconds. */
export interface TimedLoad {
    requests: number
    perSecond: number
    p50: number
    p99: number
}

/** As many at once as pip's of a team: enough to keep a server of several processes at work. */
const connections = 16

const script = `done = function(summary, latency)
    local errors = summary.errors
    local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    local p50, p99 = latency:percentile(50), latency:percentile(99)
    print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, count, p50, p99))
end
`

/**
 * Asks for one address over 16 connections that stay open where the server keeps them, as fast as it answers.
 *
 * @param folder gets wrk's script
 * @throws Error when an answer is not a 200
 */
export async function timedLoad(wrk: string, folder: string, url: string, seconds: number): Promise<TimedLoad> {
    const file = path.join(folder, 'latency.lua')
    await writeFile(file, script)
    const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', file, url]
    const { stdout } = await promisify(execFile)(wrk, words)
    const found = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout)
    if (found === null) throw new Error(`wrk said:\n${stdout}`)
    const [requests, microseconds, errors, p50, p99] = found.slice(1).map(Number) as [
        number,
        number,
        number,
        number,
        number,
    ]
    if (errors > 0 || requests === 0) throw new Error(`${errors} of ${requests} requests failed`)
    return { requests, perSecond: requests / (microseconds / 1e6), p50: p50 / 1000, p99: p99 / 1000 }
}
