import { isDeepStrictEqual } from 'node:util'
import { EntryReader, type EntryReaderOptions } from '../stored/entry-reader.js'
import { linkedFiles, type LinkedFile } from '../stored/linked-files.js'
import type { PackageIndex } from '../update/package-index.js'
import { projectPages } from '../stored/pages.js'
import { isStoredAs, isUpToDate, readStoredPage } from '../stored/stored-page.js'
import {
    listProject,
    metadataKey,
    provenanceKey,
    yankedKey,
    type ProjectObjects,
} from '../../../core/index/project-objects.js'
import type { FileEntry, ProjectPage } from '../../../core/project-page.js'
import { reconcile } from '../update/page-from-objects.js'
import { md5Of } from '../../s3/digests.js'
import { readPage, updatePages } from '../../../core/index/compare-and-swap.js'

/** Options for rebuilding a project. */
export interface RebuildOptions {
    /** Write nothing. */
    dryRun?: boolean
    /** Download every file. */
    deep?: boolean
    /** Called with the page that was written or found up to date. */
    onPage?: (page: ProjectPage) => void
    warn?: (message: string) => void
}

/** Changes by a rebuild of one project, or planned changes for a dry run. */
export interface ProjectChanges {
    project: string
    /** Number of files on the new page. */
    files: number
    /** Names of files whose entries were added, removed or changed. */
    added: string[]
    removed: string[]
    changed: string[]
    /** Keys of companion objects written, and of those deleted because their file is gone. */
    written: string[]
    deleted: string[]
    /** Whether a page was written. */
    pages: boolean
}

/**
 * Rebuilds the pages of a project from its objects.
 *
 * @param listed the objects, if already listed
 */
export async function rebuildProject(
    index: PackageIndex,
    project: string,
    options: RebuildOptions,
    listed?: ProjectObjects,
): Promise<ProjectChanges> {
    const { bucket } = index
    const written = new Set<string>()
    const write: EntryReaderOptions['write'] = async (key, body, headers) => {
        written.add(key)
        return options.dryRun ? md5Of(body) : bucket.write(key, body, headers)
    }
    const trust = options.deep ? 'files' : 'objects'
    const warn = options.warn ?? (() => {})
    const reader = new EntryReader(bucket, { trust, write, warn })
    const pages = projectPages(project)
    let objects = listed ?? (await listProject(bucket, project))
    const isCurrent = (html: Buffer) => isUpToDate(bucket, pages.htmlKey, objects.html, html)
    let linked: Promise<Map<string, LinkedFile>> | undefined
    const made = async (known: ProjectPage | undefined) => {
        // Without index.json, a page by another tool may record yanks and Requires-Python.
        if (known === undefined) linked ??= linkedFiles(bucket, objects, warn)
        return reconcile(bucket, reader, objects, known, await linked)
    }

    if (options.dryRun) {
        const stored = await readStoredPage(bucket, pages.jsonKey)
        const before = stored && readPage(pages, stored, { replaceBroken: true })
        const page = await made(before)
        const isSame = isStoredAs(stored, pages.toJson(page)) && (await isCurrent(pages.toHtml(page)))
        const deleted = await orphans(index, objects)
        return { ...changes(before, page), written: [...written], deleted, pages: !isSame }
    }
    let round = 0
    const change = async (known: ProjectPage | undefined) => {
        if (round++ > 0) objects = await listProject(bucket, project)
        return { page: await made(known), isComplete: true }
    }
    const update = await updatePages(index, pages, change, { isCurrent, replaceBroken: true })
    options.onPage?.(update.page)
    const deleted = await orphans(index, objects)
    await bucket.delete(deleted)
    return { ...changes(update.before, update.page), written: [...written], deleted, pages: update.written }
}

/** Keys of FILE.metadata, FILE.provenance and FILE.yanked without FILE. Publishers upload FILE first, so it is not still to come. */
async function orphans(index: PackageIndex, objects: ProjectObjects): Promise<string[]> {
    const { project, files, metadata, provenance, yanked } = objects
    const keys: string[] = []
    for (const filename of new Set([...metadata.keys(), ...provenance.keys(), ...yanked.keys()])) {
        if (files.has(filename) || (await index.bucket.head(`${project}/${filename}`))) continue
        if (metadata.has(filename)) keys.push(metadataKey(project, filename))
        if (provenance.has(filename)) keys.push(provenanceKey(project, filename))
        if (yanked.has(filename)) keys.push(yankedKey(project, filename))
    }
    return keys
}

function changes(before: ProjectPage | undefined, page: ProjectPage) {
    const old = new Map(before?.files.map((file) => [file.filename, file]))
    const names = new Set(page.files.map(({ filename }) => filename))
    // What clients see: older versions recorded the ETag of every object.
    const seen = (file: FileEntry) => ({ ...file, etag: undefined })
    const isChanged = (file: FileEntry) => {
        const known = old.get(file.filename)
        return known !== undefined && !isDeepStrictEqual(seen(known), seen(file))
    }
    return {
        project: page.name,
        files: page.files.length,
        added: [...names].filter((name) => !old.has(name)),
        removed: [...old.keys()].filter((name) => !names.has(name)),
        changed: page.files.filter(isChanged).map(({ filename }) => filename),
    }
}
