import { EntryReader } from '../stored/entry-reader.js'
import type { PackageIndex } from './package-index.js'
import { projectPages } from '../stored/pages.js'
import { listProject, type ProjectObjects } from '../stored/project-objects.js'
import { emptyPage, type ProjectPage } from '../../../core/project-page.js'
import { reconcile } from './reconcile.js'
import { patience, updatePages, type Change, type Update, type UpdateOptions } from './update-pages.js'

/** How long a publisher that lives may need from its upload to its entry. Milliseconds. */
const recent = 60_000

/**
 * Changes the page of a project.
 *
 * @param edit gives the page as it should be; doing it twice is the same as doing it once
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
        // What this write, or another's, has undone: the objects tell.
        const objects = await listProject(bucket, project)
        const isComplete = !hasRecentMissing(objects, page)
        if (!isComplete && round < patience) return { page, isComplete }
        return { page: edit(await reconcile(bucket, reader, objects, page)), isComplete: true }
    }
    return updatePages(index, projectPages(project), change, options)
}

/** Whether a file is missing on the page that came so recently that its publisher may be about to index it. */
function hasRecentMissing(objects: ProjectObjects, page: ProjectPage): boolean {
    const times = [...objects.files.values()].map(({ lastModified }) => lastModified.getTime())
    const newest = times.reduce((latest, time) => Math.max(latest, time), 0)
    const indexed = new Set(page.files.map(({ filename }) => filename))
    return [...objects.files].some(
        ([filename, { lastModified }]) => !indexed.has(filename) && newest - lastModified.getTime() < recent,
    )
}
