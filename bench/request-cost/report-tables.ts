import type { Spread } from '../quantiles.js'
import type { ReportTable } from '../report-table.js'
import type { Report } from './report.js'

/** The tables of a report, in the order in which they are shown; those without rows are left out. */
export function tablesOf(report: Report): ReportTable[] {
    const { rounds, seconds, loadGenerator, machine, date } = report
    const about =
        `Medians of ${rounds} rounds with the quartiles; ${seconds} s each, by turns; ` +
        `load by ${loadGenerator}; ${machine}; ${date}.`
    const tables = [signing(report, about), cacheHits(report), largeFile(report), ...ofServers(report)]
    return tables.filter(({ rows }) => rows.length > 0)
}

function signing({ costs }: Report, about: string): ReportTable {
    const kinds = [...new Set(costs.map(({ paths }) => paths))]
    const lines = new Map<string, string[]>()
    for (const { nginx, subject, paths, ratio, throughput, perSecond } of costs) {
        const key = JSON.stringify([nginx, subject])
        const line = lines.get(key) ?? [nginx, subject]
        line.push(spread(ratio))
        if (paths === kinds.at(-1)) line.push(spread(throughput), whole(perSecond))
        lines.set(key, line)
    }
    return {
        title: 'Signing',
        text:
            'CPU time of the nginx worker for a request, divided by that of a plain proxy_pass by the same nginx; ' +
            `throughput likewise, and requests per second, of ${kinds.at(-1)} paths. ${about}`,
        head: ['nginx', 'subject', ...kinds.map((kind) => `CPU, ${kind} paths`), 'throughput', 'requests/s'],
        rows: [...lines.values()],
    }
}

function cacheHits({ cacheHits: costs }: Report): ReportTable {
    return {
        title: 'Answers from the cache',
        text: 'A file or a page of 1 KB, divided by the same from a plain proxy_cache of the same nginx.',
        head: ['nginx', 'subject', 'of', 'throughput', 'CPU', 'requests/s', 'CPU, µs'],
        rows: costs.map(({ nginx, subject, paths, throughput, ratio, perSecond, microseconds }) => [
            ...[nginx, subject, paths, spread(throughput), spread(ratio), whole(perSecond), whole(microseconds)],
        ]),
    }
}

function largeFile({ largeFile: costs }: Report): ReportTable {
    return {
        title: 'A large file',
        text:
            `A file of ${costs[0]?.megabytes ?? 0} MB that is not in a cache, over one connection, divided by plain ` +
            'proxying; and by how much the memory of the worker grew.',
        head: ['nginx', 'subject', 'throughput', 'CPU', 'MB/s', 'CPU, µs/MB', 'memory, MiB'],
        rows: costs.map((cost) => [
            ...[cost.nginx, cost.subject, spread(cost.throughput), spread(cost.ratio)],
            ...[whole(cost.megabytesPerSecond), whole(cost.microsecondsPerMegabyte), cost.growth.toFixed(1)],
        ]),
    }
}

function ofServers({ servers: report }: Report): ReportTable[] {
    if (report === undefined) return []
    return [
        {
            title: 'Package servers',
            text:
                'The same project of one wheel of 1 KB, over 16 connections; pypiserver with its cache and waitress, the ' +
                'others with their defaults. CPU time is that of all processes of a server; in the place of S3 is ' +
                'another nginx, which is not counted.',
            head: ['server', 'of', 'requests/s', 'CPU, µs', 'p50, ms', 'p99, ms'],
            rows: report.servers.map(({ server, path, perSecond, microseconds, p50, p99 }) => [
                ...[server, path, whole(perSecond), whole(microseconds), spread(p50), spread(p99)],
            ]),
        },
        {
            title: 'Publishers',
            text:
                'Uploading one wheel of 1 KB to the embedded S3 server, the start of the program included. s3pypi is ' +
                'without the DynamoDB table that it locks with.',
            head: ['publisher', 'files before', 'seconds', 'S3 requests'],
            rows: report.publishers.map(({ publisher, files, seconds, requests }) => [
                ...[publisher, String(files), spread(seconds), String(requests)],
            ]),
        },
        {
            title: 'Not measured',
            text: 'What could not be installed or started here.',
            head: ['', 'reason'],
            rows: report.missing.map(({ name, reason }) => [name, reason]),
        },
    ]
}

function spread({ median, low, high }: Spread): string {
    return `${median.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`
}

function whole({ median }: Spread): string {
    return Math.round(median).toLocaleString('en')
}
