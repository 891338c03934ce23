import { UserError } from '../../core/user-error.js'
import { downloadCountsKey, type DownloadsJson } from '../../core/index/download-counts.js'
import { isProjectName } from '../../core/index/project-objects.js'
import { byFrequency, noCounts, type Counts, type IndexCounts, type ProjectCounts, type Tally } from './counts.js'
import type { Cursor } from './read-logs.js'

/** What is published of an index, and what it was counted from. */
export interface StoredCounts {
    counts: IndexCounts
    /** The first and the last day that was ever counted. */
    first: string
    last: string
    /** How far each log was counted. */
    cursors: Cursor[]
    /** Projects whose published counts are to be written. */
    unwritten: string[]
}

/** Days that are kept of the index, and of each project; all of their downloads stay in the other counts. */
const indexDays = 400
const projectDays = 100
/** Projects that the list of projects may name. */
const topProjects = 1000

/** Lines of earlier days are not counted: their logs may be forgotten. */
export function firstCountedDay({ last }: Pick<StoredCounts, 'last'>): string {
    return last === '' ? '' : daysBefore(last, indexDays - 1)
}

/** Forgets days and logs that are too old to be counted again. */
export function trimmed(stored: StoredCounts): StoredCounts {
    const first = firstCountedDay(stored)
    keepFrom(stored.counts.days, first)
    const firstOfProjects = stored.last === '' ? '' : daysBefore(stored.last, projectDays - 1)
    for (const { days } of stored.counts.projects.values()) keepFrom(days, firstOfProjects)
    return { ...stored, cursors: stored.cursors.filter(({ last }) => last >= first) }
}

function keepFrom(days: Tally, first: string): void {
    for (const day of days.keys()) if (day < first) days.delete(day)
}

/** @param day `2026-11-27` */
export function daysBefore(day: string, count: number): string {
    return new Date(Date.parse(`${day}T00:00:00Z`) - count * 86_400_000).toISOString().slice(0, 10)
}

/** The published form of the counts of the index. */
export function indexJson({ counts, first, last }: StoredCounts): DownloadsJson {
    const downloads = new Map([...counts.projects].map(([name, project]) => [name, project.downloads]))
    const projects = Object.fromEntries(byFrequency(downloads).slice(0, topProjects))
    return { meta: { version: 1 }, first, last, ...jsonOf(counts), projects }
}

/** The published form of the counts of one project. */
export function projectJson({ first, last }: StoredCounts, counts: ProjectCounts): DownloadsJson {
    return { meta: { version: 1 }, first, last, ...jsonOf(counts), versions: objectOf(counts.versions) }
}

/** All counts as JSON, with their projects. */
export function countsJson(counts: IndexCounts) {
    const projects = [...counts.projects].sort(([a], [b]) => (a < b ? -1 : 1))
    return {
        ...jsonOf(counts),
        projects: Object.fromEntries(
            projects.map(([name, own]) => [name, { ...jsonOf(own), versions: objectOf(own.versions) }]),
        ),
    }
}

function jsonOf({ downloads, days, installers, pythons }: Counts) {
    const sortedDays = [...days].sort(([a], [b]) => (a < b ? -1 : 1))
    return {
        downloads,
        days: Object.fromEntries(sortedDays),
        installers: objectOf(installers),
        pythons: objectOf(pythons),
    }
}

function objectOf(tally: Tally): Record<string, number> {
    return Object.fromEntries(byFrequency(tally))
}

/** The object in the bucket. */
export function toStoredJson({ counts, first, last, cursors, unwritten }: StoredCounts): Buffer {
    const json = { meta: { version: 1 }, first, last, cursors, unwritten, counts: countsJson(counts) }
    return Buffer.from(JSON.stringify(json) + '\n')
}

/** @throws UserError if it is not what `toStoredJson` makes */
export function parseStoredCounts(body: Buffer | undefined): StoredCounts {
    try {
        const json = JSON.parse(body!.toString('utf8')) as Record<string, unknown>
        const { version } = json.meta as { version: unknown }
        if (version !== 1) throw new TypeError('version')
        const projects = Object.entries((json.counts as { projects: object }).projects)
        return {
            first: dayOf(json.first),
            last: dayOf(json.last),
            cursors: (json.cursors as Cursor[]).map(checkedCursor),
            unwritten: (json.unwritten as string[]).filter(isProjectName),
            counts: { ...parseCounts(json.counts), projects: new Map(projects.map(parseProject)) },
        }
    } catch (error) {
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error
        throw new UserError(
            `${downloadCountsKey} in the bucket is damaged, or of a newer version`,
            'Update nginx-s3-pypi. If that does not help, delete the object and publish the counts of all logs again.',
        )
    }
}

function parseProject([name, json]: [string, unknown]): [string, ProjectCounts] {
    if (!isProjectName(name)) throw new TypeError(name)
    return [name, { ...parseCounts(json), versions: tallyOf((json as { versions: unknown }).versions) }]
}

function parseCounts(json: unknown): Counts {
    const { downloads, days, installers, pythons } = json as Record<string, unknown>
    if (!isCount(downloads)) throw new TypeError('downloads')
    return { ...noCounts(), downloads, days: tallyOf(days), installers: tallyOf(installers), pythons: tallyOf(pythons) }
}

function tallyOf(json: unknown): Tally {
    const entries = Object.entries(json as object) as [string, unknown][]
    for (const [name, count] of entries) if (!isCount(count)) throw new TypeError(name)
    return new Map(entries as [string, number][])
}

function isCount(value: unknown): value is number {
    return Number.isSafeInteger(value) && (value as number) >= 0
}

function dayOf(value: unknown): string {
    if (typeof value !== 'string' || !/^(?:\d{4}-\d\d-\d\d)?$/.test(value)) throw new TypeError('day')
    return value
}

function checkedCursor({ first, bytes, tail, last }: Cursor): Cursor {
    if (!isCount(bytes) || ![first, tail].every((hash) => /^[0-9a-f]{32}$/.test(hash))) throw new TypeError('cursor')
    return { first, bytes, tail, last: dayOf(last) }
}
