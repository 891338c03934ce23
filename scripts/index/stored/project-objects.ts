import { normalizeName } from '../../../core/project-name.js'
import { parseFileName } from '../../../core/file-name.js'
import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../s3/objects.js'

/** The objects in a project's folder, by what they are. */
export interface ProjectObjects {
    /** The folder's name. */
    project: string
    /** Wheels and sdists of the project, by name. */
    files: Map<string, ListedObject>
    /** FILE.metadata, by FILE. */
    metadata: Map<string, ListedObject>
    /** FILE.yanked, by FILE: the object holds the reason, and outlives the pages. */
    yanked: Map<string, ListedObject>
    json: ListedObject | undefined
    html: ListedObject | undefined
    /** `PROJECT/` with a page in it, as s3pypi writes it. */
    folderPage: ListedObject | undefined
    /** `PROJECT/` without a byte, which consoles make to show a folder. */
    marker: ListedObject | undefined
    /** Signatures, attestations and checksums beside a file. Installers need none of them. */
    companions: ListedObject[]
    /** What installers take for no file. */
    unknown: ListedObject[]
}

/** What lies beside a file and belongs to it. */
const companion =
    /^(.+)\.(?:asc|sig|provenance|attestation|publish\.attestation|sigstore|sigstore\.json|md5|sha256|sha512)$/
/** Checksums of a whole folder. */
const checksums = /^(?:MD5|SHA1|SHA256|SHA512)SUMS(?:\.(?:asc|gpg|sig|txt))?$/i

export function fileKey(project: string, filename: string): string {
    return `${project}/${filename}`
}

export function metadataKey(project: string, filename: string): string {
    return `${project}/${filename}.metadata`
}

export function yankedKey(project: string, filename: string): string {
    return `${project}/${filename}.yanked`
}

/**
 * Sorts the objects of one folder: the one place that says what is a file of a project. Publishing, rebuilding, verifying
 * and removing use it. nginx, which falls back to a public index, takes any object for a claim of the name.
 *
 * In a folder whose name is not normalised, no client would find anything.
 */
export function classifyObjects(project: string, objects: Iterable<ListedObject>): ProjectObjects {
    const found: ProjectObjects = {
        project,
        files: new Map(),
        metadata: new Map(),
        yanked: new Map(),
        json: undefined,
        html: undefined,
        folderPage: undefined,
        marker: undefined,
        companions: [],
        unknown: [],
    }
    const isProject = isProjectName(project)
    for (const object of objects) {
        const name = object.key.slice(project.length + 1)
        const besides = /^(.+)\.(metadata|yanked)$/.exec(name)
        const companionOf = companion.exec(name)?.[1]
        if (name === '' && object.size === 0) found.marker = object
        else if (name.endsWith('/') && object.size === 0) continue
        else if (!isProject) found.unknown.push(object)
        else if (name === '') found.folderPage = object
        else if (name === 'index.json') found.json = object
        else if (name === 'index.html') found.html = object
        else if (parseFileName(name, project)) found.files.set(name, object)
        else if (besides && parseFileName(besides[1]!, project)) {
            found[besides[2] as 'metadata' | 'yanked'].set(besides[1]!, object)
        } else if (checksums.test(name) || (companionOf !== undefined && parseFileName(companionOf, project))) {
            found.companions.push(object)
        } else found.unknown.push(object)
    }
    return found
}

/** Whether there is anything in the folder that clients can see: a file, or a page of any form. */
export function isInUse({ files, json, html, folderPage }: ProjectObjects): boolean {
    return files.size > 0 || [json, html, folderPage].some((page) => page !== undefined)
}

/** Lists one project. */
export async function listProject(bucket: Bucket, project: string): Promise<ProjectObjects> {
    const objects: ListedObject[] = []
    for await (const object of bucket.list(`${project}/`)) objects.push(object)
    return classifyObjects(project, objects)
}

/** Whether a folder is called as a project's must be: by a valid name, normalised. */
export function isProjectName(folder: string): boolean {
    return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(folder) && normalizeName(folder) === folder && folder !== 'simple'
}

/**
 * The objects of a listing, folder by folder; those outside of folders come under "". A listing is in the order of the
 * keys, so a folder's objects follow one another and only one folder is held in memory.
 */
export async function* byFolder(
    listing: AsyncIterable<ListedObject>,
): AsyncGenerator<{ folder: string; objects: ListedObject[] }> {
    let group: { folder: string; objects: ListedObject[] } | undefined
    for await (const object of listing) {
        const slash = object.key.indexOf('/')
        const folder = slash < 0 ? '' : object.key.slice(0, slash)
        if (group?.folder !== folder) {
            if (group) yield group
            group = { folder, objects: [] }
        }
        group!.objects.push(object)
    }
    if (group) yield group
}
