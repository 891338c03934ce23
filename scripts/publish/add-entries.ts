import { updatePages } from '../../core/index/compare-and-swap.js'
import { isInUse, listProject } from '../../core/index/project-objects.js'
import { publishedEntry } from '../../core/index/publish-edit.js'
import { markUnlisted } from '../../core/index/unlisted-projects.js'
import { emptyPage, withFiles, type FileEntry, type ProjectPage } from '../../core/project-page.js'
import { rebuildProject } from '../index/repair/rebuild-project.js'
import { projectPages } from '../index/stored/pages.js'
import type { StoredPage } from '../index/stored/stored-page.js'
import { editProject } from '../index/update/edit-project.js'
import type { PackageIndex } from '../index/update/package-index.js'

/**
 * Writes both pages of a project without index.json, before its first file is uploaded.
 *
 * They list the existing files of the folder, with the data of a page by another tool. Without files, the empty pages
 * claim the name: nginx no longer redirects clients to the public index.
 */
export async function preparePage(
    index: PackageIndex,
    project: string,
    warn: ((message: string) => void) | undefined,
): Promise<void> {
    const objects = await listProject(index.bucket, project)
    if (objects.json === undefined && isInUse(objects)) {
        await markUnlisted(index.bucket, project)
        await rebuildProject(index, project, warn ? { warn } : {}, objects)
    } else {
        await updatePages(index, projectPages(project), (page) => ({
            page: page ?? emptyPage(project),
            isComplete: true,
        }))
    }
}

/**
 * Adds uploaded files to the pages of their project, or replaces their entries. Marks a project whose page had no files as
 * missing on the project list.
 *
 * @param stored index.json as it was read; undefined if it did not exist
 * @param check throws if the page takes no files
 * @param finish a further change of the page; idempotent
 * @returns the page, and whether the project may be missing on the project list
 */
export async function addEntries(
    index: PackageIndex,
    project: string,
    stored: StoredPage | undefined,
    entries: readonly FileEntry[],
    check: (page: ProjectPage) => void,
    finish: (page: ProjectPage) => ProjectPage = (page) => page,
): Promise<{ page: ProjectPage; isNew: boolean }> {
    let isMarked = false
    const edit = async (page: ProjectPage) => {
        check(page)
        // A page with files and without a marker is on the project list.
        if (page.files.length === 0 && !isMarked) await markUnlisted(index.bucket, project)
        isMarked ||= page.files.length === 0
        return finish(withEntries(page, entries))
    }
    const { page } = await editProject(index, project, edit, stored ? { json: { stored } } : {})
    return { page, isNew: isMarked || stored === undefined }
}

/** Adds or replaces entries on the page. A yank stays until `unyank`. */
function withEntries(page: ProjectPage, entries: readonly FileEntry[]): ProjectPage {
    const files = new Map(page.files.map((file) => [file.filename, file]))
    for (const entry of entries) {
        files.set(entry.filename, publishedEntry(entry, files.get(entry.filename)))
    }
    return withFiles(page, [...files.values()])
}
