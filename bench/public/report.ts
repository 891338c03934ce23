import type { Spread } from '../measurement.js'
import {
    currentEnvironment,
    toJson,
    toMarkdown,
    writeReportFiles,
    type Environment,
    type ReportTable,
} from '../report.js'
import type { ColdPage } from './cold-pages.js'
import type { PublicHit } from './hits.js'
import type { PublicInstalls } from './installs.js'
import type { PublicOptions } from './measure.js'

/** What `--public` costs, beside other caching proxies. */
export interface PublicReport extends Environment {
    rounds: number
    seconds: number
    /** Of the index behind the proxies, milliseconds. */
    latency: number
    /** Workers of nginx while packages are installed. */
    workers: number
    /** The option of `generate-config`. */
    cooldown: string
    /** The proxy to which the others are compared. */
    reference: string
    installs: PublicInstalls
    hits: PublicHit[]
    cold: ColdPage[]
}

/** A report of today, on this machine. */
export function publicReportOf(
    measured: Pick<PublicReport, 'workers' | 'cooldown' | 'reference' | 'installs' | 'hits' | 'cold'>,
    { rounds, seconds, latency }: PublicOptions,
): PublicReport {
    return { ...currentEnvironment(), rounds, seconds, latency, ...measured }
}

/** Writes public.json into a folder, and the tables into its public-packages.md, if it has one. */
export async function writePublicReport(report: PublicReport, folder: string): Promise<void> {
    const files = { 'public.json': toJson(report) }
    await writeReportFiles(folder, 'public', toMarkdown(publicTables(report)), files, 'public-packages.md')
}

/** The tables of a report, without empty ones. */
export function publicTables(report: PublicReport): ReportTable[] {
    return [installs(report), missing(report), hits(report), cold(report)].filter(({ rows }) => rows.length > 0)
}

function installs({ installs, workers, cooldown, latency, rounds, machine, date }: PublicReport): ReportTable {
    const megabytes = Math.round(installs.bytes / 1e6)
    return {
        title: 'Installs of 50 packages',
        text:
            `${installs.packages} wheels of PyPI, ${megabytes} MB, from pages with ${installs.pageFiles.toLocaleString('en')} ` +
            `files, through proxies of the same index on this machine, which answers after ${latency} ms. Cold: the proxy ` +
            'has just been started with an empty cache; warm: the same again. Clients have no cache. ours: ' +
            `--cooldown ${cooldown}, ${workers} workers, an empty bucket. Seconds of the client; in brackets: divided by ` +
            'those of ours with the newest nginx in the same round, with the quartiles. CPU time is that of all processes ' +
            `of the proxy. Medians of ${rounds} rounds, by turns; ${machine}; ${date}.`,
        head: [
            ...['client', 'proxy', 'cold, s', 'ratio', 'CPU, ms', 'requests', 'warm, s', 'ratio', 'CPU, ms'],
            'requests',
        ],
        rows: installs.costs
            .filter(({ cache }) => cache === 'cold')
            .map((cold) => {
                const warm = installs.costs.find(
                    ({ proxy, client, cache }) => proxy === cold.proxy && client === cold.client && cache === 'warm',
                )!
                const cells = ({ seconds, ratio, milliseconds, requests }: typeof cold) => [
                    ...[seconds.median.toFixed(1), formatted(ratio)],
                    ...[cold.proxy === 'no proxy' ? '–' : whole(milliseconds), whole(requests)],
                ]
                return [cold.client, cold.proxy, ...cells(cold), ...cells(warm)]
            }),
    }
}

function missing({ installs }: PublicReport): ReportTable {
    return {
        title: 'Not compared',
        text: 'What could not be run here, or did not serve all packages in one of the rounds.',
        head: ['', 'reason'],
        rows: installs.missing.map(({ name, reason }) => [name, reason]),
    }
}

function hits({ hits, rounds, seconds }: PublicReport): ReportTable {
    return {
        title: 'Public answers from the cache',
        text:
            'A page of 48 files and a small wheel, divided by the same bytes of a project in the bucket, from the cache of ' +
            `the same worker. Medians of ${rounds} rounds with the quartiles; ${seconds} s each, by turns. A busy machine ` +
            'changes the throughput more than the CPU time of the worker.',
        head: ['nginx', 'of', 'private, µs', 'CPU', 'private, requests/s', 'throughput'],
        rows: hits.map(({ nginx, of, microseconds, ratio, perSecond, throughput }) => [
            ...[nginx, of, whole(microseconds), formatted(ratio), whole(perSecond), formatted(throughput)],
        ]),
    }
}

function cold({ cold, cooldown }: PublicReport): ReportTable {
    return {
        title: 'A large page that is not cached',
        text:
            `It is made with --cooldown ${cooldown} by the only worker, from which /-/healthz is requested again and again. ` +
            '"held" is the most CPU time of the worker during one wait: other programs of the machine do not add to it. ' +
            'Memory is the peak of the worker, shared memory included, and what it had before. Medians with the quartiles.',
        head: ['nginx', 'files', 'MB', 'rounds', 'seconds', 'held, ms', 'longest wait, ms', 'memory, MiB', 'before'],
        rows: cold.map(({ nginx, engine, files, rounds, bytes, seconds, held, longest, memory, memoryBefore }) => [
            ...[`${nginx}, ${engine}`, files.toLocaleString('en'), (bytes / 1e6).toFixed(1)],
            ...[String(rounds), formatted(seconds)],
            ...[tenths(held), tenths(longest), memory.toFixed(0), memoryBefore.toFixed(0)],
        ]),
    }
}

function formatted({ median, low, high }: Spread): string {
    return `${median.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`
}

function tenths({ median, low, high }: Spread): string {
    return `${median.toFixed(0)} (${low.toFixed(0)} – ${high.toFixed(0)})`
}

function whole({ median }: Spread): string {
    return Math.round(median).toLocaleString('en')
}
