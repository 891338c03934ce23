import { backOffTime } from '../back-off.js'
import { UserError } from '../user-error.js'
import type { PackageIndex } from './package-index.js'
import type { Pages } from './pages.js'
import type { IndexPlatform } from './platform.js'
import { headersOf, readStoredPage } from './stored-page.js'
import { htmlHeaders, sourceEtag } from './stored-headers.js'

/** Attempts to write one page. With 50 concurrent publishers, the last one succeeds within 50 attempts. */
export const maxRounds = 200
/** Bounds of the wait between two rounds. Milliseconds. */
const firstWait = 100
const longestWait = 2000

/** Rounds to wait for the publisher that replaced index.json to write index.html. */
const renderPatience = 6
/** While the publisher before this one writes index.html. Milliseconds. */
const longestHtmlWait = 400
/** About 6 s in which index.html does not change: its publisher has been killed. */
const htmlPatience = 30

/** An index.json that was written or found, and whose index.html is to be written. */
export interface WrittenJson<Page> {
    page: Page
    etag: string
    /** The ETag of the index.json that it replaced. */
    before: string | undefined
}

/**
 * Writes index.html.
 *
 * With `pages.spliceHtml`, it is made from the index.html that belongs to the index.json before, which another publisher
 * may still be about to write: it is waited for.
 */
export async function writeHtml<Page>(
    index: PackageIndex,
    pages: Pages<Page>,
    written: WrittenJson<Page>,
): Promise<void> {
    if (pages.spliceHtml && index.conditionalWrites) await swapHtml(index, pages, written)
    else await renderHtml(index, pages, written)
}

/**
 * Renders and writes index.html, then checks that index.json is unchanged. Otherwise a slow publisher could replace a
 * newer index.html, which would then stay older than index.json.
 */
async function renderHtml<Page>(index: PackageIndex, pages: Pages<Page>, written: WrittenJson<Page>): Promise<void> {
    const { bucket, platform } = index
    let { page, etag } = written
    for (let round = 0; round < maxRounds; round++) {
        const html = await platform.compress(await pages.toHtml(page))
        await bucket.write(pages.htmlKey, html, headersOf(htmlHeaders(etag), html))
        const current = (await bucket.head(pages.jsonKey))?.etag
        if (current === etag) return
        // Another publisher is active and writes index.html as well.
        if (await becomesCurrent(index, pages, current)) return
        const stored = await readStoredPage(bucket, platform, pages.jsonKey)
        // The project and its pages were removed in the meantime.
        if (stored === undefined) return bucket.delete([pages.htmlKey])
        page = pages.parse(stored)
        etag = stored.etag
    }
    throw tooBusy(pages.htmlKey)
}

/**
 * Whether index.html is made from the current index.json. Otherwise waits some rounds for the publisher that replaced
 * index.json: pages can be large, and only one of many concurrent publishers needs to write index.html.
 *
 * @param jsonEtag ETag of index.json as last read
 * @returns false if index.json was deleted, or no publisher wrote index.html: it was killed, or is slow
 */
export async function becomesCurrent<Page>(
    { bucket, platform }: PackageIndex,
    { jsonKey, htmlKey }: Pages<Page>,
    jsonEtag: string | undefined,
): Promise<boolean> {
    for (let round = 0; round < renderPatience; round++) {
        if (round > 0) {
            await waitForOthers(platform, round)
            jsonEtag = (await bucket.head(jsonKey))?.etag
        }
        if (jsonEtag === undefined) return false
        if ((await bucket.head(htmlKey))?.metadata[sourceEtag] === jsonEtag) return true
    }
    return false
}

/** Waits before the next round, so that concurrent publishers spread out. */
export async function waitForOthers(platform: IndexPlatform, round: number): Promise<void> {
    await platform.sleep(backOffTime(round, firstWait, longestWait))
}

/** Replaces index.html by compare-and-swap. Returns when it contains this change, or one that was made from it. */
async function swapHtml<Page>(index: PackageIndex, pages: Pages<Page>, written: WrittenJson<Page>): Promise<void> {
    const { bucket, platform } = index
    let idle = 0
    let last: string | undefined
    for (let round = 0; round < maxRounds; round++) {
        const html = await bucket.head(pages.htmlKey)
        const source = html?.metadata[sourceEtag]
        if (source === written.etag) return
        const isNext = written.before !== undefined && source === written.before
        if (isNext && (await spliceStored(index, pages, written))) return
        const json = await bucket.head(pages.jsonKey)
        if (json === undefined) return bucket.delete([pages.htmlKey])
        if (json.etag === source) return
        idle = html?.etag === last ? idle + 1 : 0
        last = html?.etag
        // Nobody else is going to write it, or its publisher has been killed.
        const isFirst = written.before === undefined && json.etag === written.etag
        if (isNext || isFirst || idle >= htmlPatience) await renderStored(index, pages, html?.etag)
        else await platform.sleep(backOffTime(round, firstWait, longestHtmlWait))
    }
    throw tooBusy(pages.htmlKey)
}

/** @returns whether index.html was made from the one before, and written */
async function spliceStored<Page>(index: PackageIndex, pages: Pages<Page>, written: WrittenJson<Page>) {
    const stored = await readStoredPage(index.bucket, index.platform, pages.htmlKey)
    if (stored?.body === undefined || stored.metadata[sourceEtag] !== written.before) return false
    const html = pages.spliceHtml!(stored.body, written.page)
    await index.platform.pause()
    return html !== undefined && (await replaceHtml(index, pages, html, written.etag, stored.etag))
}

/** Renders index.html from the current index.json; the next round looks whether it is still current. */
async function renderStored<Page>(index: PackageIndex, pages: Pages<Page>, expected: string | undefined) {
    const stored = await readStoredPage(index.bucket, index.platform, pages.jsonKey)
    if (stored) await replaceHtml(index, pages, await pages.toHtml(pages.parse(stored)), stored.etag, expected)
}

async function replaceHtml<Page>(
    index: PackageIndex,
    pages: Pages<Page>,
    html: Uint8Array,
    jsonEtag: string,
    expected: string | undefined,
): Promise<boolean> {
    const body = await index.platform.compress(html)
    const replaced = await index.replace(pages.htmlKey, body, headersOf(htmlHeaders(jsonEtag), body), expected)
    return replaced !== undefined
}

export function tooBusy(key: string): UserError {
    return new UserError(
        `cannot write ${key}: other publishers changed it ${maxRounds} times in the meantime`,
        'Nothing is lost: run the same command again.',
    )
}
