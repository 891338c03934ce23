import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'

/** How requests were answered. */
export interface LoadResult {
    requests: number
    /** How long it took, in seconds. */
    seconds: number
    /** How long half of the requests took at most, and 99 of 100, in milliseconds. */
    p50: number
    p99: number
}

/** How many requests are under way at once: as many as pips of a team, and enough to keep several processes at work. */
export const connections = 16

/** What wrk is asked to do. */
interface WrkRun {
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
export async function runWrk(wrk: string, run: WrkRun): Promise<LoadResult> {
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

/** What a load generator saw. */
type Load = Pick<LoadResult, 'requests' | 'seconds'>

/** Asks a server on a port of the loopback address over connections that stay open, as fast as it answers. */
export interface LoadGenerator {
    name: 'wrk' | 'node'
    /** @throws Error when an answer is not a 200: what was measured then would not be the thing that was meant */
    run(port: number, paths: PathPattern, seconds: number): Promise<Load>
}

/** wrk where it is installed, since it leaves more of the machine to the server; else a generator in Node. */
export function loadGenerator(folder: string): LoadGenerator {
    const wrk = findWrk()
    if (wrk === undefined) {
        return { name: 'node', run: (port, paths, seconds) => generateLoad(port, paths, connections, seconds) }
    }
    return {
        name: 'wrk',
        run: (port, paths, seconds) =>
            runWrk(wrk, { folder, url: `http://127.0.0.1:${port}`, seconds, script: wrkScript(paths) }),
    }
}

function wrkScript(paths: PathPattern): string {
    const next = Number.isFinite(paths.count) ? `(number + 1) % ${paths.count}` : 'number + 1'
    return `local number = ${paths.first}
request = function()
    number = ${next}
    return wrk.format(nil, "${paths.before}" .. number .. "${paths.after}")
end
`
}

/** The paths `before NUMBER after`, NUMBER from `first` on; after `count` of them from the first again. */
export interface PathPattern {
    before: string
    after: string
    first: number
    count: number
    /** Lines of more headers, each with its line break. */
    headers?: string
    /** The status of each answer; 200 unless said. */
    status?: number
}

/**
 * A load generator for machines without wrk: on each connection one request at a time. It relies on answers that are
 * all of one length after the head, which is found in Content-Length.
 *
 * @throws Error when an answer has another status
 */
async function generateLoad(
    port: number,
    paths: PathPattern,
    connections: number,
    seconds: number,
): Promise<Pick<LoadResult, 'requests' | 'seconds'>> {
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
