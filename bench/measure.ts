import { filesFor, subjectName, type Subject } from './configurations.js'
import type { LoadGenerator } from './load.js'
import { spreadOf, type Spread } from './median.js'
import type { NginxAtHand } from './nginx-at-hand.js'
import { pathPattern, type PathKind } from './request-paths.js'
import { runNginx, stopAll, type RunningNginx } from './running-nginx.js'
import { cpuMicroseconds } from './worker-cpu.js'

/** What a subject costs against plain proxying by the same nginx, over the rounds. */
export interface Cost {
    nginx: string
    subject: string
    paths: PathKind
    /** CPU time of the worker for a request, divided by that of plain proxying in the same round. */
    ratio: Spread
    /** CPU time of the worker for a request, in microseconds. Of this machine at this moment: compare ratios. */
    microseconds: Spread
}

/** How much is measured. */
export interface Extent {
    rounds: number
    seconds: number
    paths: readonly PathKind[]
}

/** What goes on during a measurement. */
export interface Course {
    onProgress: (text: string) => void
    /** Ends it before its end. */
    signal: AbortSignal
}

/**
 * Measures subjects beside plain proxying, by one nginx.
 *
 * All of them run at once and are loaded in turn, each second round in the reverse order, so that what disturbs the machine for a
 * while disturbs them alike, and a ratio has both its sides from the same round.
 */
export async function measure(
    nginx: NginxAtHand,
    subjects: readonly Subject[],
    upstreamPort: number,
    load: LoadGenerator,
    extent: Extent,
    course: Course,
): Promise<Cost[]> {
    const running: RunningNginx[] = []
    try {
        for (const subject of [{ kind: 'plain' } as const, ...subjects]) {
            running.push(await runNginx(nginx, upstreamPort, (place) => filesFor(subject, nginx, place)))
        }
        const costs: Cost[] = []
        for (const paths of extent.paths) {
            course.onProgress(`${nginx.name}: ${paths} paths`)
            const rounds = await measureRounds(running, load, paths, extent, course.signal)
            const [plain, ...others] = running.map((_each, index) => rounds.map((round) => round[index]!))
            for (const [index, microseconds] of others.entries()) {
                const ratio = spreadOf(microseconds.map((each, round) => each / plain![round]!))
                const subject = subjectName(subjects[index]!)
                costs.push({ nginx: nginx.name, subject, paths, ratio, microseconds: spreadOf(microseconds) })
            }
        }
        return costs
    } finally {
        await stopAll(running)
    }
}

/** @returns for each round the microseconds a request of each nginx */
async function measureRounds(
    running: readonly RunningNginx[],
    load: LoadGenerator,
    paths: PathKind,
    extent: Extent,
    signal: AbortSignal,
): Promise<number[][]> {
    const rounds: number[][] = []
    // The first round is not counted: it connects to the upstream and makes the recent paths recent.
    for (let round = 0; round <= extent.rounds; round++) {
        const costs: number[] = []
        for (let turn = 0; turn < running.length; turn++) {
            signal.throwIfAborted()
            const index = round % 2 === 0 ? turn : running.length - 1 - turn
            costs[index] = await microsecondsPerRequest(running[index]!, load, paths, extent.seconds)
        }
        if (round > 0) rounds.push(costs)
    }
    return rounds
}

let pathsUsed = 0

async function microsecondsPerRequest(
    nginx: RunningNginx,
    load: LoadGenerator,
    paths: PathKind,
    seconds: number,
): Promise<number> {
    pathsUsed += 1_000_000
    const before = cpuMicroseconds(nginx.worker)
    const { requests } = await load.run(nginx.port, pathPattern(paths, pathsUsed), seconds)
    return (cpuMicroseconds(nginx.worker) - before) / requests
}
