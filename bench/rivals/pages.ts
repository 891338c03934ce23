import { runWrk } from '../load.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import type { PackageServer } from '../servers/package-servers.js'
import { treeMicroseconds } from '../servers/programs.js'
import { checkFile, checkPage, fileHeaders, pageHeaders } from './answers.js'
import {
    largeWheelBytes,
    largeWheelProject,
    projectOf,
    sha256,
    writePageWheels,
    type PublishedWheel,
} from './projects.js'
import { messageOf, withServers, type Missing, type NamedServer } from './running.js'
import { countSystemCalls, type SystemCalls } from './system-calls.js'

/** Speed and cost of a server for one kind of request. */
export interface RequestCost {
    server: string
    /** `page of 4 files` */
    of: string
    /** The length of the body as it is sent, and its Content-Encoding. */
    bytes: number
    encoding: 'gzip' | 'identity'
    perSecond: Spread
    /** CPU time of all processes of the server for a request, user and system. Microseconds. */
    microseconds: Spread
    /** Requests per second and CPU time, divided by those of pypiron in the same round; absent without pypiron. */
    throughput?: Spread
    ratio?: Spread
    /** Absent when strace could not count them. */
    calls?: SystemCalls
}

export interface PagesReport {
    requests: RequestCost[]
    missing: Missing[]
}

/** The numbers of files of the measured pages. */
export const pageSizes = [4, 40, 300, 5000]

/** Milliseconds until a page must show all uploads. */
const patience = 60_000

/**
 * Measures pages, a wheel and a `.metadata` from servers that have the same wheels. Each answer is compared with what was
 * published, before it is measured and afterwards.
 *
 * @param reference the name of the server to which the others are compared
 * @throws Error when an answer is wrong
 */
export async function measurePages(
    servers: readonly PackageServer[],
    reference: string,
    wrk: string,
    sizes: readonly number[],
    options: RoundOptions,
    context: RunContext,
): Promise<PagesReport> {
    return inTemporaryFolder('pages', async (folder) => {
        const wheels = await writePageWheels(folder, sizes)
        return withServers(servers, wheels, folder, context, async (running, missing) => {
            const requests: RequestCost[] = []
            for (const kind of requestKinds(sizes, wheels)) {
                const measured = running.filter(({ mostFiles }) => kind.files <= mostFiles)
                for (const { name } of running.filter((server) => !measured.includes(server))) {
                    missing.push({ name: `${name}, ${kind.name}`, reason: 'publishing so many takes it too long' })
                }
                requests.push(
                    ...(await measureKind(kind, measured, reference, { wrk, folder, options, context, missing })),
                )
            }
            return { requests, missing }
        })
    })
}

/** A request that all servers answer, each at its own address. */
interface RequestKind {
    name: string
    /** Files of the requested project. */
    files: number
    headers: Record<string, string>
    /** Waits for the answer and compares it. @param index the address of the simple index @throws Error for a wrong answer */
    check(index: string): Promise<{ url: string; bytes: number; encoding: RequestCost['encoding'] }>
}

function requestKinds(sizes: readonly number[], wheels: readonly PublishedWheel[]): RequestKind[] {
    const ofProject = (project: string) => wheels.filter((wheel) => wheel.project === project)
    const page = async (index: string, project: string) => {
        const url = `${index}${project}/`
        return { ...(await checkPage(url, ofProject(project), patience)), url }
    }
    const file = async (index: string, project: string, ending: string, hash: (wheel: PublishedWheel) => string) => {
        const wheel = ofProject(project)[0]!
        const url = `${(await page(index, project)).urls.get(wheel.filename)!}${ending}`
        return { ...(await checkFile(url, hash(wheel))), url }
    }
    const small = projectOf(sizes[0]!)
    return [
        ...sizes.map((files) => ({
            name: `page of ${files.toLocaleString('en')} files`,
            files,
            headers: pageHeaders,
            check: (index: string) => page(index, projectOf(files)),
        })),
        {
            name: `wheel of ${largeWheelBytes / 1000} kB`,
            files: 1,
            headers: fileHeaders,
            check: (index) => file(index, largeWheelProject, '', (wheel) => wheel.sha256),
        },
        {
            name: '.metadata',
            files: sizes[0]!,
            headers: fileHeaders,
            check: (index) => file(index, small, '.metadata', ({ metadata }) => sha256(metadata!)),
        },
    ]
}

interface Setup {
    wrk: string
    folder: string
    options: RoundOptions
    context: RunContext
    /** Gets an entry when strace cannot count. */
    missing: Missing[]
}

async function measureKind(
    { name, headers, check }: RequestKind,
    servers: readonly NamedServer[],
    reference: string,
    setup: Setup,
): Promise<RequestCost[]> {
    const { wrk, folder, options, context } = setup
    const answers = await Promise.all(servers.map(({ index }) => check(index)))
    const load = (index: number, seconds: number) =>
        runWrk(wrk, { folder, url: answers[index]!.url, seconds, script: scriptWith(headers), timeout: 10 })
    const rounds = await inRounds(
        servers.length,
        { rounds: options.rounds, warmUp: 1 },
        context.signal,
        async (index) => {
            context.onProgress(`${servers[index]!.name}: ${name}`)
            const before = treeMicroseconds(servers[index]!.pid)
            const { requests, seconds } = await load(index, options.seconds)
            const microseconds = (treeMicroseconds(servers[index]!.pid) - before) / requests
            return { perSecond: requests / seconds, microseconds }
        },
    )
    await Promise.all(servers.map(({ index }) => check(index)))
    const compared = servers.findIndex((server) => server.name === reference)
    const costs: RequestCost[] = []
    for (const [index, server] of servers.entries()) {
        const spread = (of: 'perSecond' | 'microseconds') => spreadOf(rounds.map((turns) => turns[index]![of]))
        const ratio = (of: 'perSecond' | 'microseconds') =>
            spreadOf(rounds.map((turns) => turns[index]![of] / turns[compared]![of]))
        const { bytes, encoding } = answers[index]!
        const calls = await callsOf(server, setup, async () => (await load(index, 1)).requests)
        costs.push({
            ...{ server: server.name, of: name, bytes, encoding },
            ...{ perSecond: spread('perSecond'), microseconds: spread('microseconds') },
            ...(compared === -1 ? {} : { throughput: ratio('perSecond'), ratio: ratio('microseconds') }),
            ...(calls && { calls }),
        })
    }
    return costs
}

const systemCalls = 'system calls'

/** The system calls of a request; undefined when strace fails, which it does not try again then. */
async function callsOf(
    { pid, name }: NamedServer,
    { folder, context, missing }: Setup,
    load: () => Promise<number>,
): Promise<SystemCalls | undefined> {
    context.signal.throwIfAborted()
    if (missing.some((each) => each.name === systemCalls)) return undefined
    context.onProgress(`${name}: system calls`)
    try {
        return await countSystemCalls(pid, folder, load)
    } catch (error) {
        missing.push({ name: systemCalls, reason: messageOf(error) })
        return undefined
    }
}

/** A script for wrk that sends these headers. */
function scriptWith(headers: Record<string, string>): string {
    return Object.entries(headers)
        .map(([name, value]) => `wrk.headers["${name}"] = "${value}"\n`)
        .join('')
}
