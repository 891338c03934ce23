import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { connections, runWrk, type LoadResult } from '../load.js'
import { percentilesOf } from '../measurement.js'
import { largeProject } from './generated-index.js'
import {
    startIndexNginx,
    type Configuration,
    type IndexNginx,
    type IndexSetup,
    type WrittenObject,
} from './index-servers.js'

/** What requests of one kind cost. */
export interface RequestFigures extends LoadResult {
    configuration: Configuration
    kind: string
    /** `cold`: each path for the first time, of an nginx that has just started. `warm`: paths that were asked for. */
    phase: 'cold' | 'warm'
    /** CPU time of all workers for a request, user and system, in microseconds. */
    cpu: number
    /** The most memory that all workers had resident until then, MiB. */
    memory: number
}

/** What asks, and for how long. */
interface MeasureOptions {
    wrk: string | undefined
    /** For wrk's script. */
    folder: string
    /** Of each measurement. */
    seconds: number
    signal: AbortSignal
    onProgress: (text: string) => void
}

/** How many paths are asked for again and again: more than one, fewer than nginx keeps signatures of. */
const warmPaths = 500

/** A list that wrk has no use for: it asks for a request of each connection before it has an answer. */
const shortList = 100

/** Measures each kind with an nginx of its own, which has been asked for nothing yet. */
export async function measureRequests(
    setup: IndexSetup,
    kinds: readonly RequestKind[],
    context: MeasureOptions,
): Promise<RequestFigures[]> {
    const figures: RequestFigures[] = []
    for (const kind of kinds) {
        context.onProgress(`${setup.configuration}: ${kind.name}`)
        const nginx = await startIndexNginx(setup)
        try {
            const measured = { configuration: setup.configuration, kind: kind.name }
            const cold = await measure(nginx, kind, false, context)
            figures.push({ ...measured, phase: 'cold', ...cold })
            const asked = { ...kind, requests: kind.requests.slice(0, Math.min(warmPaths, cold.requests)) }
            figures.push({ ...measured, phase: 'warm', ...(await measure(nginx, asked, true, context)) })
            await checkAnswers(nginx, asked, context.signal)
        } finally {
            await nginx.stop()
        }
    }
    return figures
}

async function measure(nginx: IndexNginx, kind: RequestKind, again: boolean, context: MeasureOptions) {
    const { port } = nginx
    const { wrk, folder, seconds, signal } = context
    const sending: SendOptions = { port, again, seconds, signal }
    const before = nginx.usage()
    const isShort = !again && kind.requests.length < shortList
    const answers =
        wrk === undefined || isShort ? await sendWithNode(kind, sending) : await sendWithWrk(wrk, folder, kind, sending)
    const { cpu, memory } = nginx.usage()
    return { ...answers, cpu: (cpu - before.cpu) / answers.requests, memory }
}

/** wrk takes a 200 for a 304: some requests are sent once more. @throws Error when one is answered otherwise */
async function checkAnswers({ port }: IndexNginx, kind: RequestKind, signal: AbortSignal): Promise<void> {
    await sendWithNode({ ...kind, requests: kind.requests.slice(0, 20) }, { port, again: false, seconds: 10, signal })
}

/** One request of many that are alike. */
interface KindRequest {
    path: string
    /** If-None-Match, in its quotes. */
    ifNoneMatch?: string
}

/** Requests that are measured together, each for another path. */
interface RequestKind {
    name: string
    requests: KindRequest[]
    headers: Record<string, string>
    /** What each of them is answered with. */
    status: 200 | 304
}

// As pip sends them. It unpacks pages, and takes files as they are.
const asJson = {
    Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
}
const asHtml = { Accept: 'text/html' }
const packed = { 'Accept-Encoding': 'gzip, deflate' }
const unpacked = { 'Accept-Encoding': 'identity' }

/**
 * What clients ask an index for. "page" is that of any project but the large one: half of them have four files or fewer.
 *
 * @param objects all of the bucket
 * @param etagOf the ETag that S3 says for an object
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

/** How a list of requests is sent. */
interface SendOptions {
    port: number
    /** Whether to begin the list again when it ends; else that is the end. */
    again: boolean
    /** How long it goes on at most. Whole seconds. */
    seconds: number
    signal: AbortSignal
}

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
async function sendWithNode({ requests, headers, status }: RequestKind, sending: SendOptions): Promise<LoadResult> {
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

/**
 * Sends requests with wrk, which counts one that took long as the several that would have been sent in the time. At the
 * end of the list, the requests that are under way are not counted.
 *
 * @param kind with more requests than there are connections, unless they are sent again
 * @param folder for its script and the list
 * @throws Error when an answer failed; a wrong status below 400 is not seen
 */
async function sendWithWrk(wrk: string, folder: string, kind: RequestKind, sending: SendOptions): Promise<LoadResult> {
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
