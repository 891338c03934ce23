import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Answers } from '../answers.js'
import { runWrk } from '../wrk.js'
import type { RequestKind } from './request-kinds.js'
import type { Sending } from './sending.js'

/**
 * Sends requests with wrk, which counts one that took long as the several that would have been sent in the time. At the
 * end of the list, the requests that are under way are not counted.
 *
 * @param kind with more requests than there are connections, unless they are sent again
 * @param folder for its script and the list
 * @throws Error when an answer failed; a wrong status below 400 is not seen
 */
export async function askWithWrk(wrk: string, folder: string, kind: RequestKind, sending: Sending): Promise<Answers> {
    const list = path.join(folder, 'requests.txt')
    await writeFile(list, kind.requests.map(({ path, ifNoneMatch }) => `${path}\t${ifNoneMatch ?? ''}\n`).join(''))
    return runWrk(wrk, {
        folder,
        url: `http://127.0.0.1:${sending.port}`,
        seconds: sending.seconds,
        script: scriptFor(list, kind.headers, sending.again),
        // A large page that is compressed for all connections at once can take seconds.
        timeout: 30,
        signal: sending.signal,
    })
}

/** Lua has no clock of its own that tells less than a second. */
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
`
}
