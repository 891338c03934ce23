import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { connections, runWrk, type LoadResult } from '../load.js'
import { percentilesOf, type RunContext } from '../measurement.js'
import { largeProject } from './generated-index.js'
import {
    startIndexNginx,
    type Configuration,
    type IndexNginx,
    type IndexSetup,
    type WrittenObject,
} from './index-servers.js'

/** Speed and cost of requests of one kind. */
export interface RequestFigures extends LoadResult {
    configuration: Configuration
    kind: string
    /** `cold`: each path once, from an nginx that has just started. `warm`: paths that were requested before. */
    phase: 'cold' | 'warm'
    /** CPU time of all workers for a request, user and system. Microseconds. */
    cpu: number
    /** Peak of the resident memory of all workers. MiB. */
    memory: number
}

interface MeasureOptions extends RunContext {
    /** The path of wrk; requests are sent with Node without it. */
    wrk: string | undefined
    /** For the files of wrk. */
    folder: string
    /** The length of each measurement. */
    seconds: number
}

/** The number of warm paths: several, but fewer than the signature cache of nginx holds. */
const warmPaths = 500

/** Shorter lists are not sent with wrk: it takes a request for each connection before it has an answer. */
const shortestWrkList = 100

/** Measures each kind with a new nginx. */
export async function measureRequests(
    setup: IndexSetup,
    kinds: readonly RequestKind[],
    options: MeasureOptions,
): Promise<RequestFigures[]> {
    const figures: RequestFigures[] = []
    for (const kind of kinds) {
        options.onProgress(`${setup.configuration}: ${kind.name}`)
        const nginx = await startIndexNginx(setup)
        try {
            const measured = { configuration: setup.configuration, kind: kind.name }
            const cold = await measure(nginx, kind, false, options)
            figures.push({ ...measured, phase: 'cold', ...cold })
            const warm = { ...kind, requests: kind.requests.slice(0, Math.min(warmPaths, cold.requests)) }
            figures.push({ ...measured, phase: 'warm', ...(await measure(nginx, warm, true, options)) })
            await checkAnswers(nginx, warm, options.signal)
        } finally {
            await nginx.stop()
        }
    }
    return figures
}

async function measure(nginx: IndexNginx, kind: RequestKind, repeat: boolean, options: MeasureOptions) {
    const { port } = nginx
    const { wrk, folder, seconds, signal } = options
    const sending: SendOptions = { port, repeat, seconds, signal }
    const before = nginx.usage()
    const isShort = !repeat && kind.requests.length < shortestWrkList
    const answers =
        wrk === undefined || isShort ? await sendWithNode(kind, sending) : await sendWithWrk(wrk, folder, kind, sending)
    const { cpu, memory } = nginx.usage()
    return { ...answers, cpu: (cpu - before.cpu) / answers.requests, memory }
}

/** Sends some requests again, since wrk does not tell a 200 from a 304. @throws Error for an unexpected status */
async function checkAnswers({ port }: IndexNginx, kind: RequestKind, signal: AbortSignal): Promise<void> {
    await sendWithNode({ ...kind, requests: kind.requests.slice(0, 20) }, { port, repeat: false, seconds: 10, signal })
}

interface KindRequest {
    path: string
    /** If-None-Match, with its quotes. */
    ifNoneMatch?: string
}

/** Similar requests that are measured together, each for another path. */
interface RequestKind {
    name: string
    requests: KindRequest[]
    headers: Record<string, string>
    /** The expected status. */
    status: 200 | 304
}

// The headers of pip, which accepts compressed pages but no compressed files.
const asJson = {
    Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
}
const asHtml = { Accept: 'text/html' }
const packed = { 'Accept-Encoding': 'gzip, deflate' }
const unpacked = { 'Accept-Encoding': 'identity' }

/**
 * The kinds of requests that an index gets. "page" is the page of any project but the large one: half of these projects
 * have four files or fewer.
 *
 * @param objects all objects of the bucket
 * @param etagOf the ETag of an object in S3
 */
