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
import { makeReaders } from './readers.js'
import { signingSubjects, subjectFiles, subjectName, type Gateway, type Subject } from './subjects.js'

/** Measures the cost of signing against plain proxying, with one nginx. */
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
 * Measures the cost of a file and of a page from our cache, against the same 1 KB from a plain proxy_cache of the same
 * nginx; and a file from the cache of nginx-s3-gateway, if there is a checkout.
 */
export async function measureCacheHits(
    nginx: NginxInstallation,
    gateway: Gateway | undefined,
    load: LoadGenerator,
    options: MeasureOptions,
    context: RunContext,
): Promise<Cost[]> {
    const plain: Subject = { kind: 'plain cache' }
    const ours: Subject = { kind: 'cached', engine: nginx.engines[0]! }
    // nginx-s3-gateway has no pages.
    const others: Subject[] = gateway === undefined ? [] : [{ kind: 'gateway', gateway, cache: true }]
    const files = { ...options, paths: ['file'] as const }
    const pages = { ...options, paths: ['page'] as const }
    return withObject(nginx, async (port) => [
        ...(await measure(nginx, plain, [ours, ...others], port, load, files, context)),
        ...(await measure(nginx, plain, [ours], port, load, pages, context)),
    ])
}

/** Measures what a read token and a password cost, against our cache without either. */
export async function measureReaders(
    nginx: NginxInstallation,
    load: LoadGenerator,
    options: MeasureOptions,
    context: RunContext,
): Promise<Cost[]> {
    const ours: Subject = { kind: 'cached', engine: nginx.engines[0]! }
    const readers = makeReaders().map((reader): Subject => ({ ...ours, reader }))
    const paths = ['file', 'page'] as const
    return withObject(nginx, (port) => measure(nginx, ours, readers, port, load, { ...options, paths }, context))
}

/** Runs a server that answers all requests with 1 KB, in the place of S3. */
function withObject(nginx: NginxInstallation, task: (port: number) => Promise<Cost[]>): Promise<Cost[]> {
    return inTemporaryFolder('object', async (folder) => {
        const object = path.join(folder, 'object')
        await writeFile(object, 'x'.repeat(1024))
        return withUpstream(nginx, fileUpstream(object), task)
    })
}

/** The cost of a subject, against a plain subject of the same nginx. */
export interface Cost {
    nginx: string
    subject: string
    /** The name of the plain subject. */
    against: string
    paths: PathKind
    /** CPU time of the worker for a request, divided by that of the plain subject in the same round. */
    ratio: Spread
    /** CPU time of the worker for a request, in microseconds. It depends on the machine: compare ratios. */
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
 * Measures subjects against a plain one, with one nginx. All of them run at the same time and are loaded in turn; a ratio
 * compares two measurements of the same round.
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
    const all = [plain, ...subjects]
    const running: RunningNginx[] = []
    try {
        for (const subject of all) {
            running.push(await runNginx(nginx, upstreamPort, (place) => subjectFiles(subject, nginx, place)))
        }
        const costs: Cost[] = []
        for (const paths of options.paths) {
            context.onProgress(`${nginx.name}: ${paths} paths`)
            // The warm-up round also requests the recent paths.
            const rounds = await inRounds(
                running.length,
                { rounds: options.rounds, warmUp: 1 },
                context.signal,
                (index) => takeTurn(running[index]!, load, paths, options.seconds, all[index]!),
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

/** The result of one measurement of a round. */
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

async function takeTurn(
    nginx: RunningNginx,
    load: LoadGenerator,
    paths: PathKind,
    seconds: number,
    subject: Subject,
): Promise<Turn> {
    const authorization = subject.kind === 'cached' ? subject.reader?.authorization : undefined
    pathsUsed += 1_000_000
    const before = cpuMicroseconds(nginx.worker)
    const answered = await load.run(
        nginx.port,
        {
            ...pathPattern(paths, pathsUsed),
            ...(authorization !== undefined && { headers: { Authorization: authorization } }),
        },
        seconds,
    )
    return {
        microseconds: (cpuMicroseconds(nginx.worker) - before) / answered.requests,
        perSecond: answered.requests / answered.seconds,
    }
}

/** Kinds of requested paths: see `pathPattern`. */
export type PathKind = 'recent' | 'recent +' | 'new' | 'new +' | 'file' | 'page'

/** The kinds that show the cost of signing. */
export const pathKinds: readonly PathKind[] = ['recent', 'recent +', 'new', 'new +']

/** The number of recent paths: several, but fewer than the signature cache holds. */
const recentPaths = 500

/** The number of pages: so few that their renewal after some seconds does not change the result. */
const cachedPages = 20

/**
 * Paths as pip requests them. `recent` paths of files were requested seconds before, `new` ones never; with `+`, the file
 * has a local version, whose `+` pip sends as `%2B`. `file` and `page` are for caches: recent paths of files, and the
 * paths of project pages.
 *
 * @param first the number of the first `new` path; each call needs another one
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
