import type { RoundOptions, Spread } from '../measurement.js'
import {
    currentEnvironment,
    toJson,
    toMarkdown,
    writeReportFiles,
    type Environment,
    type ReportTable,
} from '../report.js'
import type { InstallsReport } from './installs.js'
import type { PagesReport } from './pages.js'

/** The comparison of `npm run bench` with pypiron and peryx. */
export interface RivalsReport extends Environment, RoundOptions {
    nginx: string
    /** Workers of nginx. */
    workers: number
    /** Name and version of the server to which the others are compared. */
    reference: string
    pages: PagesReport
    installs: InstallsReport
}

/** A report of today, on this machine. */
export function rivalsReportOf(
    measured: Pick<RivalsReport, 'nginx' | 'workers' | 'reference' | 'pages' | 'installs'>,
    { rounds, seconds }: RoundOptions,
): RivalsReport {
    return { ...currentEnvironment(), rounds, seconds, ...measured }
}

/**
 * Writes rivals.json into a folder, and the tables into its performance.md, if it has one.
 *
 * @returns the tables, as Markdown
 * @throws UserError when performance.md lacks the markers; then nothing is written
 */
export async function writeRivalsReport(report: RivalsReport, folder: string): Promise<string> {
    const markdown = toMarkdown(rivalsTables(report))
    await writeReportFiles(folder, 'rivals', markdown, { 'rivals.json': toJson(report) })
    return markdown
}

/** The tables of a report in their order, without empty ones. */
export function rivalsTables(report: RivalsReport): ReportTable[] {
    return [requests(report), calls(report), installs(report), missing(report)].filter(({ rows }) => rows.length > 0)
}

function requests({ pages, nginx, workers, reference, rounds, seconds, machine, date }: RivalsReport): ReportTable {
    return {
        title: 'Pages and files, from a warm cache',
        text:
            'JSON pages with Accept-Encoding: gzip, and files, over 16 connections by wrk. Each server has the same wheels; ' +
            `nginx ${nginx} has ${workers} workers and the embedded S3 server behind it, the others serve a folder with their ` +
            'defaults. CPU time is that of all processes of a server. In brackets: divided by that of ' +
            `${reference} in the same round. Medians of ${rounds} rounds with the quartiles; ${seconds} s each, by turns; ` +
            `${machine}; ${date}.`,
        head: ['of', 'server', 'bytes sent', 'requests/s', 'throughput', 'CPU, µs', 'CPU'],
        rows: pages.requests.map((cost) => [
            ...[cost.of, cost.server],
            `${cost.bytes.toLocaleString('en')}${cost.encoding === 'gzip' ? ', gzip' : ''}`,
            ...[whole(cost.perSecond), ratio(cost.throughput), whole(cost.microseconds), ratio(cost.ratio)],
        ]),
    }
}

/** Calls that are rarer than this for a request are left out. */
const rarest = 0.05

function calls({ pages }: RivalsReport): ReportTable {
    return {
        title: 'System calls of a request',
        text:
            'Counted by strace in one second of the same load, which it slows down: a server that is slower takes more ' +
            'requests at a time from the kernel, or fewer.',
        head: ['of', 'server', 'all', 'by name'],
        rows: pages.requests.flatMap(({ of, server, calls }) => {
            if (calls === undefined) return []
            const counts = Object.entries(calls)
            const all = counts.reduce((sum, [, count]) => sum + count, 0)
            const shown = counts.filter(([, count]) => count >= rarest)
            return [
                [of, server, all.toFixed(1), shown.map(([name, count]) => `${name} ${count.toFixed(1)}`).join(', ')],
            ]
        }),
    }
}

function installs({ installs: report, workers, reference, rounds }: RivalsReport): ReportTable {
    return {
        title: 'Installs',
        text:
            `${report.client} installs a closure of 20 packages without a cache; ${report.clients} clients at once, ` +
            `${report.installs} installs a round, ${rounds} rounds, by turns. The clients take most of the time of the ` +
            'machine: what differs is the CPU time of the server, that of S3 not included. The S3 server is the embedded ' +
            `one. nginx has ${workers} workers. Ratios: divided by ${reference} in the same round.`,
        head: ['server', 'installs/s', 'throughput', 'CPU, ms', 'CPU'],
        rows: report.costs.map((cost) => [
            ...[cost.server, tenths(cost.perSecond), ratio(cost.throughput)],
            ...[tenths(cost.milliseconds), ratio(cost.ratio)],
        ]),
    }
}

function missing({ pages, installs }: RivalsReport): ReportTable {
    const all = [...pages.missing, ...installs.missing].map(({ name, reason }) => [name, reason])
    const once = new Map(all.map((row) => [row.join('\n'), row]))
    return {
        title: 'Not compared',
        text: 'What could not be installed or started here.',
        head: ['', 'reason'],
        rows: [...once.values()],
    }
}

function ratio(spread: Spread | undefined): string {
    if (spread === undefined) return '–'
    const { median, low, high } = spread
    return `${median.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`
}

function whole({ median }: Spread): string {
    return Math.round(median).toLocaleString('en')
}

function tenths({ median }: Spread): string {
    return median.toFixed(1)
}