export function requestKinds(
    objects: readonly WrittenObject[],
    etagOf: (object: WrittenObject) => string,
): RequestKind[] {
    const large = objects.filter(({ key }) => key === `${largeProject}/index.json`)
    const others = objects.filter(({ key }) => key.includes('/') && !key.startsWith(`${largeProject}/`))
    const pages = others.filter(({ key }) => key.endsWith('/index.json'))
    const ending = (end: string) =>
        others.filter(({ key }) => key.endsWith(end)).map(({ key }) => ({ path: `/simple/${key}` }))
    const pathsOf = (all: WrittenObject[]) => all.map((object) => ({ path: pagePath(object) }))
    const current = pages.map((page) => ({ path: pagePath(page), ifNoneMatch: etagOf(page) }))
    return [
        { name: 'page, JSON', requests: pathsOf(pages), headers: { ...asJson, ...packed }, status: 200 },
        { name: 'page, HTML', requests: pathsOf(pages), headers: { ...asHtml, ...packed }, status: 200 },
        { name: 'page, not modified', requests: current, headers: { ...asJson, ...packed }, status: 304 },
        { name: 'large page, JSON, gzip', requests: pathsOf(large), headers: { ...asJson, ...packed }, status: 200 },
        { name: 'large page, HTML, gzip', requests: pathsOf(large), headers: { ...asHtml, ...packed }, status: 200 },
        { name: 'large page, JSON, plain', requests: pathsOf(large), headers: { ...asJson, ...unpacked }, status: 200 },
        { name: '.metadata', requests: ending('.whl.metadata'), headers: unpacked, status: 200 },
        { name: 'wheel', requests: ending('.whl'), headers: unpacked, status: 200 },
    ]
}

function pagePath({ key }: WrittenObject): string {
    return `/simple/${key.slice(0, -'index.json'.length)}`
}

interface SendOptions {
    port: number
    /** Whether to send the list again and again, until the time is over. */
    repeat: boolean
    /** The longest duration; a whole number. */
    seconds: number
    signal: AbortSignal
}

/** Requests a path with Node's HTTP client. @throws Error when there is no answer */
export async function get(
    agent: http.Agent,
    port: number,
    path: string,
    headers: Record<string, string>,
): Promise<{ status: number; body: Buffer }> {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent })
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
    return { status: answer.statusCode!, body: await buffer(answer) }
}

/**
 * Sends requests with Node's HTTP client, which takes 0.1 ms of CPU time for each: for lists that are too short for wrk,
 * and for machines without wrk.
 *
 * @throws Error when an answer has an unexpected status
 */
async function sendWithNode({ requests, headers, status }: RequestKind, sending: SendOptions): Promise<LoadResult> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
    const begin = performance.now()
    const times: number[] = []
    let next = 0
    const hasNext = () =>
        !sending.signal.aborted &&
        (sending.repeat || next < requests.length) &&
        performance.now() < begin + sending.seconds * 1000
    const work = async () => {
        while (hasNext()) {
            const { path, ifNoneMatch } = requests[next++ % requests.length]!
            const sent = performance.now()
            const answer = await get(agent, sending.port, path, {
                ...headers,
                ...(ifNoneMatch && { 'If-None-Match': ifNoneMatch }),
            })
            if (answer.status !== status) throw new Error(`${path} was answered with ${answer.status}, not ${status}`)
            times.push(performance.now() - sent)
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

/**
 * Sends requests with wrk. It counts a slow request as the several that it would have sent in the same time. When the list
 * ends, it does not count the requests without an answer.
 *
 * @param kind has more requests than there are connections, unless `repeat` is set
 * @param folder for the script and the list
 * @throws Error when a request fails; wrk accepts each status below 400
 */
async function sendWithWrk(wrk: string, folder: string, kind: RequestKind, sending: SendOptions): Promise<LoadResult> {
    const list = path.join(folder, 'requests.txt')
    await writeFile(list, kind.requests.map(({ path, ifNoneMatch }) => `${path}\t${ifNoneMatch ?? ''}\n`).join(''))
    return runWrk(wrk, {
        folder,
        url: `http://127.0.0.1:${sending.port}`,
        seconds: sending.seconds,
        script: wrkScript(list, kind.headers, sending.repeat),
        // Compressing the large page for all connections at the same time can take seconds.
        timeout: 30,
        signal: sending.signal,
    })
}

/** The script for wrk. It reads the clock with clock_gettime, since that of Lua has whole seconds only. */
function wrkScript(list: string, headers: Record<string, string>, repeat: boolean): string {
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
        if not ${repeat} then
            took = took or microseconds() - began
            wrk.thread:stop()
        end
        number = 1
    end
    return requests[number]
end
`
}
