import { toJson, toMarkdown, toText, writeReportFiles, type Environment, type ReportTable } from '../report.js'
import type { S3Kind } from './index-servers.js'
import type { PipFigures } from './pips.js'
import type { VisibleFigures } from './publish-to-visible.js'
import type { RequestFigures } from './requests.js'

/** The result of `npm run bench:end-to-end`. Lists of parts that were not measured are empty. */
export interface Report extends Environment {
    nginx: string
    workers: number
    index: { projects: number; files: number; largeProjectFiles: number; seed: number }
    /** The server behind nginx when requests were measured. */
    s3: S3Kind
    loadGenerator: 'wrk' | 'node'
    connections: number
    seconds: number
    requests: RequestFigures[]
    pips: PipFigures[]
    visible: VisibleFigures[]
}

/** The tables of a report, without empty ones. */
function tablesOf(report: Report): ReportTable[] {
    return [requestTable(report), pipTable(report), visibleTable(report)].filter(({ rows }) => rows.length > 0)
}

/** Machine, nginx and index of a report, as text. */
function describeEnvironment({ date, machine, nginx, workers, index }: Report): string {
    return (
        `${date}, on ${machine}, which clients, nginx and S3 shared; nginx ${nginx} with ${workers} workers, without an ` +
        `access log. An index of ${index.projects} projects with ${index.files} files in all, ${index.largeProjectFiles} of ` +
        'them in the large project.'
    )
}

function requestTable({ requests, s3, loadGenerator, connections, seconds }: Report): ReportTable {
    const behind = {
        'stand-in': 'an nginx that serves the files of the bucket in the place of S3, and verifies no signature',
        embedded: 'the embedded S3 server in Node, which is what limits uncached requests',
    }
    return {
        title: 'Requests',
        text:
            `Behind nginx is ${behind[s3]}. Over ${connections} connections by ${loadGenerator}, ` +
            `${seconds} s each; wrk counts one that took long as several. Cold: each path for the first time. Warm: the same again, 500 paths at most. CPU and ` +
            'memory are those of all workers together.',
        head: ['', 'request', 'paths', 'requests', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'memory MiB'],
        rows: requests.map((each) => [
            each.configuration,
            each.kind,
            each.phase,
            String(each.requests),
            each.requests === 1 ? '–' : (each.requests / each.seconds).toFixed(0),
            each.p50.toFixed(2),
            each.p99.toFixed(2),
            each.cpu.toFixed(0),
            each.memory.toFixed(0),
        ]),
    }
}

function pipTable({ pips }: Report): ReportTable {
    return {
        title: 'pip',
        text:
            'So many pips started at once, each installing 20 packages without a cache from the embedded S3 server ' +
            'through nginx. They have the lowest priority, since the clients of a fleet do not share the cores of its ' +
            'servers. The requests of the cached nginx count those of its cache to its signer, too.',
        head: ['', 'pips', 'succeeded', 'all s', 'p50 s', 'p99 s', 'requests', 'CPU of nginx s', 'memory MiB'],
        rows: pips.map((each) => [
            each.configuration,
            String(each.pips),
            String(each.succeeded),
            each.seconds.toFixed(1),
            each.p50.toFixed(1),
            each.p99.toFixed(1),
            String(each.requests),
            each.cpu.toFixed(2),
            each.memory.toFixed(0),
        ]),
    }
}

function visibleTable({ visible }: Report): ReportTable {
    const pair = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`
    return {
        title: 'From a publish to its page',
        text:
            'Until the page through nginx names the file: p50 / p99 in milliseconds. The publisher is a function of a ' +
            'program that runs, with the embedded S3 server in the same process; the page is asked for all the time. Below 0: it was there ' +
            'before the publisher had looked into the list of the projects.',
        head: ['', 'publishes', 'publisher', 'from its start', 'from its end'],
        rows: visible.map((each) => [
            each.configuration,
            String(each.publishes),
            pair(each.publisher),
            pair(each.fromStart),
            pair(each.fromEnd),
        ]),
    }
}

/** Formats a report for a terminal. */
export function reportAsText(report: Report): string {
    return `${describeEnvironment(report)}\n\n${toText(tablesOf(report))}`
}

function reportAsMarkdown(report: Report): string {
    return `${describeEnvironment(report)}\n\n${toMarkdown(tablesOf(report))}`
}

/**
 * Writes end-to-end.json into a folder, and the report into its performance.md, if it has one.
 *
 * @throws UserError when performance.md lacks the markers; then nothing is written
 */
export async function writeReport(report: Report, folder: string): Promise<void> {
    const files = { 'end-to-end.json': toJson(report) }
    await writeReportFiles(folder, 'end-to-end', reportAsMarkdown(report), files)
}
