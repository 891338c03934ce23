import { EntryReader } from './entry-reader.js'
import type { PackageIndex } from './package-index.js'
import { projectPages } from './pages.js'
import { listProject } from './project-objects.js'
import { emptyPage, type ProjectPage } from './project-page.js'
import { reconcile } from './reconcile.js'
import { updatePages, type Update, type UpdateOptions } from './update-pages.js'

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
    const change = async (current: ProjectPage | undefined) => {
        const page = edit(current ?? emptyPage(project))
        if (index.conditionalWrites) return page
        // The last to write may have undone what another wrote, but that one's objects are in the bucket.
        return edit(await reconcile(bucket, reader, await listProject(bucket, project), page))
    }
    return updatePages(index, projectPages(project), change, options)
}
