import { emptyPage, withFiles, type FileEntry } from '../project-page.js'
import { UserError } from '../user-error.js'
import { encodeUtf8 } from '../utf8.js'
import { updatePages, type Change, type Update } from './compare-and-swap.js'
import type { BoundedBucket, IndexBucket } from './objects.js'
import type { PackageIndex } from './package-index.js'
import { projectPages, type Pages } from './pages.js'
import type { IndexPlatform } from './platform.js'
import { prepareList } from './prepare-list.js'
import { classifyObjects, isInUse, listProject, type ProjectObjects } from './project-objects.js'
import { publishedEntry, refuseClosed } from './publish-edit.js'
import { spliceHtml } from './splice-html.js'
import { findEntry, openJson, spliceJson, type EditedPage } from './splice-json.js'
import { pageText, readStoredPage, type StoredPage } from './stored-page.js'
import { isMarkedUnlisted, markUnlisted } from './unlisted-projects.js'
import { ensureListed } from './update-root.js'

/** A page of which only a few lines have been read. */
export interface SplicedPage {
    /** index.json */
    json: Uint8Array
    /** Undefined if the page was rendered. */
    edited: EditedPage | undefined
}

/** The result of `addFile`. */
export interface AddedFile extends Update<SplicedPage> {
    /** Whether the page had no files, so that the project was marked as missing on the project list. */
    isFirst: boolean
}

/**
 * Prepares the pages of a project, before the first file of an upload is written: empty pages claim the name, so that
 * nginx no longer redirects clients to the public index.
 *
 * @param probeKey a key that no object has: see `requireConditionalWrites`
 * @throws UserError if the project takes no files, its folder or the project list is by another tool, or the S3
 *     server lacks conditional writes; nothing is written then
 */
export async function prepareProject(
    index: PackageIndex<BoundedBucket>,
    project: string,
    probeKey: string,
): Promise<void> {
    const { bucket, platform } = index
    await index.requireConditionalWrites(probeKey)
    const pages = projectPages(project)
    const stored = await readStoredPage(bucket, platform, pages.jsonKey)
    const opened = stored?.body && openJson(stored.body, project, platform)
    if (stored) refuseClosed(opened ? { name: project, status: opened.status } : pages.parse(stored))
    await prepareList(index, opened === undefined)
    if (stored) return
    const objects = await listProjectStart(bucket, project)
    if (objects.json === undefined && isInUse(objects)) {
        throw new UserError(
            `the folder ${project} of the bucket has files or a page by another tool, but no index.json`,
            `Make its pages first: manage-index rebuild BUCKET ${project}`,
        )
    }
    await updatePages(index, pages, (page) => ({
        page: page ?? emptyPage(project),
        isComplete: true,
    }))
}

/** The objects of a project, or the first ones of many that are enough to see that the folder is in use. */
async function listProjectStart(bucket: BoundedBucket, project: string): Promise<ProjectObjects> {
    const { objects, isComplete } = await bucket.listStart(`${project}/`, 200)
    const found = classifyObjects(project, objects)
    return isComplete || isInUse(found) ? found : listProject(bucket, project)
}

/**
 * Adds a file to the pages of its project, or replaces its entry, by compare-and-swap of both pages. Reads only a few
 * lines of the page where it can. Marks a project whose page had no files as missing on the project list.
 *
 * @param index after `prepareProject`
 * @throws UserError if the project takes no files
 */
export async function addFile(index: PackageIndex, project: string, entry: FileEntry): Promise<AddedFile> {
    const pages = splicedPages(project, index.platform)
    let isMarked = false
    const update = await updatePages(index, pages, async (current): Promise<Change<SplicedPage>> => {
        const { isFirst, ...page } = withFile(current, project, entry, index.platform)
        if (isFirst && !isMarked) await markUnlisted(index.bucket, project)
        isMarked ||= isFirst
        return { page, isComplete: true }
    })
    return { ...update, isFirst: isMarked }
}

function withFile(
    current: SplicedPage | undefined,
    project: string,
    entry: FileEntry,
    platform: IndexPlatform,
): SplicedPage & { isFirst: boolean } {
    const opened = current && openJson(current.json, project, platform)
    if (opened) {
        refuseClosed({ name: project, status: opened.status })
        const { filename } = entry
        const edit = { filename, edit: (known: FileEntry | undefined) => publishedEntry(entry, known) }
        const edited = spliceJson(opened, project, edit, platform)
        if (edited) return { json: edited.json, edited, isFirst: false }
    }
    const whole = projectPages(project)
    const page = current ? whole.parse(asStored(whole.jsonKey, current.json)) : emptyPage(project)
    refuseClosed(page)
    const known = page.files.find(({ filename }) => filename === entry.filename)
    const files = [...page.files.filter((file) => file !== known), publishedEntry(entry, known)]
    return { json: whole.toJson(withFiles(page, files)), edited: undefined, isFirst: page.files.length === 0 }
}

/** The entry of a file on the page of its project; undefined if there is none. */
export async function findEntryOf(
    bucket: IndexBucket,
    platform: IndexPlatform,
    project: string,
    filename: string,
): Promise<FileEntry | undefined> {
    const stored = await readStoredPage(bucket, platform, projectPages(project).jsonKey)
    const opened = stored?.body && openJson(stored.body, project, platform)
    return opened && findEntry(opened, project, filename)
}

function splicedPages(project: string, platform: IndexPlatform): Pages<SplicedPage> {
    const whole = projectPages(project)
    return {
        jsonKey: whole.jsonKey,
        htmlKey: whole.htmlKey,
        parse: (stored) => ({ json: stored.body ?? encodeUtf8(pageText(stored)), edited: undefined }),
        toJson: ({ json }) => json,
        toHtml: ({ json }) => whole.toHtml(whole.parse(asStored(whole.jsonKey, json))),
        spliceHtml: (before, { edited }) => edited && spliceHtml(before, project, edited, platform),
    }
}

function asStored(key: string, body: Uint8Array): StoredPage {
    return { key, body, etag: '', encoding: 'identity', metadata: {} }
}

/**
 * Adds a project to the project list after `addFile`. The list is not read if the page had files before and the project
 * is not marked: the marker is written before the page has files, and deleted when the list has the project.
 *
 * The same upload again also repairs a list that has lost the project.
 */
export async function listProjectName(
    index: PackageIndex,
    project: string,
    { isFirst, written }: Pick<AddedFile, 'isFirst' | 'written'>,
): Promise<void> {
    if (isFirst || !written || (await isMarkedUnlisted(index.bucket, project))) await ensureListed(index, [project])
}
