import { byTurns } from '../by-turns.js'
import type { Course } from '../course.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { cpuMicroseconds } from '../process-usage.js'
import { spreadOf, type Spread } from '../quantiles.js'
import { runNginx, stopAll, type RunningNginx } from '../running-nginx.js'
import { filesFor, subjectName, type Subject } from './configurations.js'
import type { LoadGenerator } from './load.js'
import { pathPattern, type PathKind } from './request-paths.js'

/** What a subject costs against a plain one by the same nginx, over the rounds. */
export interface Cost {
    nginx: string
    subject: string
    /** The plain subject. */
    against: string
    paths: PathKind
    /** CPU time of the worker for a request, divided by that of the plain subject in the same round. */
    ratio: Spread
    /** CPU time of the worker for a request, in microseconds. Of this machine at this moment: compare ratios. */
    microseconds: Spread
    /** Requests per second, divided by those of the plain subject in the same round. */
    throughput: Spread
    perSecond: Spread
}

/** How much is measured. */
export interface Extent {
    rounds: number
    seconds: number
    paths: readonly PathKind[]
}

/**
 * Measures subjects beside a plain one, by one nginx.
 *
 * All of them run at once and are loaded by turns, and a ratio has both its sides from the same round.
 */
export async function measure(
    nginx: NginxAtHand,
    plain: Subject,
    subjects: readonly Subject[],
    upstreamPort: number,
    load: LoadGenerator,
    extent: Extent,
    course: Course,
): Promise<Cost[]> {
    const running: RunningNginx[] = []
    try {
        for (const subject of [plain, ...subjects]) {
            running.push(await runNginx(nginx, upstreamPort, (place) => filesFor(subject, nginx, place)))
        }
        const costs: Cost[] = []
        for (const paths of extent.paths) {
            course.onProgress(`${nginx.name}: ${paths} paths`)
            // The first round makes the recent paths recent, too.
            const rounds = await byTurns(running.length, { rounds: extent.rounds, warmUp: 1 }, course.signal, (index) =>
                takeTurn(running[index]!, load, paths, extent.seconds),
            )
            const [base, ...others] = running.map((_each, index) => rounds.map((round) => round[index]!))
            for (const [index, turns] of others.entries()) {
                costs.push({
                    nginx: nginx.name,
                    subject: subjectName(subjects[index]!),
                    against: subjectName(plain),
                    paths,
                    ...spreadsOf(turns, base!),
                })
            }
        }
        return costs
    } finally {
        await stopAll(running)
    }
}

/** What one nginx did in its turn. */
interface Turn {
    microseconds: number
    perSecond: number
}

function spreadsOf(turns: readonly Turn[], plain: readonly Turn[]) {
    const ratio = (of: keyof Turn) => spreadOf(turns.map((turn, round) => turn[of] / plain[round]![of]))
    const value = (of: keyof Turn) => spreadOf(turns.map((turn) => turn[of]))
    return {
        ratio: ratio('microseconds'),
        microseconds: value('microseconds'),
        throughput: ratio('perSecond'),
        perSecond: value('perSecond'),
    }
}

let pathsUsed = 0

async function takeTurn(nginx: RunningNginx, load: LoadGenerator, paths: PathKind, seconds: number): Promise<Turn> {
    pathsUsed += 1_000_000
    const before = cpuMicroseconds(nginx.worker)
    const answered = await load.run(nginx.port, pathPattern(paths, pathsUsed), seconds)
    return {
        microseconds: (cpuMicroseconds(nginx.worker) - before) / answered.requests,
        perSecond: answered.requests / answered.seconds,
    }
}
