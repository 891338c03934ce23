import { UserError } from '../../../core/user-error.js'
import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../s3/objects.js'
import { mapParallel } from '../../s3/parallel.js'
import { rootPages } from '../stored/pages.js'
import { byFolder, classifyObjects, type ProjectObjects } from '../stored/project-objects.js'
import { parseRootJson } from '../../../core/root-page.js'

/** Projects at a time. */
export const parallelProjects = 8

/** How far a walk through the projects is. */
export interface ScanProgress {
    projects: number
    files: number
}

/** What a walk found beside the projects. */
export interface Scan {
    /** The list of the projects. */
    json: ListedObject | undefined
    html: ListedObject | undefined
    /** Keys of objects that belong to no index, in order. */
    unknown: string[]
}

/**
 * Walks through the projects of an index, a bounded part of it in memory: the folders that hold files, or pages whose
 * files are gone.
 *
 * An index under a prefix of its own is passed over.
 */
export async function scan(
    bucket: Bucket,
    visit: (objects: ProjectObjects) => Promise<void>,
    onProgress?: (progress: ScanProgress) => void,
): Promise<Scan> {
    const found: Scan = { json: undefined, html: undefined, unknown: [] }
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
        const prefixes = await otherIndexes(bucket, folder, objects)
        const own = objects.filter(({ key }) => !prefixes.some((prefix) => key.startsWith(prefix)))
        const classified = classifyObjects(folder, own)
        found.unknown.push(...classified.unknown.map(({ key }) => key))
        if (classified.files.size === 0 && !classified.json) {
            // A page alone may be anybody's.
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

/** The prefixes under which a folder that is no project holds the list of another index's projects. */
async function otherIndexes(bucket: Bucket, folder: string, objects: ListedObject[]): Promise<string[]> {
    if (classifyObjects(folder, objects).files.size > 0) return []
    const prefixes: string[] = []
    for (const { key } of objects) {
        if (!key.endsWith('/index.json') || prefixes.some((prefix) => key.startsWith(prefix))) continue
        const content = await bucket.get(key)
        if (content && isRootJson(content.body, key)) prefixes.push(key.slice(0, -'index.json'.length))
    }
    return prefixes
}

function isRootJson(body: Buffer, key: string): boolean {
    try {
        parseRootJson(body.toString(), key)
        return true
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
