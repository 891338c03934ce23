import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Percentiles } from './measurement.js'

/** How many requests were answered in how many seconds, and their latencies in milliseconds. */
export interface LoadResult extends Percentiles {
    requests: number
    seconds: number
}

/** Concurrent connections: about as many as the pips of a team, and enough to keep several processes busy. */
export const connections = 16

interface WrkOptions {
    /** For the script. */
    folder: string
    url: string
    /** wrk takes whole seconds only: they are rounded up. */
    seconds: number
    /** Lua that makes the requests; `url` by default. A global `took`, in microseconds, replaces the duration. */
    script?: string
    /** Seconds after which a missing answer is an error; wrk's default otherwise. */
    timeout?: number
    signal?: AbortSignal
}

/** The path of wrk; undefined when it is not installed. */
export function findWrk(): string | undefined {
    return (process.env.PATH ?? '')
        .split(':')
        .map((entry) => path.resolve(entry, 'wrk'))
        .find(existsSync)
}

/**
 * Loads a server with wrk, over connections that stay open if the server keeps them.
 *
 * @throws Error when there is no answer, or a request failed; wrk accepts each status below 400
 */
export async function runWrk(wrk: string, options: WrkOptions): Promise<LoadResult> {
    const file = path.join(options.folder, 'wrk.lua')
    await writeFile(file, `${options.script ?? ''}${resultScript}`)
    const words = [
        ...['-t1', `-c${connections}`, `-d${Math.ceil(options.seconds)}s`, '-s', file],
        ...(options.timeout === undefined ? [] : ['--timeout', `${options.timeout}s`]),
    ]
    const abortable = options.signal === undefined ? {} : { signal: options.signal }
    const { stdout } = await promisify(execFile)(wrk, [...words, options.url], abortable)
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

/** Prints the result. `done` runs in another Lua state than the thread with the requests. */
const resultScript = `
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

type Throughput = Pick<LoadResult, 'requests' | 'seconds'>

/** Loads a server on the loopback interface over connections that stay open. */
export interface LoadGenerator {
    name: 'wrk' | 'node'
    /** @throws Error when an answer has an error status */
    run(port: number, paths: PathPattern, seconds: number): Promise<Throughput>
}

/** wrk where it is installed, since it leaves more CPU time to the server; otherwise a generator in Node. */
export function loadGenerator(folder: string): LoadGenerator {
    const wrk = findWrk()
    if (wrk === undefined) {
        return { name: 'node', run: (port, paths, seconds) => loadWithNode(port, paths, seconds) }
    }
    return {
        name: 'wrk',
        run: (port, paths, seconds) =>
            runWrk(wrk, { folder, url: `http://127.0.0.1:${port}`, seconds, script: wrkScript(paths) }),
    }
}

function wrkScript(paths: PathPattern): string {
    const next = Number.isFinite(paths.count) ? `(number + 1) % ${paths.count}` : 'number + 1'
    const headers = Object.entries(paths.headers ?? {}).map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`)
    return `local number = ${paths.first}
${headers.join('')}request = function()
    number = ${next}
    return wrk.format(nil, "${paths.before}" .. number .. "${paths.after}")
end
`
}

/** Paths that differ in a number between `before` and `after`. It counts up from `first`, modulo `count`. */
export interface PathPattern {
    before: string
    after: string
    first: number
    count: number
    /** Additional headers. */
    headers?: Record<string, string>
    /** The expected status; 200 by default. */
    status?: number
}

/**
 * Loads a server without wrk, with one request at a time on each connection. Answers must have a Content-Length.
 *
 * @throws Error when an answer has an unexpected status
 */
async function loadWithNode(port: number, paths: PathPattern, seconds: number): Promise<Throughput> {
    const requests = requestTexts(paths)
    const begin = performance.now()
    const end = begin + seconds * 1000
    const nextRequest = () => (performance.now() < end ? requests.next().value : undefined)
    const expected = String(paths.status ?? 200)
    const counts = await Promise.all(
        Array.from({ length: connections }, () => sendOverConnection(port, nextRequest, expected)),
    )
    return { requests: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - begin) / 1000 }
}

/**
 * Sends so many requests one after the other over one connection.
 *
 * @throws Error when an answer has an unexpected status
 */
export async function sendInSequence(port: number, paths: PathPattern, count: number): Promise<void> {
    const requests = requestTexts(paths)
    let left = count
    const nextRequest = () => (left-- > 0 ? requests.next().value : undefined)
    await sendOverConnection(port, nextRequest, String(paths.status ?? 200))
}

function* requestTexts({ before, after, first, count, headers = {} }: PathPattern): Generator<string, never> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    for (let number = first; ;) {
        number = Number.isFinite(count) ? (number + 1) % count : number + 1
        yield `GET ${before}${number}${after} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`
    }
}

/** @param nextRequest returns undefined at the end @returns the number of answers */
async function sendOverConnection(
    port: number,
    nextRequest: () => string | undefined,
    expected: string,
): Promise<number> {
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
