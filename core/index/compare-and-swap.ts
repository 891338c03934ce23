import { UserError } from '../user-error.js'
import type { PackageIndex } from './package-index.js'
import type { Pages } from './pages.js'
import { becomesCurrent, maxRounds, tooBusy, waitForOthers, writeHtml } from './write-html.js'
import { isStoredAs, headersOf, readStoredPage, type StoredPage } from './stored-page.js'
import { jsonHeaders, sourceEtag } from './stored-headers.js'

/**
 * On servers without conditional writes: rounds to wait for other publishers to index their own files. After that, the
 * last publisher also indexes the files of one that was killed.
 */
export const patience = 10
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
export interface UpdateOptions<Bytes extends Uint8Array = Uint8Array> {
    /** index.json as already read by the caller; saves the first read. */
    json?: { stored: StoredPage | undefined }
    /** Whether the stored index.html equals `html`, if index.json is unchanged. Default: compare its source ETag. */
    isCurrent?: (html: Bytes) => Promise<boolean>
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
export async function updatePages<Page, Bytes extends Uint8Array>(
    index: PackageIndex,
    pages: Pages<Page, Bytes>,
    change: (page: Page | undefined, round: number) => Promise<Change<Page>> | Change<Page>,
    options: UpdateOptions<Bytes> = {},
): Promise<Update<Page>> {
    const { bucket, platform } = index
    let before: Page | undefined
    /** ETag of the index.json that this publisher wrote last. */
    let own: string | undefined
    for (let round = 0; round < maxRounds; round++) {
        const stored =
            round === 0 && options.json ? options.json.stored : await readStoredPage(bucket, platform, pages.jsonKey)
        const current = stored && readPage(pages, stored, options)
        if (round === 0) before = current
        const { page, isComplete } = await change(current, round)
        const body = pages.toJson(page)
        const isSame = isStoredAs(stored, body, platform)
        if (stored && isSame && isComplete) {
            const isCurrent = options.isCurrent
                ? await options.isCurrent(await pages.toHtml(page))
                : stored.etag !== own && (await isOrBecomesCurrent(index, pages, stored.etag))
            if (!isCurrent) await writeHtml(index, pages, { page, etag: stored.etag, before: undefined })
            return { before, page, written: !isCurrent || round > 0 }
        }
        const replaced = isSame ? undefined : await replaceJson(index, pages.jsonKey, body, stored?.etag)
        own = replaced?.etag ?? own
        if (replaced?.certain && isComplete) {
            await writeHtml(index, pages, { page, etag: replaced.etag, before: stored?.etag })
            return { before, page, written: true }
        }
        await waitForOthers(platform, round)
    }
    throw tooBusy(pages.jsonKey)
}

async function replaceJson(index: PackageIndex, key: string, body: Uint8Array, expected: string | undefined) {
    await index.platform.pause()
    const compressed = await index.platform.compress(body)
    return index.replace(key, compressed, headersOf(jsonHeaders, compressed), expected)
}

/** Parses index.json. @throws UserError if it is invalid, unless `replaceBroken` is set */
export function readPage<Page>(
    pages: Pages<Page>,
    stored: StoredPage,
    options: { replaceBroken?: boolean },
): Page | undefined {
    try {
        return pages.parse(stored)
    } catch (error) {
        if (options.replaceBroken && error instanceof UserError) return undefined
        throw error
    }
}

/** With `spliceHtml`, `writeHtml` itself waits for others. */
async function isOrBecomesCurrent<Page>(index: PackageIndex, pages: Pages<Page>, jsonEtag: string): Promise<boolean> {
    if (!pages.spliceHtml || !index.conditionalWrites) return becomesCurrent(index, pages, jsonEtag)
    return (await index.bucket.head(pages.htmlKey))?.metadata[sourceEtag] === jsonEtag
}
