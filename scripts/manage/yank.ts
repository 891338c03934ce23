import { editProject } from '../index/update/edit-project.js'
import { findFiles } from './find-files.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { mapParallel } from '../../core/parallel.js'
import { yankedKey } from '../../core/index/project-objects.js'
import type { ProjectPage } from '../../core/project-page.js'
import { readProject } from './read-project.js'
import { yankedHeaders } from '../../core/index/stored-headers.js'

const parallelObjects = 16

/**
 * Yanks files: installers then use them only for an exact pin. @see PEP 592
 *
 * Writes FILE.yanked, which survives a rebuild of the pages, and then the pages.
 *
 * @param target a version or a file name
 * @param reason one line; may be empty
 * @returns the names of the files
 * @throws UserError if no file matches
 */
export async function yank(index: PackageIndex, name: string, target: string, reason: string): Promise<string[]> {
    const page = await readProject(index.bucket, name)
    const names = findFiles(page, target).map(({ filename }) => filename)
    await mapParallel(names, parallelObjects, (filename) =>
        index.bucket.write(yankedKey(page.name, filename), Buffer.from(reason), yankedHeaders),
    )
    await editProject(index, page.name, (current) => withYanked(current, names, reason))
    return names
}

/** Reverts yanks. Parameters, result and errors are those of `yank`. */
export async function unyank(index: PackageIndex, name: string, target: string): Promise<string[]> {
    const page = await readProject(index.bucket, name)
    const names = findFiles(page, target).map(({ filename }) => filename)
    await index.bucket.delete(names.map((filename) => yankedKey(page.name, filename)))
    await editProject(index, page.name, (current) => withYanked(current, names, undefined))
    return names
}

function withYanked(page: ProjectPage, names: string[], yanked: string | undefined): ProjectPage {
    const files = page.files.map((file) => (names.includes(file.filename) ? { ...file, yanked } : file))
    return { ...page, files }
}
