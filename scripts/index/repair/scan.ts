import { UserError } from '../../../core/user-error.js'
import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../../core/index/objects.js'
import { mapParallel } from '../../../core/parallel.js'
import { rootPages } from '../stored/pages.js'
import { isOfDownloads } from '../../../core/index/download-counts.js'
import { summariesKey } from '../../../core/index/summaries.js'
import { isMarker, markerFolder } from '../../../core/index/unlisted-projects.js'
import { pageText } from '../../../core/index/stored-page.js'
import { readStoredPage, type StoredPage } from '../stored/stored-page.js'
import { byFolder, classifyObjects, type ProjectObjects } from '../../../core/index/project-objects.js'
import { parseRootJson } from '../../../core/root-page.js'
import { isAbandoned, isStaged, stagingFolder } from '../../../core/upload/staged-body.js'

/** Projects visited concurrently. */
export const parallelProjects = 8

/** Progress of a scan. */
export interface ScanProgress {
    projects: number
    files: number
}

/** Objects that a scan found outside of projects. */
export interface Scan {
    /** The project list. */
    json: ListedObject | undefined
    html: ListedObject | undefined
    /** Bodies of uploads that were killed. */
    abandoned: ListedObject[]
    /** Keys of objects that do not belong to an index, sorted. */
    unknown: string[]
}

/**
 * Visits all projects of an index in bounded memory: folders with files, or with a page whose files are gone.
 *
 * Other indexes under a longer prefix are skipped.
 *
 * @param now decides which bodies of uploads are abandoned
 */
export async function scan(
    bucket: Bucket,
    visit: (objects: ProjectObjects) => Promise<void>,
    now: Date,
    onProgress?: (progress: ScanProgress) => void,
): Promise<Scan> {
    const found: Scan = { json: undefined, html: undefined, abandoned: [], unknown: [] }
    const progress = { projects: 0, files: 0 }
    await mapParallel(byFolder(bucket.list()), parallelProjects, async ({ folder, objects }) => {
        if (folder === '') {
            for (const object of objects) {
                if (object.key === '' && object.size === 0) continue
                if (object.key === rootPages.jsonKey) found.json = object
                else if (object.key === rootPages.htmlKey) found.html = object
                else found.unknown.push(object.key)
            }
            return
        }
        if (folder === markerFolder) {
            const isKnown = (key: string) => isMarker(key) || isOfDownloads(key) || key === summariesKey
            for (const { key } of objects) if (!isKnown(key)) found.unknown.push(key)
            return
        }
        if (folder === stagingFolder) {
            for (const object of objects) {
                if (isAbandoned(object, now)) found.abandoned.push(object)
                else if (!isStaged(object.key)) found.unknown.push(object.key)
            }
            return
        }
        const prefixes = await otherIndexes(bucket, folder, objects)
        const own = objects.filter(({ key }) => !prefixes.some((prefix) => key.startsWith(prefix)))
        const classified = classifyObjects(folder, own)
        for (const { key } of classified.unknown) found.unknown.push(key)
        if (classified.files.size === 0 && !classified.json) {
            // An HTML page without files may belong to something else.
            for (const page of [classified.html, classified.folderPage]) if (page) found.unknown.push(page.key)
            return
        }
        await visit(classified)
        progress.projects++
        progress.files += classified.files.size
        onProgress?.(progress)
    })
    found.unknown.sort()
    return found
}

/** Prefixes of other indexes in a folder that is not a project, found by their project lists. */
async function otherIndexes(bucket: Bucket, folder: string, objects: ListedObject[]): Promise<string[]> {
    if (classifyObjects(folder, objects).files.size > 0) return []
    const prefixes: string[] = []
    for (const { key } of objects) {
        if (!key.endsWith('/index.json') || prefixes.some((prefix) => key.startsWith(prefix))) continue
        const stored = await readStoredPage(bucket, key)
        if (stored && isRootJson(stored)) prefixes.push(key.slice(0, -'index.json'.length))
    }
    return prefixes
}

function isRootJson(stored: StoredPage): boolean {
    try {
        parseRootJson(pageText(stored), stored.key)
        return true
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
