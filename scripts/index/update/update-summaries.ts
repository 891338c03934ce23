import { metadataKey } from '../../../core/index/project-objects.js'
import { describedFile, maxHead, summariesKey, summaryIn, type SummariesJson } from '../../../core/index/summaries.js'
import { waitForOthers } from '../../../core/index/write-html.js'
import { mapParallel } from '../../../core/parallel.js'
import type { ProjectPage } from '../../../core/project-page.js'
import { UserError } from '../../../core/user-error.js'
import type { Bucket } from '../../s3/bucket.js'
import { compressPage, isStoredAs, jsonHeaders, readStoredPage, type StoredPage } from '../stored/stored-page.js'
import type { PackageIndex } from './package-index.js'

/** By the normalised name of the project. */
export type Summaries = ReadonlyMap<string, string>

const parallelReads = 4
/** Publishers that may overtake this one: summaries are not worth a longer wait. */
const maxRounds = 10

/**
 * Reads the summary of a project from the metadata of a wheel; empty without one.
 *
 * @param filename the described file of the project
 */
export async function readSummary(bucket: Bucket, project: string, filename: string | undefined): Promise<string> {
    const head = filename === undefined ? undefined : await bucket.getStart(metadataKey(project, filename), maxHead)
    return head === undefined ? '' : summaryIn(head.toString())
}

/** Summaries as read from a bucket. */
export interface StoredSummaries {
    page: StoredPage | undefined
    /** Undefined also for a page in a form that is not known. */
    summaries: Summaries | undefined
}

export async function readSummaries(bucket: Bucket): Promise<StoredSummaries> {
    const page = await readStoredPage(bucket, summariesKey)
    return { page, summaries: summariesOf(page) }
}

/**
 * Stores the summaries of projects whose pages have changed, in an index that has summaries. When S3 fails, it only warns:
 * they are made from the metadata, and `manage-index rebuild` makes them again.
 */
export async function updateSummaries(
    index: PackageIndex,
    pages: readonly ProjectPage[],
    warn: (message: string) => void = () => {},
): Promise<void> {
    await orWarn(warn, async () => {
        const stored = await readSummaries(index.bucket)
        if (stored.summaries === undefined) return
        const read = await mapParallel(pages, parallelReads, async (page) => {
            return [page.name, await readSummary(index.bucket, page.name, describedFile(page)?.filename)] as const
        })
        await replaceSummaries(index, stored, (summaries) => new Map([...(summaries ?? []), ...read]))
    })
}

/** Summaries are optional: no failure of S3 that concerns them fails a command. @returns undefined if it failed */
export async function orWarn<Result>(
    warn: (message: string) => void,
    attempt: () => Promise<Result>,
): Promise<Result | undefined> {
    try {
        return await attempt()
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        warn(`search does not know the new summary yet: ${error.message}`)
        return undefined
    }
}

/**
 * Replaces the stored summaries by compare-and-swap; writes nothing if nothing changes.
 *
 * @param known as they were read
 * @param change is called again with the current ones when another publisher was faster
 * @throws UserError if S3 fails, or others are faster each time
 */
export async function replaceSummaries(
    index: PackageIndex,
    known: StoredSummaries,
    change: (stored: Summaries | undefined) => Summaries,
): Promise<void> {
    let { page, summaries } = known
    for (let round = 0; round < maxRounds; round++) {
        const json = toJson(change(summaries))
        if (isStoredAs(page, json)) return
        if (await index.replace(summariesKey, compressPage(json), jsonHeaders, page?.etag)) return
        await waitForOthers(index.platform, round)
        ;({ page, summaries } = await readSummaries(index.bucket))
    }
    throw new UserError(`cannot write ${summariesKey}: other publishers changed it ${maxRounds} times in the meantime`)
}

function toJson(summaries: Summaries): Buffer {
    const sorted = [...summaries].sort(([a], [b]) => (a < b ? -1 : 1))
    const json: SummariesJson = { meta: { version: 1 }, summaries: Object.fromEntries(sorted) }
    return Buffer.from(JSON.stringify(json))
}

function summariesOf(stored: StoredPage | undefined): Summaries | undefined {
    if (stored?.body === undefined) return undefined
    try {
        const { meta, summaries } = JSON.parse(stored.body.toString()) as SummariesJson
        if (meta.version !== 1) return undefined
        return new Map(Object.entries(summaries).filter(([, summary]) => typeof summary === 'string'))
    } catch (error) {
        if (error instanceof SyntaxError || error instanceof TypeError) return undefined
        throw error
    }
}
