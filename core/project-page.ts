import { UserError } from './user-error.js'
import { parseFileName } from './file-name.js'
import { fileJson, fileLines, projectJsonHead, type FileJson, type OfferedFile } from './offered-file.js'
import { parseStatus, type ProjectStatus } from './project-status.js'
import { compareVersions } from './version.js'

/** One file of a project. */
export interface FileEntry extends OfferedFile {
    sha256: string
    /** ETag of the object, if nothing in the object itself tells that it still has this hash. */
    etag?: string | undefined
    /** The hash of FILE.metadata (hex). */
    coreMetadata?: { sha256: string } | undefined
}

/** One project: the content of index.json, from which index.html is rendered. */
export interface ProjectPage {
    /** Normalised. */
    name: string
    status: ProjectStatus
    /** Sorted by version, then by name. Files of a quarantined project are kept, but not offered. */
    files: FileEntry[]
}

/** Archived and quarantined projects accept no files; quarantined ones offer none. @see PEP 792, "Project statuses" */
export const projectStatuses = ['active', 'archived', 'deprecated', 'quarantined'] as const

/** The files offered to clients. */
export function offeredFiles({ status, files }: ProjectPage): readonly FileEntry[] {
    return status.status === 'quarantined' ? [] : files
}

/** Whether new files may be published. */
export function takesFiles({ status }: Pick<ProjectPage, 'status'>): boolean {
    return status.status !== 'archived' && status.status !== 'quarantined'
}

/** index.json as this program writes it. @see PEP 691, 700, 714, 792 */
interface ProjectJson {
    name: string
    'project-status'?: ProjectStatus
    files: StoredFileJson[]
    /** The files of a quarantined project. */
    _files?: StoredFileJson[]
}

interface StoredFileJson extends FileJson {
    hashes: { sha256: string }
    'core-metadata'?: { sha256: string }
    // Keys with a leading underscore are private to the server (PEP 700).
    _etag?: string
}

/** A page without files. */
export function emptyPage(name: string): ProjectPage {
    return { name, status: { status: 'active' }, files: [] }
}

/** Replaces the files of a page, sorted by version (oldest first), then by name. */
export function withFiles(page: ProjectPage, files: readonly FileEntry[]): ProjectPage {
    const versions = new Map(files.map(({ filename }) => [filename, versionOf(page.name, filename)]))
    const ranks = new Map([...new Set(versions.values())].sort(compareVersions).map((version, rank) => [version, rank]))
    const rank = ({ filename }: FileEntry) => ranks.get(versions.get(filename)!)!
    const sorted = [...files].sort((a, b) => rank(a) - rank(b) || (a.filename < b.filename ? -1 : 1))
    return { ...page, files: sorted }
}

/** The version of a file on a project page. */
export function versionOf(project: string, filename: string): string {
    const name = parseFileName(filename, project)
    if (name === undefined) throw new UserError(`${filename} is not a file of the project ${project}`)
    return name.version
}

/** Serializes index.json deterministically, one line per file. */
export function toProjectJson(page: ProjectPage): string {
    const offered = offeredFiles(page)
    const versions = [...new Set(offered.map(({ filename }) => versionOf(page.name, filename)))]
    const withheld = offered.length < page.files.length ? `,"_files":${fileList(page.files)}` : ''
    return projectJsonHead(page.name, page.status, versions) + `${fileList(offered)}${withheld}}\n`
}

function fileList(files: readonly FileEntry[]): string {
    return fileLines(files.map(toFileLine))
}

/** The line of a file in index.json. */
export function toFileLine(file: FileEntry): string {
    return JSON.stringify(storedFileJson(file))
}

/** Parses a line of index.json; undefined unless it is a file of this project. */
export function parseFileLine(line: string, project: string): FileEntry | undefined {
    try {
        const file = JSON.parse(line) as StoredFileJson
        return fileProblem(file, project) === undefined ? fileEntry(file) : undefined
    } catch (error) {
        if (error instanceof SyntaxError) return undefined
        throw error
    }
}

function storedFileJson(file: FileEntry): StoredFileJson {
    return {
        ...(fileJson(file) as FileJson & Pick<StoredFileJson, 'hashes' | 'core-metadata'>),
        ...(file.etag === undefined ? {} : { _etag: file.etag }),
    }
}

/**
 * Parses index.json.
 *
 * @param key key of the object, for error messages
 * @throws UserError unless it is a page of this project in the form that this program writes
 */
export function parseProjectJson(body: string, name: string, key: string): ProjectPage {
    const json = parseJson(body, key) as Partial<ProjectJson> | null
    const broken = (what: string) =>
        new UserError(
            `${key} is not the page of a project: ${what}`,
            'Rebuild it from the objects: manage-index rebuild',
        )
    if (json?.name !== name) throw broken(`its name is ${JSON.stringify(json?.name)}`)
    const stored = json._files ?? json.files
    if (!Array.isArray(stored)) throw broken('it has no files')
    const status = parseStatus(json['project-status'])
    if (status === undefined) throw broken('its project-status has no status')
    const files = stored.map((file) => {
        const problem = fileProblem(file, name)
        if (problem !== undefined) throw broken(`${JSON.stringify(file?.filename)} ${problem}`)
        return fileEntry(file)
    })
    if (new Set(files.map(({ filename }) => filename)).size < files.length) throw broken('it lists a file twice')
    return { name, status, files }
}

function fileEntry(file: StoredFileJson): FileEntry {
    const metadata = file['core-metadata']
    return {
        filename: file.filename,
        sha256: file.hashes.sha256,
        size: file.size,
        uploadTime: file['upload-time'],
        etag: file._etag,
        requiresPython: file['requires-python'],
        coreMetadata: metadata && { sha256: metadata.sha256 },
        provenance: typeof file.provenance === 'string' ? true : undefined,
        yanked: file.yanked === false ? undefined : file.yanked === true ? '' : file.yanked,
    }
}

function fileProblem(file: Partial<StoredFileJson> | null, project: string): string | undefined {
    if (typeof file?.filename !== 'string' || parseFileName(file.filename, project) === undefined) {
        return 'is not a file of the project'
    }
    if (!isSha256(file.hashes?.sha256)) return 'has no sha256'
    if (!Number.isSafeInteger(file.size) || file.size! < 0) return 'has no size'
    if (typeof file['upload-time'] !== 'string') return 'has no upload-time'
    if (!isText(file._etag)) return 'has an _etag that is not text'
    if (!isText(file['requires-python'])) return 'has a requires-python that is not text'
    const metadata = file['core-metadata']
    if (metadata !== undefined && !isSha256(metadata?.sha256)) return 'has a core-metadata without sha256'
    if (!isText(file.provenance)) return 'has a provenance that is not text'
    if (typeof file.yanked !== 'boolean' && typeof file.yanked !== 'string') return 'has no yanked'
    return undefined
}

function isSha256(text: unknown): boolean {
    return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

function isText(value: unknown): boolean {
    return value === undefined || typeof value === 'string'
}

/** @throws UserError for invalid JSON */
export function parseJson(body: string, key: string): unknown {
    try {
        return JSON.parse(body)
    } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        throw new UserError(`${key} is not JSON`, 'Rebuild it from the objects: manage-index rebuild')
    }
}
