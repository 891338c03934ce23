import { writeFile } from 'node:fs/promises'
import { UsageError, UserError } from '../../core/user-error.js'
import type { DownloadsJson } from '../../core/index/download-counts.js'
import { normalizeName } from '../../core/project-name.js'
import { formatSize } from '../../core/format-size.js'
import { print, printError } from '../cli/output.js'
import { byFrequency, noCounts, type IndexCounts, type Tally } from '../downloads/counts.js'
import { sizeOf } from '../downloads/log-lines.js'
import { downloadsPicture } from '../downloads/picture.js'
import { forgetInvented, knownProjects } from '../downloads/invented.js'
import { publishCounts, readPublished } from '../downloads/publish-counts.js'
import { readLogs, type LogReport } from '../downloads/read-logs.js'
import {
    countsJson,
    daysBefore,
    firstCountedDay,
    indexJson,
    projectJson,
    type StoredCounts,
} from '../downloads/stored-counts.js'
import { PackageIndex } from '../index/update/package-index.js'
import { openBucket } from '../s3/bucket.js'
import type { BucketOptions } from '../s3/bucket-options.js'
import { table } from './table.js'

/** The options of `downloads LOG...`. */
export interface DownloadsOptions extends Omit<BucketOptions, 'bucket'> {
    project?: string
    since?: string
    until?: string
    json?: true
    svg?: string
    publish?: string
}

/** Rows of a table; `--json` has all. */
const maxRows = 20

/** `downloads LOG...` */
export async function downloadsCommand(logs: string[], options: DownloadsOptions): Promise<void> {
    checkOptions(logs, options)
    const sizes = await Promise.all(logs.map(sizeOf))
    const index =
        options.publish === undefined
            ? undefined
            : new PackageIndex(openBucket({ ...options, bucket: options.publish }), (message) =>
                  printError(`manage-index: ${message}\n`),
              )
    const base = index && (await readPublished(index))
    const selection =
        index === undefined || base === undefined
            ? options
            : {
                  earlier: new Map(base.stored.cursors.map((cursor) => [cursor.first, cursor])),
                  since: firstCountedDay(base.stored),
                  tomorrow: daysBefore(new Date().toISOString().slice(0, 10), -1),
                  projects: await knownProjects(index.bucket),
              }
    const progress = showProgress(sizes.reduce((sum, size) => sum + size, 0))
    const { counts, unproven, reports, cursors } = await readLogs(logs, selection, progress.update).finally(
        progress.end,
    )
    for (const report of reports) for (const line of describeReport(report)) printError(`manage-index: ${line}\n`)
    if (cursors.length === 0) throw noLines(logs)
    if (index && base) await forgetInvented(index.bucket, base.stored.counts, counts, unproven)
    const days = [...counts.days.keys()].sort()
    const found: StoredCounts = { counts, first: days[0] ?? '', last: days.at(-1) ?? '', cursors, unwritten: [] }
    const shown = index && base ? await publishCounts(index, base, counts, cursors) : found
    await showCounts(shown, reports, options)
    if (index) printError(`manage-index: ${counts.downloads} new downloads published\n`)
}

function checkOptions(logs: string[], { publish, since, until, project }: DownloadsOptions): void {
    if (logs.filter((log) => log === '-').length > 1) throw new UsageError('the standard input (-) is given twice')
    for (const [flag, day] of Object.entries({ '--since': since, '--until': until })) {
        if (day === undefined) continue
        if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new UsageError(`${flag} ${day} is not a day`, `${flag} 2026-11-27`)
        if (publish !== undefined) {
            throw new UsageError(`${flag} selects what is shown, but --publish counts whole logs`, `Leave ${flag} out.`)
        }
    }
    if (project === '') throw new UsageError('--project is empty', '--project NAME')
}

