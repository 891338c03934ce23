import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { connections, type Answers, type Sending } from './answers.js'
import type { RequestKind } from './request-kinds.js'

/** The path of wrk; undefined where it is not installed. */
export function findWrk(): string | undefined {
    return (process.env.PATH ?? '')
        .split(':')
        .map((entry) => path.resolve(entry, 'wrk'))
        .find(existsSync)
}

/**
 * Sends requests with wrk, which counts one that took long as the several that would have been sent in the time. At the
 * end of the list, the requests that are under way are not counted.
 *
 * @param kind with more requests than there are connections, unless they are sent again
 * @param folder for its script
 * @throws Error when an answer failed; a wrong status below 400 is not seen
 */
export async function askWithWrk(wrk: string, folder: string, kind: RequestKind, sending: Sending): Promise<Answers> {
    const list = path.join(folder, 'requests.txt')
    const script = path.join(folder, 'wrk.lua')
    await writeFile(list, kind.requests.map(({ path, ifNoneMatch }) => `${path}\t${ifNoneMatch ?? ''}\n`).join(''))
    await writeFile(script, scriptFor(list, kind.headers, sending.again))
    const words = ['-t1', `-c${connections}`, `-d${sending.seconds}s`, '-s', script]
    const { stdout } = await promisify(execFile)(wrk, [...words, `http://127.0.0.1:${sending.port}`], {
        signal: sending.signal,
    })
    const found = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout)
    if (found === null || found[5] !== '0') throw new Error(`wrk met errors:\n${stdout}`)
    const [requests, microseconds, p50, p99] = found.slice(1, 5).map(Number) as [number, number, number, number]
    return { requests, seconds: microseconds / 1e6, p50: p50 / 1000, p99: p99 / 1000 }
}

/** Lua has a state for each thread and one for the end, and no clock of its own that tells less than a second. */
function scriptFor(list: string, headers: Record<string, string>, again: boolean): string {
    const head = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\\r\\n`)
    return `local ffi = require("ffi")
ffi.cdef("struct moment { long seconds, nanoseconds; }; int clock_gettime(int, struct moment *);")
local moment = ffi.new("struct moment")
local function microseconds()
    ffi.C.clock_gettime(1, moment)
    return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end

local requests, number, began = {}, -1, nil
function init()
    for line in io.lines("${list}") do
        local path, etag = line:match("^(%S+)\\t(.*)$")
        local condition = etag == "" and "" or "If-None-Match: " .. etag .. "\\r\\n"
        requests[#requests + 1] = "GET " .. path .. " HTTP/1.1\\r\\n${head.join('')}" .. condition .. "\\r\\n"
    end
end

function request()
    number = number + 1
    -- wrk looks at one before it sends any.
    if number == 0 then
        return requests[1]
    end
    began = began or microseconds()
    if number > #requests then
        if not ${again} then
            took = took or microseconds() - began
            wrk.thread:stop()
        end
        number = 1
    end
    return requests[number]
end

local measured
function setup(thread)
    measured = thread
end

function done(summary, latency)
    local errors = summary.errors
    local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    local duration = measured:get("took") or summary.duration
    local p50, p99 = latency:percentile(50), latency:percentile(99)
    print(string.format("RESULT %d %d %d %d %d", summary.requests, duration, p50, p99, count))
end
`
}
