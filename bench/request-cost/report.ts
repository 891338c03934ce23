import type { RoundOptions, Spread } from '../measurement.js'
import {
    currentEnvironment,
    toJson,
    toMarkdown,
    writeReportFiles,
    type Environment,
    type ReportTable,
} from '../report.js'
import type { ServersReport } from '../servers/compare.js'
import type { Cost } from './cpu-time.js'
import type { LargeFileCost } from './large-file.js'

/** The result of `npm run bench`. */
export interface Report extends Environment, RoundOptions {
    loadGenerator: string
    /** Signing, against plain proxying. */
    costs: Cost[]
    /** Answers from a cache, against a plain proxy_cache. */
    cacheHits: Cost[]
    /** Answers from the cache for clients with a token or a password, against those for anybody. */
    readers: Cost[]
    largeFile: LargeFileCost[]
    /** With `--servers` only. */
    servers?: ServersReport
}

export type Measured = Pick<Report, 'costs' | 'cacheHits' | 'readers' | 'largeFile' | 'servers'>

/** @param loadGenerator its name */
export function reportOf(measured: Measured, loadGenerator: string, { rounds, seconds }: RoundOptions): Report {
    return { ...currentEnvironment(), loadGenerator, rounds, seconds, ...measured }
}

/**
 * Writes performance.json and performance.svg into a folder, and the tables into its performance.md, if it has one.
 *
 * @returns the tables, as Markdown
 * @throws UserError when performance.md lacks the markers; then nothing is written
 */
export async function writeReport(report: Report, folder: string): Promise<string> {
    const markdown = toMarkdown(requestCostTables(report))
    const files = { 'performance.json': toJson(report), 'performance.svg': drawChart(signingChart(report)) }
    await writeReportFiles(folder, 'bench', markdown, files)
    return markdown
}

/** The tables of a report in their order, without empty ones. */
export function requestCostTables(report: Report): ReportTable[] {
    const { rounds, seconds, loadGenerator, machine, date } = report
    const about =
        `Medians of ${rounds} rounds with the quartiles; ${seconds} s each, by turns; ` +
        `load by ${loadGenerator}; ${machine}; ${date}.`
    const tables = [signing(report, about), ...hits(report), largeFile(report), ...ofServers(report)]
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

function hits({ cacheHits, readers }: Report): ReportTable[] {
    return [
        hitTable(
            'Answers from the cache',
            'A file or a page of 1 KB, divided by the same from a plain proxy_cache of the same nginx.',
            cacheHits,
        ),
        hitTable('Readers with a token or a password', 'The same, divided by ours for anybody.', readers),
    ]
}

function hitTable(title: string, text: string, costs: Cost[]): ReportTable {
    return {
        title,
        text,
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

/** A chart of the cost of signing: a group for each nginx, a series for recent paths and one for new ones. */
function signingChart({ costs, date, machine }: Report): Chart {
    // Two series differ enough without colour; names with + cost as much as others.
    const series = [...new Set(costs.map(({ paths }) => paths))].filter((paths) => !paths.endsWith('+')).slice(0, 2)
    const shown = costs.filter(({ paths }) => series.includes(paths))
    const groups = [...new Set(shown.map(({ nginx }) => nginx))].map((nginx) => {
        const ofNginx = shown.filter((cost) => cost.nginx === nginx)
        const rows = [...new Set(ofNginx.map(({ subject }) => subject))].map((subject) => ({
            label: subject,
            values: ofNginx.filter((cost) => cost.subject === subject).map(({ ratio }) => ratio.median),
        }))
        return { name: `nginx ${nginx}`, rows }
    })
    return {
        title: 'CPU time of a request, as a multiple of plain proxying by the same nginx',
        caption: `1 is a plain proxy_pass. Less is better. ${machine}, ${date}`,
        series: series.map((paths) => `${paths} paths`),
        groups,
    }
}

/** A chart of horizontal bars: groups of rows, and in each row a bar for each series. */
interface Chart {
    title: string
    /** The meaning of the numbers. */
    caption: string
    series: readonly string[]
    groups: readonly ChartGroup[]
}

interface ChartGroup {
    name: string
    rows: readonly { label: string; values: readonly number[] }[]
}

const chartWidth = 800
const labelWidth = 250
const barHeight = 9
const rowGap = 9
const groupHead = 26
const chartTop = 78
/** Pixels to the right of the widest bar, for its number. */
const numberWidth = 50

const style = `
    text { font: 12px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .head { font-weight: 600 }
    .value { font-size: 10px }
    .s0 { fill: #0969da }
    .s1 { fill: #bf8700 }
    .one { stroke: #6e7781; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 }
        .s0 { fill: #58a6ff }
        .s1 { fill: #d29922 }
        .one { stroke: #8b949e }
    }`

/** Draws a chart as SVG, with a linear axis from 0 and a line at 1, for light and dark backgrounds. */
export function drawChart({ title, caption, series, groups }: Chart): string {
    const greatest = Math.max(1, ...groups.flatMap(({ rows }) => rows.flatMap(({ values }) => values)))
    const scale = (value: number) => toTenths((value / greatest) * (chartWidth - labelWidth - numberWidth))
    const rowHeight = series.length * barHeight + rowGap
    const parts: string[] = []
    let y = chartTop
    for (const { name, rows } of groups) {
        parts.push(svgText(0, y + 12, name, 'head'))
        y += groupHead
        for (const { label, values } of rows) {
            parts.push(svgText(12, y + (series.length * barHeight) / 2 + 4, label))
            for (const [index, value] of values.entries()) {
                const at = y + index * barHeight
                parts.push(
                    `<rect class="s${index}" x="${labelWidth}" y="${at}" width="${scale(value)}" height="${barHeight - 1}"/>`,
                    svgText(labelWidth + scale(value) + 4, at + barHeight - 1, value.toFixed(2), 'value'),
                )
            }
            y += rowHeight
        }
    }
    const one = labelWidth + scale(1)
    const legend = series.flatMap((name, index) => [
        `<rect class="s${index}" x="${labelWidth + index * 120}" y="52" width="12" height="10"/>`,
        svgText(labelWidth + index * 120 + 18, 61, name),
    ])
    const lines = [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${chartWidth} ${y}" role="img" aria-label="${escapeXml(title)}">`,
        `<style>${style}\n</style>`,
        svgText(0, 16, title, 'title'),
        svgText(0, 36, caption),
        ...legend,
        `<line class="one" x1="${one}" y1="${chartTop - 8}" x2="${one}" y2="${y}"/>`,
        ...parts,
        '</svg>',
    ]
    return lines.join('\n') + '\n'
}

function svgText(x: number, y: number, content: string, className?: string): string {
    const attribute = className === undefined ? '' : ` class="${className}"`
    return `<text${attribute} x="${toTenths(x)}" y="${toTenths(y)}">${escapeXml(content)}</text>`
}

function escapeXml(content: string): string {
    return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function toTenths(value: number): number {
    return Math.round(value * 10) / 10
}
