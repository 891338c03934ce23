import type { Bucket } from '../../s3/bucket.js'
import type { EntryReader } from '../stored/entry-reader.js'
import type { LinkedFile } from '../stored/linked-files.js'
import { mapParallel } from '../../../core/parallel.js'
import type { ProjectObjects } from '../../../core/index/project-objects.js'
import { emptyPage, withFiles, type FileEntry, type ProjectPage } from '../../../core/project-page.js'

/** Concurrent requests for the files of one project. */
const parallelFiles = 16

/**
 * Builds the page of a project from its objects.
 *
 * The listing may be older than the page: a HEAD request confirms that an unlisted file is gone before it is dropped.
 *
 * @param linked files as a page by another tool describes them, by name
 */
export async function reconcile(
    bucket: Bucket,
    reader: EntryReader,
    objects: ProjectObjects,
    page: ProjectPage | undefined,
    linked: ReadonlyMap<string, LinkedFile> = new Map(),
): Promise<ProjectPage> {
    const known = new Map(page?.files.map((file) => [file.filename, file]))
    const names = new Set([...objects.files.keys(), ...known.keys()])
    const entries = await mapParallel(names, parallelFiles, async (name): Promise<FileEntry | undefined> => {
        const object = objects.files.get(name) ?? (await bucket.head(`${objects.project}/${name}`))
        return object && reader.entry(object, objects, known.get(name), linked.get(name))
    })
    const files = entries.filter((entry) => entry !== undefined)
    return withFiles(page ?? emptyPage(objects.project), files)
}
