import { normalizeName } from '../../core/project-name.js'
import { UserError } from '../../core/user-error.js'
import { editProject } from '../index/update/edit-project.js'
import { findFiles } from './find-files.js'
import { updateSummaries } from '../index/update/update-summaries.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { projectPages } from '../index/stored/pages.js'
import {
    fileKey,
    isInUse,
    listProject,
    metadataKey,
    provenanceKey,
    yankedKey,
    type ProjectObjects,
} from '../../core/index/project-objects.js'
import { rebuildProject } from '../index/repair/rebuild-project.js'
import { readProject } from './read-project.js'
import { ensureListed, ensureUnlisted } from '../../core/index/update-root.js'

/** The files to remove: a whole project, or some of its files. */
export interface Removal {
    project: string
    filenames: string[]
    /** Keys of the files and their companion objects. */
    keys: string[]
    wholeProject: boolean
    /** Keys of unknown objects in the folder, which keep the name claimed. */
    others: string[]
}

/**
 * Finds the objects to remove.
 *
 * @param targets versions and file names; empty for the whole project
 * @throws UserError if the project, or one of the targets, does not exist
 */
export async function planRemoval(index: PackageIndex, name: string, targets: readonly string[]): Promise<Removal> {
    const project = normalizeName(name)
    const objects = await listProject(index.bucket, project)
    const others = objects.unknown.map(({ key }) => key)
    if (targets.length === 0) {
        const keys = keysOf(objects, allNames(objects))
        if (keys.length === 0 && !isInUse(objects) && !objects.marker) {
            throw new UserError(`the bucket ${index.bucket.name} has no project ${project}`)
        }
        return { project, filenames: [...objects.files.keys()], keys, wholeProject: true, others }
    }
    const page = await readProject(index.bucket, project)
    const filenames = [...new Set(targets.flatMap((target) => findFiles(page, target)))].map(({ filename }) => filename)
    const removed = new Set(filenames)
    const wholeProject = page.files.every(({ filename }) => removed.has(filename))
    return { project, filenames, keys: keysOf(objects, filenames), wholeProject, others }
}

/**
 * Removes files from the pages, then from the bucket, so that pages never list missing files. A project without files
 * is removed from the project list.
 *
 * @param options.releaseName also delete the pages of a project without files, so that nginx may redirect its name to
 *     the public index. Otherwise the empty pages keep the name claimed.
 */
export async function remove(
    index: PackageIndex,
    removal: Removal,
    options: { releaseName?: boolean; warn?: (message: string) => void } = {},
): Promise<void> {
    const { bucket } = index
    const { project, filenames, keys } = removal
    const without = new Set(filenames)
    const isRemoved = ({ filename }: { filename: string }) => without.has(filename)
    const { page } = await editProject(
        index,
        project,
        (current) => ({ ...current, files: current.files.filter((file) => !isRemoved(file)) }),
        { replaceBroken: removal.wholeProject },
    )
    // Search must not find a project by the summary of a removed file.
    await updateSummaries(index, [page], options.warn)
    if (page.files.length > 0) return bucket.delete(keys)
    await ensureUnlisted(index, project)
    const { jsonKey, htmlKey } = projectPages(project)
    const claims = [jsonKey, htmlKey, `${project}/`]
    await bucket.delete(options.releaseName ? [...keys, ...claims] : keys)
    // A publisher may have updated the pages after they were found empty: index its files again.
    const left = await listProject(bucket, project)
    if (left.files.size === 0) return
    await rebuildProject(index, project, {}, left)
    await ensureListed(index, [project])
}

function allNames(objects: ProjectObjects): string[] {
    const { files, metadata, provenance, yanked } = objects
    return [...new Set([...files.keys(), ...metadata.keys(), ...provenance.keys(), ...yanked.keys()])]
}

function keysOf(objects: ProjectObjects, filenames: readonly string[]): string[] {
    const { project, files, metadata, provenance, yanked, companions } = objects
    return filenames.flatMap((name) => [
        ...(files.has(name) ? [fileKey(project, name)] : []),
        ...(metadata.has(name) ? [metadataKey(project, name)] : []),
        ...(provenance.has(name) ? [provenanceKey(project, name)] : []),
        ...(yanked.has(name) ? [yankedKey(project, name)] : []),
        ...companions.map(({ key }) => key).filter((key) => key.startsWith(`${fileKey(project, name)}.`)),
    ])
}
