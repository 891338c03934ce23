import { UserError } from '../../../core/user-error.js'
import { backOff } from '../../s3/retry.js'
import type { PackageIndex } from './package-index.js'
import type { Pages } from '../stored/pages.js'
import { compressPage, isStoredAs, readStoredPage, type StoredPage } from '../stored/stored-page.js'
import { htmlHeaders, jsonHeaders, sourceEtag } from '../stored/stored-headers.js'

/** Attempts to write one page. With 50 concurrent publishers, the last one succeeds within 50 attempts. */
const maxRounds = 200
/**
 * On servers without conditional writes: rounds to wait for other publishers to index their own files. After that, the
 * last publisher also indexes the files of one that was killed.
 */
export const patience = 10
/** Bounds of the wait between two rounds. Milliseconds. */
const firstWait = 100
const longestWait = 2000

/** The result of `updatePages`. */
export interface Update<Page> {
    /** The page before the first round. */
    before: Page | undefined
    page: Page
    /** False if both pages were already up to date. */
    written: boolean
}

/** The page that a round of `updatePages` should write. */
export interface Change<Page> {
    page: Page
    /** If false, another round follows, even if nothing changed. */
    isComplete: boolean
}

/** Options of `updatePages`. */
export interface UpdateOptions {
    /** index.json as already read by the caller; saves the first read. */
    json?: { stored: StoredPage | undefined }
    /** Whether the stored index.html equals `html`, if index.json is unchanged. Default: compare its source ETag. */
    isCurrent?: (html: Buffer) => Promise<boolean>
    /** Treat an invalid index.json as missing. */
    replaceBroken?: boolean
}

/**
 * Changes a page without losing concurrent changes by other publishers.
 *
 * index.json is replaced by compare-and-swap: a publisher that loses the race reads the page again and repeats its
 * change. On servers without conditional writes, another round follows each write: `change` then also compares the page
 * with the objects in the bucket, so the last writer leaves a page with all of them. The rounds end when the page is
 * complete and unchanged.
 *
 * @param change called in each round; returns the page to write
 * @see AWS Storage Blog, "Building multi-writer applications on Amazon S3 using native controls"
 */
export async function updatePages<Page>(
    index: PackageIndex,
    pages: Pages<Page>,
    change: (page: Page | undefined, round: number) => Promise<Change<Page>> | Change<Page>,
    options: UpdateOptions = {},
): Promise<Update<Page>> {
    let before: Page | undefined
    for (let round = 0; round < maxRounds; round++) {
        const stored =
            round === 0 && options.json ? options.json.stored : await readStoredPage(index.bucket, pages.jsonKey)
        const current = stored && readPage(pages, stored, options)
        if (round === 0) before = current
        const { page, isComplete } = await change(current, round)
        const body = pages.toJson(page)
        const isSame = isStoredAs(stored, body)
        if (stored && isSame && isComplete) {
            const html = pages.toHtml(page)
            const isCurrent = await (options.isCurrent?.(html) ?? isMadeFrom(index, pages.htmlKey, stored.etag))
            if (!isCurrent) await writeHtml(index, pages, page, stored.etag)
            return { before, page, written: !isCurrent || round > 0 }
        }
        const replaced = isSame
            ? undefined
            : await index.replace(pages.jsonKey, compressPage(body), jsonHeaders, stored?.etag)
        if (replaced?.certain && isComplete) {
            await writeHtml(index, pages, page, replaced.etag)
            return { before, page, written: true }
        }
        await backOff(round, firstWait, longestWait)
    }
    throw tooBusy(pages.jsonKey)
}

/** Parses index.json. @throws UserError if it is invalid, unless `replaceBroken` is set */
export function readPage<Page>(pages: Pages<Page>, stored: StoredPage, options: UpdateOptions): Page | undefined {
    try {
        return pages.parse(stored)
    } catch (error) {
        if (options.replaceBroken && error instanceof UserError) return undefined
        throw error
    }
}

async function isMadeFrom(index: PackageIndex, htmlKey: string, jsonEtag: string): Promise<boolean> {
    const head = await index.bucket.head(htmlKey)
    return head?.metadata[sourceEtag] === jsonEtag && head.contentEncoding === 'gzip'
}

/**
 * Writes index.html, then checks that index.json is unchanged. Otherwise a slow publisher could replace a newer
 * index.html, which would then stay older than index.json.
 */
async function writeHtml<Page>(index: PackageIndex, pages: Pages<Page>, page: Page, etag: string): Promise<void> {
    for (let round = 0; round < maxRounds; round++) {
        await index.bucket.write(pages.htmlKey, compressPage(pages.toHtml(page)), htmlHeaders(etag))
        if ((await index.bucket.head(pages.jsonKey))?.etag === etag) return
        // Another publisher is active. Wait, so that one write covers several changes.
        await backOff(round, firstWait, longestWait)
        const stored = await readStoredPage(index.bucket, pages.jsonKey)
        // The project and its pages were removed in the meantime.
        if (stored === undefined) return index.bucket.delete([pages.htmlKey])
        page = pages.parse(stored)
        etag = stored.etag
    }
    throw tooBusy(pages.htmlKey)
}

function tooBusy(key: string): UserError {
    return new UserError(
        `cannot write ${key}: other publishers changed it ${maxRounds} times in the meantime`,
        'Nothing is lost: run the same command again.',
    )
}
