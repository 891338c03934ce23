import { UserError } from '../../../core/user-error.js'
import type { ObjectContent } from '../../s3/objects.js'
import { backOff } from '../../s3/retry.js'
import type { PackageIndex } from './package-index.js'
import type { Pages } from '../stored/pages.js'
import { htmlHeaders, jsonHeaders, sourceEtag } from '../stored/stored-headers.js'

/** Tries to write one page. Of 50 publishers at once the last one wins its 50th at the latest. */
const maxRounds = 200
/**
 * Rounds in which what others uploaded is left to them to index, on servers without conditional writes. After these the
 * last one does it for who was killed.
 */
export const patience = 10
/** Bounds of the wait between two rounds. Milliseconds. */
const firstWait = 100
const longestWait = 2000

/** What `updatePages` did. */
export interface Update<Page> {
    /** What was there before the first round. */
    before: Page | undefined
    page: Page
    /** False when both pages were as they should be. */
    written: boolean
}

/** What a caller of `updatePages` wants. */
export interface Change<Page> {
    page: Page
    /** Where it is not, the page is written and looked at once more, even when nothing changed. */
    isComplete: boolean
}

/** What the caller knows better than `updatePages` does. */
export interface UpdateOptions {
    /** What index.json was found to be, to save the first read. */
    json?: { content: ObjectContent | undefined }
    /** Whether the index.html beside an index.json that need not change is this one. Default: by the ETag on it. */
    isCurrent?: (html: Buffer) => boolean
    /** Take an index.json that cannot be read for none. */
    replaceBroken?: boolean
}

/**
 * Changes a page so that no publisher's change is lost, whatever others do at the same time.
 *
 * index.json is replaced by compare-and-swap: a publisher who lost the race reads again, and changes what it then finds.
 * Where the server has no conditional writes, a write is followed by another round: `change` also compares the page
 * with the objects in the bucket, so that the last to write leaves a page with all of them, and the rounds end when the
 * page is complete and there is nothing more to change.
 *
 * @param change is asked in each round, and gives the page as it should be
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
        const content = round === 0 && options.json ? options.json.content : await index.bucket.get(pages.jsonKey)
        const current = content && readPage(pages, content.body, options)
        if (round === 0) before = current
        const { page, isComplete } = await change(current, round)
        const body = pages.toJson(page)
        const isSame = content?.body.equals(body)
        if (content && isSame && isComplete) {
            const html = pages.toHtml(page)
            const isCurrent = options.isCurrent?.(html) ?? (await isMadeFrom(index, pages.htmlKey, content.etag))
            if (!isCurrent) await writeHtml(index, pages, page, content.etag)
            return { before, page, written: !isCurrent || round > 0 }
        }
        const replaced = isSame ? undefined : await index.replace(pages.jsonKey, body, jsonHeaders, content?.etag)
        if (replaced?.certain && isComplete) {
            await writeHtml(index, pages, page, replaced.etag)
            return { before, page, written: true }
        }
        await backOff(round, firstWait, longestWait)
    }
    throw tooBusy(pages.jsonKey)
}

/** Reads index.json. Throws UserError for one that is broken. */
export function readPage<Page>(pages: Pages<Page>, body: Buffer, options: UpdateOptions): Page | undefined {
    try {
        return pages.parse(body)
    } catch (error) {
        if (options.replaceBroken && error instanceof UserError) return undefined
        throw error
    }
}

async function isMadeFrom(index: PackageIndex, htmlKey: string, jsonEtag: string): Promise<boolean> {
    return (await index.bucket.head(htmlKey))?.metadata[sourceEtag] === jsonEtag
}

/**
 * Writes index.html and then looks whether index.json is still the same: the page of a slow publisher could otherwise
 * replace that of a faster one, and be older than index.json for good.
 */
async function writeHtml<Page>(index: PackageIndex, pages: Pages<Page>, page: Page, etag: string): Promise<void> {
    for (let round = 0; round < maxRounds; round++) {
        await index.bucket.write(pages.htmlKey, pages.toHtml(page), htmlHeaders(etag))
        if ((await index.bucket.head(pages.jsonKey))?.etag === etag) return
        // Another publisher is at work, and others may follow: the page is made once for several of them.
        await backOff(round, firstWait, longestWait)
        const content = await index.bucket.get(pages.jsonKey)
        // The project was removed meanwhile, and its pages with it.
        if (content === undefined) return index.bucket.delete([pages.htmlKey])
        page = pages.parse(content.body)
        etag = content.etag
    }
    throw tooBusy(pages.htmlKey)
}

function tooBusy(key: string): UserError {
    return new UserError(
        `others changed ${key} ${maxRounds} times while it was to be written`,
        'Nothing is lost: run the same command again.',
    )
}
