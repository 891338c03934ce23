import type { ObjectHeaders } from '../../../core/index/objects.js'
import { metadataKey } from '../../../core/index/project-objects.js'
import { describedFile, summariesKey, summaryIn, type SummariesJson } from '../../../core/index/summaries.js'
import { waitForOthers } from '../../../core/index/write-html.js'
import { mapParallel } from '../../../core/parallel.js'
import type { ProjectPage } from '../../../core/project-page.js'
import { UserError } from '../../../core/user-error.js'
import type { Bucket } from '../../s3/bucket.js'
import { compressPage, isStoredAs, readStoredPage, type StoredPage } from '../stored/stored-page.js'
import type { PackageIndex } from './package-index.js'

/** By the normalised name of the project. */
export type Summaries = ReadonlyMap<string, string>

const headers: ObjectHeaders = {
    contentType: 'application/json',
    cacheControl: 'no-cache',
    contentEncoding: 'gzip',
}

const parallelReads = 4
/** Publishers that may overtake this one: summaries are not worth a longer wait. */
const maxRounds = 10

/** Reads the summary of a project from the metadata of a wheel; empty without one. */
export async function readSummary(bucket: Bucket, page: ProjectPage): Promise<string> {
    const file = describedFile(page)
    const content = file && (await bucket.get(metadataKey(page.name, file.filename)))
    return content === undefined ? '' : summaryIn(content.body.toString())
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
    try {
        const stored = await readSummaries(index.bucket)
        if (stored.summaries === undefined) return
        const read = await mapParallel(pages, parallelReads, async (page) => {
            return [page.name, await readSummary(index.bucket, page)] as const
        })
        await replaceSummaries(index, stored, (summaries) => new Map([...(summaries ?? []), ...read]))
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        warn(`search does not know the new summary yet: ${error.message}`)
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
        if (await index.replace(summariesKey, compressPage(json), headers, page?.etag)) return
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
