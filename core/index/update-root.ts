import { UserError } from '../user-error.js'
import type { PackageIndex } from './package-index.js'
import { projectPages, rootPages } from './pages.js'
import { readStoredPage } from './stored-page.js'
import { mapParallel } from '../parallel.js'
import { classifyObjects, isProjectName } from './project-objects.js'
import { rootPage, type RootPage } from '../root-page.js'
import { patience, updatePages, type Change, type Update } from './compare-and-swap.js'

/** Concurrent requests for the folders of the index. */
const parallelFolders = 16

/**
 * Adds a project to the project list; writes nothing if it is listed already. Every publish calls this, because an
 * earlier publisher may have been killed after writing the project's pages and before updating the list.
 */
export async function ensureListed(index: PackageIndex, project: string): Promise<Update<RootPage>> {
    return updateRoot(index, (projects) => projects.add(project))
}

/** Removes a project from the project list. */
export async function ensureUnlisted(index: PackageIndex, project: string): Promise<Update<RootPage>> {
    return updateRoot(index, (projects) => projects.delete(project))
}

async function updateRoot(index: PackageIndex, change: (projects: Set<string>) => void): Promise<Update<RootPage>> {
    return updatePages(index, rootPages, async (page, round): Promise<Change<RootPage>> => {
        const listed = new Set(page?.projects)
        change(listed)
        // Without index.json, the list is missing or by another tool: add all existing projects.
        const isOlder = page === undefined
        if (!isOlder && (index.conditionalWrites || round === 0)) {
            return { page: rootPage(listed), isComplete: index.conditionalWrites }
        }
        // Concurrent writes may have overwritten each other: compare the list with the folders.
        const folders = (await index.bucket.folders()).filter(isProjectName)
        const missing = folders.filter((folder) => !listed.has(folder))
        if (missing.length > 0 && round < patience && !isOlder) return { page: rootPage(listed), isComplete: false }
        const found = await projectsAmong(index, missing)
        const projects = new Set([...folders.filter((folder) => listed.has(folder)), ...found])
        change(projects)
        return { page: rootPage(projects), isComplete: true }
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
    try {
        return parse(stored).files.length > 0
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
