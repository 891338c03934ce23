import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { connections, type Answers } from './answers.js'

/** What wrk is asked to do. */
export interface WrkRun {
    /** Gets its script. */
    folder: string
    url: string
    /** It takes whole ones only: more are taken where they are not. */
    seconds: number
    /** Lua that says what is asked for; the address alone by default. A global `took` of microseconds ends the time. */
    script?: string
    /** After how long an answer is an error. Seconds; wrk's own by default. */
    timeout?: number
    signal?: AbortSignal
}

/** The path of wrk; undefined where it is not installed. */
export function findWrk(): string | undefined {
    return (process.env.PATH ?? '')
        .split(':')
        .map((entry) => path.resolve(entry, 'wrk'))
        .find(existsSync)
}

/**
 * Asks over connections that stay open where the server keeps them, as fast as it answers.
 *
 * @throws Error when there is none, or one failed; a wrong status below 400 is not seen
 */
export async function runWrk(wrk: string, run: WrkRun): Promise<Answers> {
    const file = path.join(run.folder, 'wrk.lua')
    await writeFile(file, `${run.script ?? ''}${result}`)
    const words = [
        ...['-t1', `-c${connections}`, `-d${Math.ceil(run.seconds)}s`, '-s', file],
        ...(run.timeout === undefined ? [] : ['--timeout', `${run.timeout}s`]),
    ]
    const options = run.signal === undefined ? {} : { signal: run.signal }
    const { stdout } = await promisify(execFile)(wrk, [...words, run.url], options)
    const found = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout)
    if (found === null) throw new Error(`wrk said:\n${stdout}`)
    const [requests, microseconds, errors, p50, p99] = found.slice(1).map(Number) as [
        number,
        number,
        number,
        number,
        number,
    ]
    if (errors > 0 || requests === 0) {
        throw new Error(`${errors} of ${requests} requests failed`, { cause: `wrk said:\n${stdout}` })
    }
    return { requests, seconds: microseconds / 1e6, p50: p50 / 1000, p99: p99 / 1000 }
}

/** Lua has a state for the thread and one for the end. */
const result = `
local measured
function setup(thread)
    measured = thread
end

function done(summary, latency)
    local errors = summary.errors
    local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    local duration = measured:get("took") or summary.duration
    local p50, p99 = latency:percentile(50), latency:percentile(99)
    print(string.format("RESULT %d %d %d %d %d", summary.requests, duration, count, p50, p99))
end
`
