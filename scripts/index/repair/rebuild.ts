import type { Bucket } from '../../s3/bucket.js'
import type { PackageIndex } from '../update/package-index.js'
import { rootPages } from '../stored/pages.js'
import { isStoredAs, isUpToDate, readStoredPage } from '../stored/stored-page.js'
import { holdsFiles } from '../../../core/index/project-objects.js'
import { markerKey, unlistedProjects } from '../../../core/index/unlisted-projects.js'
import { mapParallel } from '../../../core/parallel.js'
import { isAbandonedUpload } from '../../../core/upload/open-upload.js'
import { rebuildProject, type ProjectChanges, type RebuildOptions } from './rebuild-project.js'
import { rootPage, type RootPage } from '../../../core/root-page.js'
import { describedFile } from '../../../core/index/summaries.js'
import { orWarn, readSummaries } from '../update/update-summaries.js'
import { rebuildSummaries } from './rebuild-summaries.js'
import type { ProjectPage } from '../../../core/project-page.js'
import { parallelProjects, scan, type ScanProgress } from './scan.js'
import { readPage, updatePages, type Change } from '../../../core/index/compare-and-swap.js'

/** Changes by a rebuild, or planned changes for a dry run. */
export interface RebuildReport {
    projects: number
    files: number
    /** Projects with changes, sorted by name. */
    changed: ProjectChanges[]
    /** Names added to the project list, and removed from it. */
    listed: string[]
    unlisted: string[]
    /** Whether a page of the project list was written. */
    root: boolean
    /** Keys of bodies of uploads that were killed, which were deleted. */
    abandoned: string[]
    /** Keys of files whose upload was killed, and whose parts were deleted. One for each upload. */
    aborted: string[]
    /** False if S3 does not list open uploads. */
    seesOpenUploads: boolean
    /** Keys of objects that belong to no index. */
    unknown: string[]
}

/**
 * Rebuilds all pages from the objects in the bucket.
 *
 * @throws UserError when S3 fails
 */
export async function rebuild(
    index: PackageIndex,
    options: RebuildOptions & { now?: Date; onProgress?: (progress: ScanProgress) => void },
): Promise<RebuildReport> {
    const { bucket } = index
    const now = options.now ?? new Date()
    const changed: ProjectChanges[] = []
    const projects = new Set<string>()
    const { warn = () => {} } = options
    const summaries = await orWarn(warn, () => readSummaries(bucket))
    const described = new Map<string, string | undefined>()
    const onPage = (page: ProjectPage) => {
        if (page.files.length > 0) described.set(page.name, describedFile(page)?.filename)
    }
    let files = 0
    const found = await scan(
        bucket,
        async (objects) => {
            const changes = await rebuildProject(index, objects.project, { ...options, onPage }, objects)
            if (isAny(changes)) changed.push(changes)
            if (changes.files > 0) projects.add(changes.project)
            files += changes.files
        },
        now,
        options.onProgress,
    )
    const abandoned = found.abandoned.map(({ key }) => key)
    if (!options.dryRun) await bucket.delete(abandoned)
    const isCurrent = (html: Buffer) => isUpToDate(bucket, rootPages.htmlKey, found.html, html)
    const list = await rebuildList(index, projects, isCurrent, options.dryRun === true)
    const uploads = await abortAbandoned(bucket, now, options.dryRun === true)
    if (!options.dryRun && summaries) await orWarn(warn, () => rebuildSummaries(index, summaries, described))
    changed.sort((a, b) => (a.project < b.project ? -1 : 1))
    return { projects: projects.size, files, changed, ...list, abandoned, ...uploads, unknown: found.unknown }
}

/** Deletes the parts that killed uploads have left. */
async function abortAbandoned(
    bucket: Bucket,
    now: Date,
    dryRun: boolean,
): Promise<Pick<RebuildReport, 'aborted' | 'seesOpenUploads'>> {
    const uploads = await bucket.openUploads((upload) => isAbandonedUpload(upload, now))
    if (uploads === undefined) return { aborted: [], seesOpenUploads: false }
    if (!dryRun) await mapParallel(uploads, parallelProjects, (upload) => bucket.abortUpload(upload))
    return { aborted: uploads.map(({ key }) => key).sort(), seesOpenUploads: true }
}

async function rebuildList(
    index: PackageIndex,
    projects: Set<string>,
    isCurrent: (html: Buffer) => Promise<boolean>,
    dryRun: boolean,
): Promise<Pick<RebuildReport, 'listed' | 'unlisted' | 'root'>> {
    let marked: string[] = []
    const change = async (current: RootPage | undefined) => {
        marked = (await unlistedProjects(index.bucket)).map(({ project }) => project)
        // Keep projects that were published after their folder was scanned: they are on the current list, or marked.
        const others = [...new Set([...(current?.projects ?? []), ...marked])].filter((name) => !projects.has(name))
        const kept = await mapParallel(others, parallelProjects, (name) => holdsFiles(index.bucket, name))
        return {
            page: rootPage([...projects, ...others.filter((_name, position) => kept[position])]),
            isComplete: true,
        }
    }
    const { before, page, written } = dryRun
        ? await planList(index, change, isCurrent)
        : await updatePages(index, rootPages, change, { isCurrent, replaceBroken: true })
    // Each marked project is now listed, or has no files.
    if (!dryRun) await index.bucket.delete(marked.map(markerKey))
    return { listed: missingIn(before, page), unlisted: missingIn(page, before), root: written }
}

/** The projects of `page` that `other` does not list. */
function missingIn(other: RootPage | undefined, page: RootPage | undefined): string[] {
    const names = new Set(other?.projects)
    return (page?.projects ?? []).filter((name) => !names.has(name))
}

async function planList(
    index: PackageIndex,
    change: (page: RootPage | undefined) => Promise<Change<RootPage>>,
    isCurrent: (html: Buffer) => Promise<boolean>,
) {
    const stored = await readStoredPage(index.bucket, rootPages.jsonKey)
    const before = stored && readPage(rootPages, stored, { replaceBroken: true })
    const { page } = await change(before)
    const isSame = isStoredAs(stored, rootPages.toJson(page)) && (await isCurrent(rootPages.toHtml(page)))
    return { before, page, written: !isSame }
}

function isAny({ added, removed, changed, written, deleted, pages }: ProjectChanges): boolean {
    return pages || [added, removed, changed, written, deleted].some((list) => list.length > 0)
}