function noLines(logs: string[]): UserError {
    return new UserError(
        `${logs.join(', ')}: no line is of nginx's log_format pypi`,
        'The access log is access.log in the generated folder, or /var/log/nginx/access.log: see access_log in site.conf.',
    )
}

/** What a reader should know of a log. */
function describeReport({ log, foreign, old, late, unlisted, skipped, incomplete }: LogReport): string[] {
    const notes = [
        foreign > 0 && `${foreign} lines of another form`,
        old > 0 && `${old} lines of days that are not counted`,
        late > 0 && `${late} lines from the future, not counted: the clock of the node is wrong`,
        unlisted > 0 && `${unlisted} redirects for projects that the index does not have, not counted`,
        skipped > 0 && `${formatSize(skipped)} counted by an earlier run`,
        incomplete > 0 && 'the last line is incomplete and not counted yet',
    ].filter((note) => note !== false)
    return notes.length === 0 ? [] : [`${log === '-' ? 'standard input' : log}: ${notes.join(', ')}`]
}

async function showCounts(stored: StoredCounts, reports: LogReport[], options: DownloadsOptions): Promise<void> {
    const project = options.project === undefined ? undefined : normalizeName(options.project)
    const none = { ...noCounts(), versions: new Map<string, number>() }
    const own = project === undefined ? undefined : (stored.counts.projects.get(project) ?? none)
    const json = own === undefined ? indexJson(stored) : projectJson(stored, own)
    if (options.svg !== undefined) {
        const title = project === undefined ? 'Downloads' : `Downloads of ${project}`
        await writeFile(options.svg, downloadsPicture(title, json)).catch((error: Error) => {
            throw new UserError(`--svg ${options.svg}: ${error.message}`)
        })
    }
    if (options.json) {
        const { first, last, counts } = stored
        const all = own === undefined ? { first, last, ...countsJson(counts) } : json
        print(JSON.stringify({ ...all, logs: reports }, null, 2) + '\n')
    } else if (options.svg === undefined) print(describeDownloads(json, stored.counts, project))
}

/** The tables: projects or versions, installers, versions of Python, days. */
export function describeDownloads(json: DownloadsJson, { projects }: IndexCounts, project?: string): string {
    if (json.downloads === 0) return `no downloads${project === undefined ? '' : ` of ${project}`}\n`
    const parts =
        json.versions === undefined
            ? rowsOf('PROJECT', new Map([...projects].map(([name, { downloads }]) => [name, downloads])))
            : rowsOf('VERSION', new Map(Object.entries(json.versions)))
    const days = Object.entries(json.days).slice(-14)
    return [
        `${json.downloads} downloads${project === undefined ? '' : ` of ${project}`}, ${json.first} to ${json.last}\n`,
        parts,
        rowsOf('INSTALLER', new Map(Object.entries(json.installers))),
        rowsOf('PYTHON', new Map(Object.entries(json.pythons))),
        table([['DAY', 'DOWNLOADS'], ...days.map(([day, count]) => [day, String(count)])]),
    ].join('\n')
}

function rowsOf(heading: string, tally: Tally): string {
    const rows = byFrequency(tally)
    const shown = rows.slice(0, maxRows).map(([name, count]) => [name, String(count)])
    const more = rows.length > maxRows ? `${rows.length - maxRows} more: --json has all\n` : ''
    return table([[heading, 'DOWNLOADS'], ...shown]) + more
}

/** A line on a terminal. @param total bytes, 0 if they are unknown */
function showProgress(total: number) {
    const { stderr } = process
    let read = 0
    let shown = 0
    return {
        update(bytes: number) {
            read += bytes
            if (!stderr.isTTY || read - shown < 16 * 1024 * 1024) return
            shown = read
            stderr.write(`\r\x1b[K${formatSize(read)}${total === 0 ? '' : ` of ${formatSize(total)}`}`)
        },
        end() {
            if (stderr.isTTY) stderr.write('\r\x1b[K')
        },
    }
}
