import { UserError } from '../user-error.js'
import type { PackageIndex } from './package-index.js'
import { projectPages } from './pages.js'
import type { IndexBucket } from './objects.js'
import { readStoredPage } from './stored-page.js'
import { mapParallel } from '../parallel.js'
import { classifyObjects, isProjectName } from './project-objects.js'
import type { ListEdit } from './splice-root.js'
import { editedList, listOf, namesOf, splicedListPages, type SplicedList } from './spliced-list.js'
import { patience, updatePages, type Change, type Update } from './compare-and-swap.js'
import { openJson } from './splice-json.js'
import { markerKey, unlistedProjects } from './unlisted-projects.js'
import { waitForOthers } from './write-html.js'

/** Concurrent requests for the folders of the index. */
const parallelFolders = 16

/** Time after which a marker no longer means that its publisher is about to update the list. Milliseconds. */
const recent = 60_000

/**
 * Adds projects to the project list; writes nothing if they are listed already.
 *
 * New projects are marked before their pages have files, and the list is updated for all marked projects at once: the
 * publisher of the first one writes the list, the others wait until their markers are deleted. So the list of a large
 * index is not written once for each new project, and the next update also lists the projects of a killed publisher.
 */
export async function ensureListed(index: PackageIndex, projects: readonly string[]): Promise<void> {
    const { bucket } = index
    if (index.conditionalWrites && (await areListedByOthers(index, projects))) return
    const marked = new Set<string>()
    await updateRoot(index, async () => {
        // Markers are listed after the list is read: `ensureUnlisted` deletes the marker before it changes the list.
        for (const { project } of await unlistedProjects(bucket)) marked.add(project)
        return { added: [...projects, ...marked], removed: [] }
    })
    await deleteMarkers(bucket, [...marked])
}

/** Removes a project from the project list. */
export async function ensureUnlisted(index: PackageIndex, project: string): Promise<void> {
    await index.bucket.delete([markerKey(project)])
    await updateRoot(index, async () => ({ added: [], removed: [project] }))
}

/**
 * Waits for another publisher that lists all marked projects.
 *
 * @returns false if the caller must list the projects: they are not marked, one of them is the first, or the other
 *     publisher takes too long
 */
async function areListedByOthers(index: PackageIndex, projects: readonly string[]): Promise<boolean> {
    const own = new Set(projects)
    for (let round = 0; round < patience; round++) {
        const marked = await unlistedProjects(index.bucket)
        const ownMarked = marked.filter(({ project }) => own.has(project))
        if (ownMarked.length === 0) return round > 0
        // Older markers are of killed publishers.
        const oldest = ownMarked[0]!.since.getTime() - recent
        const first = marked.find(({ since }) => since.getTime() >= oldest)!
        if (own.has(first.project)) return false
        await waitForOthers(index.platform, round)
    }
    return false
}

/** Deletes markers of listed projects. */
async function deleteMarkers(bucket: IndexBucket, projects: string[]): Promise<void> {
    if (projects.length === 0) return
    try {
        await bucket.delete(projects.map(markerKey))
    } catch (error) {
        // The projects are listed. While a marker is left, each publish of its project reads the list again.
        if (!(error instanceof UserError)) throw error
    }
}

/** @param change called in each round, after the list is read */
async function updateRoot(index: PackageIndex, change: () => Promise<ListEdit>): Promise<Update<SplicedList>> {
    const { platform } = index
    return updatePages(index, splicedListPages(platform), async (stored, round): Promise<Change<SplicedList>> => {
        const page = editedList(stored, await change(), platform)
        // Without index.json, the list is missing or by another tool: add all existing projects.
        const isOlder = stored === undefined
        if (!isOlder && (index.conditionalWrites || round === 0)) return { page, isComplete: index.conditionalWrites }
        // Concurrent writes may have overwritten each other: compare the list with the folders.
        const listed = new Set(namesOf(page.json))
        const folders = (await index.bucket.folders()).filter(isProjectName)
        const missing = folders.filter((folder) => !listed.has(folder))
        if (missing.length > 0 && round < patience && !isOlder) return { page, isComplete: false }
        const found = await projectsAmong(index, missing)
        const projects = listOf([...folders.filter((folder) => listed.has(folder)), ...found])
        const { json } = editedList(projects, await change(), platform)
        return { page: { json, edit: undefined }, isComplete: true }
    })
}

/** The folders that hold a project. */
async function projectsAmong(index: PackageIndex, folders: string[]): Promise<string[]> {
    const found = await mapParallel(folders, parallelFolders, (folder) => holdsProject(index, folder))
    return folders.filter((_folder, position) => found[position])
}

/** Whether a folder has files or a project page. It may instead hold another index with its own project list. */
async function holdsProject(index: PackageIndex, folder: string): Promise<boolean> {
    const { jsonKey, parse } = projectPages(folder)
    const stored = await readStoredPage(index.bucket, index.platform, jsonKey)
    if (stored === undefined) {
        for await (const object of index.bucket.list(`${folder}/`)) {
            const { files, html, folderPage } = classifyObjects(folder, [object])
            if (files.size > 0 || html || folderPage) return true
        }
        return false
    }
    // Without parsing a page of thousands of files, which takes njs seconds.
    if (stored.body && openJson(stored.body, folder, index.platform)) return true
    try {
        return parse(stored).files.length > 0
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
