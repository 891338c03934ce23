import type { Engine } from '../byte-source.js'
import { parseFileLine, toFileLine, versionOf } from '../project-page.js'
import { parseStatus } from '../project-status.js'
import type { FileEntry } from '../project-page.js'
import type { ProjectStatus } from '../project-status.js'
import { decodeUtf8, encodeUtf8 } from '../utf8.js'
import { compareVersions } from '../version.js'
import { findLine, hasText, replaced, type Lines } from './page-lines.js'

/** The stored page of a project, of which single lines are read: parsing 5,000 files costs njs 3 s and 1.5 GiB. */
export interface OpenedPage {
    /** index.json, not compressed. */
    json: Uint8Array
    status: ProjectStatus
    /** The oldest first. */
    versions: string[]
    /** The lines of the files. */
    files: Lines
}

/** One change of a page. */
export interface PageEdit {
    filename: string
    /**
     * Returns the entry that the page is to have. It must be idempotent.
     *
     * @param known the entry of the file on the page
     */
    edit(known: FileEntry | undefined): FileEntry
}

/** A page after an edit, and what its index.html needs to know of it. */
export interface EditedPage extends OpenedPage {
    entry: FileEntry
    /** Whether the page had an entry of the file. */
    isKnown: boolean
}

const filesMark = encodeUtf8('"files":[\n')
const versionsMark = '"versions":['
const endMark = ']}\n'

/**
 * Opens index.json as `toProjectJson` writes it.
 *
 * @returns undefined for a page that must be parsed whole: without files, of a quarantined project, or by another tool
 */
export function openJson(json: Uint8Array, project: string, engine: Engine): OpenedPage | undefined {
    const at = engine.indexOf(json, filesMark, 0)
    const end = json.length - endMark.length
    if (at < 0 || !hasText(json, end, endMark)) return undefined
    const head = parsedHead(decodeUtf8(json.subarray(0, at)))
    const status = parseStatus(head?.['project-status'])
    if (head?.name !== project || status === undefined || !isTextList(head.versions)) return undefined
    return { json, status, versions: head.versions, files: { start: at + filesMark.length, end } }
}

interface Head {
    name?: unknown
    'project-status'?: unknown
    versions?: unknown
}

function parsedHead(text: string | undefined): Head | undefined {
    if (text === undefined || !text.includes(versionsMark)) return undefined
    try {
        return JSON.parse(`${text}"files":[]}`) as Head
    } catch (error) {
        if (error instanceof SyntaxError) return undefined
        throw error
    }
}

function isTextList(value: unknown): value is string[] {
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/**
 * Adds or replaces one entry, byte for byte as `toProjectJson` renders the page.
 *
 * @returns undefined if the page must be rendered: its lines are not as this program writes them, or it has another
 *     spelling of the same version (1.0 and 1.0.0), whose order depends on the whole page
 */
export function spliceJson(
    page: OpenedPage,
    project: string,
    { filename, edit }: PageEdit,
    engine: Engine,
): EditedPage | undefined {
    const { json, files } = page
    const versions = withVersion(page.versions, versionOf(project, filename))
    if (versions === undefined) return undefined
    const line = lineOf(page, project, filename)
    if (line === undefined) return undefined
    const isKnown = line.end > line.start
    const entry = edit(isKnown ? entryAt(page, line, project) : undefined)
    const withLine = replacedLine(engine, json, files, line, toFileLine(entry))
    const isNewVersion = versions.length > page.versions.length
    const edited = isNewVersion ? withVersions(engine, withLine, files.start, versions) : withLine
    return edited === undefined ? undefined : { ...openJson(edited, project, engine)!, entry, isKnown }
}

/** The entry of a file; undefined if the page has none, or its lines are not as this program writes them. */
export function findEntry(page: OpenedPage, project: string, filename: string): FileEntry | undefined {
    const line = lineOf(page, project, filename)
    return line !== undefined && line.end > line.start ? entryAt(page, line, project) : undefined
}

/** The line of a file, or the empty range where it belongs. */
function lineOf(page: OpenedPage, project: string, filename: string): Lines | undefined {
    const version = versionOf(project, filename)
    return findLine(page.json, page.files, (range) => {
        const known = entryAt(page, range, project)
        if (known === undefined) return undefined
        const other = versionOf(project, known.filename)
        if (other !== version) return compareVersions(other, version) || undefined
        return known.filename === filename ? 0 : known.filename < filename ? -1 : 1
    })
}

function entryAt({ json }: OpenedPage, line: Lines, project: string): FileEntry | undefined {
    return parseFileLine(textOf(json, line), project)
}

/** The versions with one more; undefined if another spelling of it is among them. */
function withVersion(versions: readonly string[], version: string): string[] | undefined {
    let low = 0
    let high = versions.length
    while (low < high) {
        const middle = (low + high) >> 1
        if (versions[middle] === version) return versions.slice()
        const order = compareVersions(versions[middle]!, version)
        if (order === 0) return undefined
        if (order < 0) low = middle + 1
        else high = middle
    }
    return [...versions.slice(0, low), version, ...versions.slice(low)]
}

/** A line without its line feed, and without the comma that all but the last one have. */
function textOf(json: Uint8Array, { start, end }: Lines): string {
    const comma = json[end - 2] === 0x2c ? 1 : 0
    return decodeUtf8(json.subarray(start, end - 1 - comma)) ?? ''
}

function replacedLine(engine: Engine, json: Uint8Array, files: Lines, line: Lines, text: string): Uint8Array {
    if (line.end > line.start) {
        const comma = line.end < files.end ? ',' : ''
        return replaced(engine, json, line, `${text}${comma}\n`)
    }
    if (line.start < files.end) return replaced(engine, json, line, `${text},\n`)
    // After the last line, which then needs a comma: before its line feed.
    const end = files.end - 1
    return replaced(engine, json, { start: end, end }, `,\n${text}`)
}

/** @param filesStart the position of the first line, which the head ends at */
function withVersions(
    engine: Engine,
    json: Uint8Array,
    filesStart: number,
    versions: readonly string[],
): Uint8Array | undefined {
    const start = engine.indexOf(json, encodeUtf8(versionsMark), 0)
    const end = filesStart - filesMark.length
    if (start < 0 || start > end) return undefined
    return replaced(engine, json, { start, end }, `"versions":${JSON.stringify(versions)},`)
}
