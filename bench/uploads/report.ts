import type { RoundOptions, Spread } from '../measurement.js'
import {
    currentEnvironment,
    toJson,
    toMarkdown,
    writeReportFiles,
    type Environment,
    type ReportTable,
} from '../report.js'
import type { ReadCost } from './reads.js'
import type { SmallUploads } from './small-uploads.js'
import type { UploadCost } from './waits.js'

/** What uploads through nginx cost, and what they cost others. */
export interface UploadsReport extends Environment, RoundOptions {
    waits: UploadCost[]
    /** Requests per second alone and beside an upload. */
    reads: ReadCost[]
    /** CPU time of a read, in microseconds, without and with `--upload`. */
    option: ReadCost[]
    small: SmallUploads[]
}

/** A report of today, on this machine. */
export function uploadsReportOf(
    measured: Pick<UploadsReport, 'waits' | 'reads' | 'option' | 'small'>,
    { rounds, seconds }: RoundOptions,
): UploadsReport {
    return { ...currentEnvironment(), rounds, seconds, ...measured }
}

/** Writes uploads.json into a folder, and the tables into its performance.md, if it has one. */
export async function writeUploadsReport(report: UploadsReport, folder: string): Promise<void> {
    await writeReportFiles(folder, 'uploads', toMarkdown(uploadsTables(report)), { 'uploads.json': toJson(report) })
}

/** The tables of a report. */
export function uploadsTables(report: UploadsReport): ReportTable[] {
    return [waits(report), reads(report), option(report), small(report)].filter(({ rows }) => rows.length > 0)
}

function waits({ waits, rounds, machine, date }: UploadsReport): ReportTable {
    return {
        title: 'Other requests and memory during an upload',
        text:
            'A page from the cache is requested again and again from the only worker. "held" is the most CPU time that the ' +
            'worker used while one request waited: other programs of the machine do not add to it. Memory is the peak of ' +
            `the worker, shared memory included. The lowest times and the highest memory of ${rounds} rounds; ${machine}; ${date}.`,
        head: ['nginx', 'upload', 'held, ms', 'longest wait, ms', 'p99, ms', 'CPU, s', 'seconds', 'memory, MiB'],
        rows: waits.map((cost) => [
            ...[`${cost.nginx}, ${cost.engine}`, cost.of, cost.held.toFixed(1), cost.longest.toFixed(1)],
            ...[cost.p99.toFixed(1), cost.cpuSeconds.toFixed(2), cost.seconds.toFixed(1), cost.memory.toFixed(0)],
        ]),
    }
}

function reads({ reads, rounds, seconds }: UploadsReport): ReportTable {
    return {
        title: 'Reads beside uploads of 500 MB',
        text:
            'Requests per second over 16 connections to the only worker, alone and while files of 500 MB are uploaded ' +
            'through it, one after another. The uploading client and the S3 server share the processors. Medians of ' +
            `${rounds} rounds with the quartiles; ${seconds} s each.`,
        head: ['nginx', 'of', 'alone, requests/s', 'beside, ratio'],
        rows: reads.map(costRow),
    }
}

function option({ option, rounds, seconds }: UploadsReport): ReportTable {
    return {
        title: 'Reads of an index with `--upload`',
        text:
            'CPU time of the worker for a request, without and with --upload, while nobody uploads. Medians of ' +
            `${rounds} rounds with the quartiles; ${seconds} s each.`,
        head: ['nginx', 'of', 'without, µs', 'with, ratio'],
        rows: option.map(costRow),
    }
}

function costRow({ nginx, engine, of, alone, ratio }: ReadCost): string[] {
    return [`${nginx}, ${engine}`, of, Math.round(alone.median).toLocaleString('en'), formatted(ratio)]
}

function small({ small }: UploadsReport): ReportTable {
    return {
        title: 'Small uploads',
        text:
            'Wheels of 1 kB into one project. nginx has one worker and the embedded S3 server behind it. CPU time is that ' +
            'of the server, or of the publisher and the S3 client in it.',
        head: ['by', 'at once', 'uploads/s', 'CPU, ms'],
        rows: small.map(({ by, atOnce, perSecond, milliseconds, missing }) => [
            ...[
                by,
                String(atOnce),
                missing ?? perSecond.toFixed(1),
                missing === undefined ? milliseconds.toFixed(0) : '–',
            ],
        ]),
    }
}

function formatted({ median, low, high }: Spread): string {
    return `${median.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`
}
