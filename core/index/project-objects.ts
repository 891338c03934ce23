import { normalizeName } from '../project-name.js'
import { parseFileName } from '../file-name.js'
import type { IndexBucket, ListedObject } from './objects.js'

/** The objects in a project's folder, by kind. */
export interface ProjectObjects {
    /** The folder name. */
    project: string
    /** Wheels and sdists of the project, by name. */
    files: Map<string, ListedObject>
    /** FILE.metadata, by FILE. */
    metadata: Map<string, ListedObject>
    /** FILE.provenance, by FILE: its attestations. @see PEP 740 */
    provenance: Map<string, ListedObject>
    /** FILE.yanked, by FILE. It holds the reason and survives a rebuild of the pages. */
    yanked: Map<string, ListedObject>
    json: ListedObject | undefined
    html: ListedObject | undefined
    /** The key `PROJECT/` with a page as its body, as s3pypi writes it. */
    folderPage: ListedObject | undefined
    /** The empty object `PROJECT/`, which S3 consoles create for a folder. */
    marker: ListedObject | undefined
    /** Signatures, attestations and checksums next to a file. Installers ignore them. */
    companions: ListedObject[]
    /** Objects that are not package files to an installer. */
    unknown: ListedObject[]
}

/** A companion of one file. */
const companion = /^(.+)\.(?:asc|sig|attestation|publish\.attestation|sigstore|sigstore\.json|md5|sha256|sha512)$/
/** Checksums of a whole folder. */
const checksums = /^(?:MD5|SHA1|SHA256|SHA512)SUMS(?:\.(?:asc|gpg|sig|txt))?$/i

export function fileKey(project: string, filename: string): string {
    return `${project}/${filename}`
}

export function metadataKey(project: string, filename: string): string {
    return `${project}/${filename}.metadata`
}

export function provenanceKey(project: string, filename: string): string {
    return `${project}/${filename}.provenance`
}

export function yankedKey(project: string, filename: string): string {
    return `${project}/${filename}.yanked`
}

/**
 * Sorts the objects of one folder. Publish, rebuild, verify and remove all use this definition of a project's files.
 * nginx differs: any object in the folder claims the name and prevents the fallback to a public index.
 *
 * If the folder name is not normalised, all objects are unknown: clients never request that name.
 */
export function classifyObjects(project: string, objects: Iterable<ListedObject>): ProjectObjects {
    const found: ProjectObjects = {
        project,
        files: new Map(),
        metadata: new Map(),
        provenance: new Map(),
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
        const besides = /^(.+)\.(metadata|provenance|yanked)$/.exec(name)
        const companionOf = companion.exec(name)?.[1]
        if (name === '' && object.size === 0) found.marker = object
        else if (name.endsWith('/') && object.size === 0) continue
        else if (!isProject) found.unknown.push(object)
        else if (name === '') found.folderPage = object
        else if (name === 'index.json') found.json = object
        else if (name === 'index.html') found.html = object
        else if (parseFileName(name, project)) found.files.set(name, object)
        else if (besides && parseFileName(besides[1]!, project)) {
            found[besides[2] as 'metadata' | 'provenance' | 'yanked'].set(besides[1]!, object)
        } else if (checksums.test(name) || (companionOf !== undefined && parseFileName(companionOf, project))) {
            found.companions.push(object)
        } else found.unknown.push(object)
    }
    return found
}

/** Whether clients can see anything in the folder: a file, or a page in any form. */
export function isInUse({ files, json, html, folderPage }: ProjectObjects): boolean {
    return files.size > 0 || [json, html, folderPage].some((page) => page !== undefined)
}

/** Lists the objects of one project. */
export async function listProject(bucket: IndexBucket, project: string): Promise<ProjectObjects> {
    const objects: ListedObject[] = []
    for await (const object of bucket.list(`${project}/`)) objects.push(object)
    return classifyObjects(project, objects)
}

/** Whether files of a project are uploaded. They may not be on its page yet. */
export async function holdsFiles(bucket: IndexBucket, project: string): Promise<boolean> {
    return (await listProject(bucket, project)).files.size > 0
}

/** Whether a folder name is a valid, normalised project name. */
export function isProjectName(folder: string): boolean {
    return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(folder) && normalizeName(folder) === folder && folder !== 'simple'
}

/**
 * Groups a listing by top-level folder; objects outside folders are under "". Listings are sorted by key, so only one
 * folder is in memory at a time.
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
