import { UserError } from '../../core/user-error.js'
import { downloadCountsKey, downloadsKey, type DownloadsJson } from '../../core/index/download-counts.js'
import { isProjectName } from '../../core/index/project-objects.js'
import { waitForOthers } from '../../core/index/write-html.js'
import { mapParallel } from '../../core/parallel.js'
import { compressPage, jsonHeaders, readStoredPage } from '../index/stored/stored-page.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { addCounts, noCounts, type IndexCounts } from './counts.js'
import type { Cursor } from './read-logs.js'
import { indexJson, parseStoredCounts, projectJson, toStoredJson, trimmed, type StoredCounts } from './stored-counts.js'

/** Concurrent writes. */
const parallelWrites = 16
/** Runs that may overtake this one. */
const maxRounds = 10

/** What is published, and the ETag of its object. */
export interface Published {
    stored: StoredCounts
    etag: string | undefined
}

/** Reads what is published; nothing at first. @throws UserError if it is damaged */
export async function readPublished({ bucket }: PackageIndex): Promise<Published> {
    const page = await readStoredPage(bucket, downloadCountsKey)
    if (page !== undefined) return { stored: parseStoredCounts(page.body), etag: page.etag }
    const counts = { ...noCounts(), projects: new Map() }
    return { stored: { counts, first: '', last: '', cursors: [], unwritten: [] }, etag: undefined }
}

/**
 * Adds counts to those that are published.
 *
 * One object holds all counts and how far each log was counted, and is replaced by compare-and-swap: no run, also a killed
 * one, counts a log twice or loses counts. What the pages read is written from it, by the next run if this one is killed.
 *
 * @param base what was published when the logs were read
 * @param cursors how far the logs are counted now
 * @throws UserError if another run has counted one of the logs meanwhile
 */
export async function publishCounts(
    index: PackageIndex,
    base: Published,
    counts: IndexCounts,
    cursors: readonly Cursor[],
): Promise<StoredCounts> {
    const read = new Map(base.stored.cursors.map((cursor) => [cursor.first, cursor.bytes]))
    let current = base
    for (let round = 0; round < maxRounds; round++) {
        for (const { first } of cursors) {
            const now = current.stored.cursors.find((cursor) => cursor.first === first)
            if (now?.bytes !== read.get(first)) throw overtaken()
        }
        const merged = mergedCounts(current.stored, counts, cursors)
        const etag = await replace(index, merged, current.etag)
        if (etag !== undefined) {
            return writePages(index, { stored: merged, etag }, [...counts.projects.keys()].filter(isProjectName))
        }
        current = await readPublished(index)
    }
    throw overtaken()
}

function mergedCounts(stored: StoredCounts, counts: IndexCounts, cursors: readonly Cursor[]): StoredCounts {
    addCounts(stored.counts, counts)
    const days = [...counts.days.keys(), stored.first, stored.last].filter((day) => day !== '').sort()
    const isCounted = new Set(cursors.map(({ first }) => first))
    return trimmed({
        counts: stored.counts,
        first: days[0] ?? '',
        last: days.at(-1) ?? '',
        cursors: [...stored.cursors.filter(({ first }) => !isCounted.has(first)), ...cursors],
        unwritten: [...new Set([...stored.unwritten, ...counts.projects.keys()])].filter(isProjectName).sort(),
    })
}

/** @returns the ETag; undefined if another run was faster */
async function replace(index: PackageIndex, stored: StoredCounts, expected: string | undefined) {
    const replaced = await index.replace(downloadCountsKey, compressPage(toStoredJson(stored)), jsonHeaders, expected)
    return replaced?.etag
}

/**
 * Writes the pages of the counts until no other run has changed these meanwhile: each run's last look is after its last
 * write, so no page stays older than the counts.
 *
 * @param own projects that this run has counted
 */
async function writePages(index: PackageIndex, published: Published, own: string[]): Promise<StoredCounts> {
    let { stored, etag } = published
    for (let round = 0; round < maxRounds; round++) {
        await mapParallel([...new Set([...stored.unwritten, ...own])], parallelWrites, async (project) => {
            const counts = stored.counts.projects.get(project)
            if (counts !== undefined) await write(index, downloadsKey(project), projectJson(stored, counts))
        })
        await write(index, downloadsKey(), indexJson(stored))
        if (stored.unwritten.length > 0) {
            if (await replace(index, { ...stored, unwritten: [] }, etag)) return stored
        } else if ((await index.bucket.head(downloadCountsKey))?.etag === etag) return stored
        await waitForOthers(index.platform, round)
        ;({ stored, etag } = await readPublished(index))
    }
    throw new UserError(
        `the counts are published, but other runs changed them ${maxRounds} times while their pages were written`,
        'Publish at other minutes on each node: a page may be older than the counts until its next download.',
    )
}

async function write({ bucket }: PackageIndex, key: string, json: DownloadsJson): Promise<void> {
    await bucket.write(key, compressPage(Buffer.from(JSON.stringify(json) + '\n')), jsonHeaders)
}

function overtaken(): UserError {
    return new UserError(
        'another run has published counts of the same logs meanwhile; nothing of this run was published',
        'Run the same command again: it counts what the other has not.',
    )
}
