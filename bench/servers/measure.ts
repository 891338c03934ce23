import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { byTurns } from '../by-turns.js'
import type { Course } from '../course.js'
import type { Extent } from '../request-cost/measure.js'
import { spreadOf } from '../quantiles.js'
import { stopAll } from '../running-nginx.js'
import { writeWheel } from '../wheel-file.js'
import { runWrk } from '../wrk.js'
import type { Contender, RunningServer } from './contender.js'
import { treeMicroseconds } from './process-tree.js'
import type { Missing, ServerCost } from './report.js'

/** A server that runs, and where what is measured is. */
interface Entrant {
    name: string
    server: RunningServer
    urls: { page: string; file: string }
}

type Turn = Record<'perSecond' | 'microseconds' | 'p50' | 'p99', number>

/** How long such a server may take for an answer. Seconds. */
const timeout = 10

/**
 * Measures package servers that serve the same project of one wheel of 1 KB, side by side. One that cannot be installed
 * or started is left out, with the reason.
 *
 * @param folder of theirs, which is removed afterwards
 */
export async function measureServers(
    contenders: readonly Contender[],
    wrk: string,
    folder: string,
    extent: Extent,
    course: Course,
): Promise<{ servers: ServerCost[]; missing: Missing[] }> {
    const wheel = await writeWheel(folder, 'demo', '1.0', 600)
    const running: RunningServer[] = []
    const ready: Entrant[] = []
    const missing: Missing[] = []
    try {
        for (const [index, { name, start }] of contenders.entries()) {
            course.onProgress(`${name}: starts`)
            const own = path.join(folder, String(index))
            await mkdir(own)
            try {
                const server = await start({ folder: own, wheel, signal: course.signal })
                running.push(server)
                const entrant = { name, server, urls: { page: server.page, file: await fileOn(server.page) } }
                // Not counted: it fills caches, and shows whether the server stands it.
                for (const url of Object.values(entrant.urls)) {
                    await runWrk(wrk, { folder, url, seconds: extent.seconds, timeout })
                }
                ready.push(entrant)
            } catch (error) {
                course.signal.throwIfAborted()
                missing.push({ name, reason: (error as Error).message })
            }
        }
        const servers: ServerCost[] = []
        for (const of of ['page', 'file'] as const) {
            // Each has answered already.
            const rounds = await byTurns(ready.length, { rounds: extent.rounds, warmUp: 0 }, course.signal, (index) => {
                course.onProgress(`${ready[index]!.name}: ${of}`)
                return takeTurn(ready[index]!, of, wrk, folder, extent.seconds)
            })
            servers.push(...ready.map(({ name }, index) => costOf(name, of, rounds, index)))
        }
        return { servers, missing }
    } finally {
        await stopAll(running)
    }
}

/** The address of the wheel that a page links; one that was just uploaded may not be there for a moment. */
async function fileOn(page: string): Promise<string> {
    for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
        const text = await (await fetch(page)).text()
        const link = /href="([^"#]+\.whl)[#"]/.exec(text)?.[1]
        if (link !== undefined) return new URL(link, page).href
        if (Date.now() > deadline) throw new Error(`its page links no wheel: ${text}`)
    }
}

async function takeTurn(
    { server, urls }: Entrant,
    of: ServerCost['path'],
    wrk: string,
    folder: string,
    seconds: number,
): Promise<Turn> {
    const before = treeMicroseconds(server.pid)
    const load = await runWrk(wrk, { folder, url: urls[of], seconds, timeout })
    return {
        perSecond: load.requests / load.seconds,
        microseconds: (treeMicroseconds(server.pid) - before) / load.requests,
        p50: load.p50,
        p99: load.p99,
    }
}

function costOf(server: string, path: ServerCost['path'], rounds: readonly Turn[][], index: number): ServerCost {
    const value = (of: keyof Turn) => spreadOf(rounds.map((turns) => turns[index]![of]))
    return {
        server,
        path,
        perSecond: value('perSecond'),
        microseconds: value('microseconds'),
        p50: value('p50'),
        p99: value('p99'),
    }
}
