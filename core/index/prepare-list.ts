import { UserError } from '../user-error.js'
import { updatePages } from './compare-and-swap.js'
import type { BoundedBucket } from './objects.js'
import type { PackageIndex } from './package-index.js'
import { projectPages, rootPages } from './pages.js'
import { classifyObjects, isInUse, isProjectName } from './project-objects.js'
import { openJson } from './splice-json.js'
import { openList } from './splice-root.js'
import { listOf, splicedListPages } from './spliced-list.js'
import { sourceEtag } from './stored-headers.js'
import { readStoredPage } from './stored-page.js'
import { isMarkedUnlisted } from './unlisted-projects.js'

/** Folders, and objects of a folder, that are looked at: enough to decide, and read by one request. */
const mostListed = 200
/** An index.json that may be that of an empty project is read, and parsed. Bytes. */
const mostRead = 64 * 1024
const mostParsed = 16 * 1024

/**
 * Makes sure that the project list can be edited, before anything of a project is written: creates it in a bucket
 * without projects. So it exists before the first project, and is never made from all folders by an upload, which would
 * take the worker of nginx seconds and a gigabyte.
 *
 * @param isNew whether the project is to be added to the list
 * @throws UserError if the list is missing but the bucket has projects, or it is by another tool
 */
export async function prepareList(index: PackageIndex<BoundedBucket>, isNew: boolean): Promise<void> {
    const { bucket, platform } = index
    const { jsonKey } = rootPages
    const head = await bucket.head(jsonKey)
    if (head === undefined) {
        const hasProjects = await holdsProjects(index)
        // Another upload may have made both meanwhile.
        if (!hasProjects) {
            await updatePages(index, splicedListPages(platform), (current) => ({
                page: current ?? listOf([]),
                isComplete: true,
            }))
        } else if ((await bucket.head(jsonKey)) === undefined) {
            throw mustRebuild(`the bucket has projects, but no project list (${jsonKey})`)
        }
    } else if (isNew && !(await isEditable(index, head.etag))) {
        throw mustRebuild(`the project list (${jsonKey}) is by another tool`)
    }
}

function mustRebuild(message: string): UserError {
    return new UserError(message, 'Nothing was stored. Run this once: manage-index rebuild BUCKET')
}

/** Whether the list has the form that this program writes. It is read only if index.html does not tell. */
async function isEditable({ bucket, platform }: PackageIndex, jsonEtag: string): Promise<boolean> {
    if ((await bucket.head(rootPages.htmlKey))?.metadata[sourceEtag] === jsonEtag) return true
    const stored = await readStoredPage(bucket, platform, rootPages.jsonKey)
    return stored?.body !== undefined && openList(stored.body) !== undefined
}

/** Whether a bucket without a list has projects, other than those that publishers are about to list. */
async function holdsProjects(index: PackageIndex<BoundedBucket>): Promise<boolean> {
    const { folders, isComplete } = await index.bucket.listStart('', mostListed)
    for (const folder of folders) {
        if (!isProjectName(folder) || !(await holdsProject(index, folder))) continue
        // The marker is written before the page has files, and deleted when the list exists.
        if (!(await isMarkedUnlisted(index.bucket, folder))) return true
    }
    return !isComplete
}

/** Whether a folder has files. It may instead be no project, or claim a name with an empty page. */
async function holdsProject({ bucket, platform }: PackageIndex<BoundedBucket>, folder: string): Promise<boolean> {
    const { jsonKey, parse } = projectPages(folder)
    const head = await bucket.head(jsonKey)
    if (head === undefined) {
        const { objects, isComplete } = await bucket.listStart(`${folder}/`, mostListed)
        const found = classifyObjects(folder, objects)
        // Publishers write index.json first.
        return found.json === undefined && (isInUse(found) || !isComplete)
    }
    if (head.size > mostRead) return true
    const stored = await readStoredPage(bucket, platform, jsonKey)
    if (stored?.body === undefined || openList(stored.body)) return stored !== undefined && stored.body === undefined
    if (stored.body.length > mostParsed || openJson(stored.body, folder, platform)) return true
    try {
        return parse(stored).files.length > 0
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
