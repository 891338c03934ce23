import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { LoadGenerator, PathPattern } from '../load.js'
import {
    cpuMicroseconds,
    runNginx,
    stopAll,
    withUpstream,
    type NginxInstallation,
    type RunningNginx,
} from '../measured-nginx.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import { constantUpstream, fileUpstream } from '../nginx-configuration.js'
import { signingSubjects, subjectFiles, subjectName, type Gateway, type Subject } from './subjects.js'

/** Measures what signing costs beside plain proxying, by one nginx. */
export function measureSigning(
    nginx: NginxInstallation,
    gateway: Gateway | undefined,
    load: LoadGenerator,
    options: MeasureOptions,
    context: RunContext,
): Promise<Cost[]> {
    const subjects = signingSubjects(nginx, gateway)
    return withUpstream(nginx, constantUpstream, (port) =>
        measure(nginx, { kind: 'plain' }, subjects, port, load, options, context),
    )
}

/**
 * Measures what a hit of our cache costs, of a file and of a page, beside one of a plain proxy_cache with the same
 * bytes of 1 KB, by the same nginx; and one of nginx-s3-gateway's, where that is given.
 */
export async function measureCacheHits(
    nginx: NginxInstallation,
    gateway: Gateway | undefined,
    load: LoadGenerator,
    options: MeasureOptions,
    context: RunContext,
): Promise<Cost[]> {
    return inTemporaryFolder('object', async (folder) => {
        const object = path.join(folder, 'object')
        await writeFile(object, 'x'.repeat(1024))
        const plain: Subject = { kind: 'plain cache' }
        const ours: Subject = { kind: 'cached', engine: nginx.engines[0]! }
        // nginx-s3-gateway has no pages.
        const others: Subject[] = gateway === undefined ? [] : [{ kind: 'gateway', gateway, cache: true }]
        const files = { ...options, paths: ['file'] as const }
        const pages = { ...options, paths: ['page'] as const }
        return withUpstream(nginx, fileUpstream(object), async (port) => [
            ...(await measure(nginx, plain, [ours, ...others], port, load, files, context)),
            ...(await measure(nginx, plain, [ours], port, load, pages, context)),
        ])
    })
}

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

/** How often, how long and with which paths subjects are measured. */
interface MeasureOptions extends RoundOptions {
    paths: readonly PathKind[]
}

/**
 * Measures subjects beside a plain one, by one nginx.
 *
 * All of them run at once and are loaded by turns, and a ratio has both its sides from the same round.
 */
async function measure(
    nginx: NginxInstallation,
    plain: Subject,
    subjects: readonly Subject[],
    upstreamPort: number,
    load: LoadGenerator,
    options: MeasureOptions,
    context: RunContext,
): Promise<Cost[]> {
    const running: RunningNginx[] = []
    try {
        for (const subject of [plain, ...subjects]) {
            running.push(await runNginx(nginx, upstreamPort, (place) => subjectFiles(subject, nginx, place)))
        }
        const costs: Cost[] = []
        for (const paths of options.paths) {
            context.onProgress(`${nginx.name}: ${paths} paths`)
            // The first round makes the recent paths recent, too.
            const rounds = await inRounds(
                running.length,
                { rounds: options.rounds, warmUp: 1 },
                context.signal,
                (index) => takeTurn(running[index]!, load, paths, options.seconds),
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

/** Which paths a run asks for. */
export type PathKind = 'recent' | 'recent +' | 'new' | 'new +' | 'file' | 'page'

/** Those that show what signing costs. */
export const pathKinds: readonly PathKind[] = ['recent', 'recent +', 'new', 'new +']

/** How many different paths are asked for again and again: more than one, fewer than a signature cache holds. */
const recentPaths = 500

/** How many pages: few enough that asking S3 for each again, some seconds later, is lost among the answers. */
const cachedPages = 20

/**
 * Paths of files as pip asks for them: `recent` ones were asked for seconds before, `new` ones never, and the names
 * with a local version have a `+`, which pip sends as `%2B`. A `file` is like a recent one, a `page` that of a project:
 * for subjects that have them in a cache.
 *
 * @param first the number of the first path; with the same number `new` paths are no longer new
 */
export function pathPattern(kind: PathKind, first: number): PathPattern {
    if (kind === 'page') return { before: '/demo-project-', after: '/', first: 0, count: cachedPages }
    const [age, plus] = kind.split(' ')
    return {
        before: '/demo-project/demo_project-1.0.',
        after: `${plus === undefined ? '' : '%2Bcpu'}-py3-none-any.whl`,
        first: age === 'new' ? first : 0,
        count: age === 'new' ? Infinity : recentPaths,
    }
}
