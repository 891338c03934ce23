import { UserError } from '../cli/user-error.js'
import type { PackageIndex } from './package-index.js'
import { projectPages, rootPages } from './pages.js'
import { mapParallel } from './parallel.js'
import { isProjectName } from './project-objects.js'
import { rootPage, type RootPage } from './root-page.js'
import { updatePages, type Update } from './update-pages.js'

/** Requests at a time for the folders of the index. */
const parallelFolders = 16

/**
 * Puts a project into the list of the projects. Where it is there already, this reads and writes nothing: the list may
 * lack it after a publisher was killed between the project's pages and the list.
 */
export async function ensureListed(index: PackageIndex, project: string): Promise<Update<RootPage>> {
    return updateRoot(index, (projects) => projects.add(project))
}

/** Takes a project off the list of the projects. */
export async function ensureUnlisted(index: PackageIndex, project: string): Promise<Update<RootPage>> {
    return updateRoot(index, (projects) => projects.delete(project))
}

async function updateRoot(index: PackageIndex, change: (projects: Set<string>) => void): Promise<Update<RootPage>> {
    return updatePages(index, rootPages, async (page) => {
        // Without a list, or where another's write may have undone ours, the folders tell what the projects are.
        const projects = page && index.conditionalWrites ? page.projects : await projectsInBucket(index, page)
        const names = new Set(projects)
        change(names)
        return rootPage(names)
    })
}

/** The folders that have a project's page, and those on the list that still exist. */
async function projectsInBucket(index: PackageIndex, page: RootPage | undefined): Promise<string[]> {
    const folders = (await index.bucket.folders()).filter(isProjectName)
    const listed = new Set(page?.projects)
    const isProject = await mapParallel(folders, parallelFolders, async (folder) => {
        return listed.has(folder) || (await hasPage(index, folder))
    })
    return folders.filter((_folder, position) => isProject[position])
}

/** Whether a folder has the page of a project with files; it could as well hold another index, with its own list. */
async function hasPage(index: PackageIndex, folder: string): Promise<boolean> {
    const { jsonKey, htmlKey, parse } = projectPages(folder)
    const content = await index.bucket.get(jsonKey)
    if (content === undefined) return (await index.bucket.head(htmlKey)) !== undefined
    try {
        return parse(content.body).files.length > 0
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}
