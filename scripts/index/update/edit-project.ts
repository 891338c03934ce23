import { EntryReader } from '../stored/entry-reader.js'
import type { PackageIndex } from './package-index.js'
import { projectPages } from '../stored/pages.js'
import { listProject, type ProjectObjects } from '../../../core/index/project-objects.js'
import { emptyPage, type ProjectPage } from '../../../core/project-page.js'
import { reconcile } from './page-from-objects.js'
import {
    patience,
    updatePages,
    type Change,
    type Update,
    type UpdateOptions,
} from '../../../core/index/compare-and-swap.js'

/** Time that a running publisher may need between uploading a file and indexing it. Milliseconds. */
const recent = 60_000

/**
 * Edits the page of a project.
 *
 * @param edit returns the edited page; must be idempotent, because each round calls it again
 */
export async function editProject(
    index: PackageIndex,
    project: string,
    edit: (page: ProjectPage) => ProjectPage,
    options: UpdateOptions = {},
): Promise<Update<ProjectPage>> {
    const { bucket } = index
    const reader = new EntryReader(bucket, { trust: 'page', write: bucket.write.bind(bucket), warn: () => {} })
    const change = async (current: ProjectPage | undefined, round: number): Promise<Change<ProjectPage>> => {
        const page = edit(current ?? emptyPage(project))
        if (index.conditionalWrites) return { page, isComplete: true }
        if (round === 0) return { page, isComplete: false }
        // Concurrent writes may have overwritten each other: compare the page with the objects.
        const objects = await listProject(bucket, project)
        const isComplete = !hasRecentMissing(objects, page)
        if (!isComplete && round < patience) return { page, isComplete }
        return { page: edit(await reconcile(bucket, reader, objects, page)), isComplete: true }
    }
    return updatePages(index, projectPages(project), change, options)
}

/** Whether the page lacks a file so recent that its publisher may still be about to index it. */
function hasRecentMissing(objects: ProjectObjects, page: ProjectPage): boolean {
    const times = [...objects.files.values()].map(({ lastModified }) => lastModified.getTime())
    const newest = times.reduce((latest, time) => Math.max(latest, time), 0)
    const indexed = new Set(page.files.map(({ filename }) => filename))
    return [...objects.files].some(
        ([filename, { lastModified }]) => !indexed.has(filename) && newest - lastModified.getTime() < recent,
    )
}
