import { parseFileName } from '../core/file-name.js'
import { normalizeName } from '../core/project-name.js'
import { isPrerelease, versionKey } from '../core/version.js'
import { indexUrl, plainUrl } from './address.js'
import { onlyPlainTags } from './plain-tags.js'
import { readStart } from './read-start.js'
import { inertDocument } from './trusted.js'

/** A file on the page of a project, as whatever tool wrote the page says. */
export interface ProjectFile {
    filename: string
    /** Absolute; http or https. */
    url: string
    /** Normalised; undefined for a file whose name is not understood. */
    version: string | undefined
    kind: 'wheel' | 'sdist' | undefined
    sha256: string | undefined
    size: number | undefined
    /** ISO 8601. */
    uploaded: string | undefined
    requiresPython: string | undefined
    hasMetadata: boolean
    /** URL of the attestations. */
    provenance: string | undefined
    /** The reason, which may be empty. */
    yanked: string | undefined
}

/** A project: its files by version, newest first. */
export interface Project {
    name: string
    status: string
    reason: string | undefined
    releases: Release[]
    /** Files whose names are not understood. */
    others: ProjectFile[]
}

/** A version and its files. */
export interface Release {
    version: string
    files: ProjectFile[]
    /** All of its files are yanked. */
    isYanked: boolean
    isPrerelease: boolean
}

/** Why a page cannot be read. */
export class Unreadable extends Error {
    constructor(
        readonly kind: 'missing' | 'elsewhere' | 'failed',
        message: string,
    ) {
        super(message)
    }
}

/** What a page in HTML says about its files. @see PEP 503, 592, 658, 714 */
const linkTags = {
    a: 'href data-requires-python data-yanked data-core-metadata data-dist-info-metadata data-provenance'.split(' '),
}
const json = 'application/vnd.pypi.simple.v1+json'
/** 200,000 names are 8 MB. */
const maxPage = 64 * 1024 * 1024

/** The names of all projects, sorted. Throws Unreadable. */
export async function readProjectNames(): Promise<string[]> {
    const page = await readPage(indexUrl)
    const names =
        page.json === undefined
            ? [...page.html.querySelectorAll('a[href]')].map((link) => link.textContent?.trim() ?? '')
            : list(page.json, 'projects').map((project) => text(field(project, 'name')) ?? '')
    return [...new Set(names.map(normalizeName).filter(isName))].sort()
}

/** Whether a text is the normalised name of a project. */
export function isName(text: string): boolean {
    return text.length <= 1000 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text)
}

/** Reads a project's page. Throws Unreadable. @param name normalised */
export async function readProject(name: string): Promise<Project> {
    const url = plainUrl(name)
    const page = await readPage(url)
    const files =
        page.json === undefined
            ? [...page.html.querySelectorAll('a[href]')].flatMap((link) => fileOfLink(link, name, url))
            : list(page.json, 'files').flatMap((file) => fileOfJson(file, name, url))
    const status = field(page.json, 'project-status')
    return {
        name,
        status: text(field(status, 'status')) ?? 'active',
        reason: text(field(status, 'reason')),
        releases: releasesOf(files),
        others: files.filter(({ version }) => version === undefined),
    }
}

/** The version that installers choose, and that a page shows first. */
export function shownRelease({ releases }: Project): Release | undefined {
    return (
        releases.find(({ isYanked, isPrerelease }) => !isYanked && !isPrerelease) ??
        releases.find(({ isYanked }) => !isYanked) ??
        releases[0]
    )
}

/** The URL of a release's metadata, which wheels have; undefined if the index holds none. */
export function metadataUrl({ files }: Release): string | undefined {
    const described = files.filter(({ hasMetadata }) => hasMetadata)
    const file = described.find(({ kind }) => kind === 'wheel') ?? described[0]
    if (file === undefined) return undefined
    const url = new URL(file.url)
    // Files elsewhere are not read: this page requests only its own index.
    if (url.origin !== location.origin) return undefined
    url.hash = ''
    return `${url.href}.metadata`
}

async function readPage(url: URL): Promise<{ json: object; html?: never } | { json?: never; html: Document }> {
    // A redirect leads to another index, from which this page may read nothing.
    const response = await fetch(url, { headers: { Accept: json }, redirect: 'manual' }).catch(() => undefined)
    if (response === undefined) throw new Unreadable('failed', 'The index does not answer.')
    if (response.type === 'opaqueredirect') throw new Unreadable('elsewhere', 'The index redirects to another.')
    const { text: body, isWhole } = await readStart(response, maxPage)
    if (response.status === 404) throw new Unreadable('missing', body)
    if (!response.ok) throw new Unreadable('failed', `Status ${response.status}: ${body.slice(0, 500)}`)
    if (!isWhole) throw new Unreadable('failed', 'The page is too long.')
    if (!/\+json/.test(response.headers.get('Content-Type') ?? ''))
        return { html: inertDocument(onlyPlainTags(body, linkTags)!) }
    try {
        const parsed: unknown = JSON.parse(body)
        if (typeof parsed === 'object' && parsed !== null) return { json: parsed }
    } catch {
        // The error below says it.
    }
    throw new Unreadable('failed', 'The page is not valid JSON: run manage-index rebuild.')
}

function fileOfJson(file: unknown, project: string, base: URL): ProjectFile[] {
    const filename = text(field(file, 'filename'))
    const url = fileUrl(text(field(file, 'url')), base)
    if (filename === undefined || url === undefined) return []
    const yanked = field(file, 'yanked')
    const size = field(file, 'size')
    const metadata = field(file, 'core-metadata') ?? field(file, 'dist-info-metadata')
    return [
        {
            ...named(filename, project),
            filename,
            url,
            sha256: hash(text(field(field(file, 'hashes'), 'sha256'))),
            size: typeof size === 'number' && size >= 0 ? size : undefined,
            uploaded: text(field(file, 'upload-time')),
            requiresPython: text(field(file, 'requires-python')),
            hasMetadata: metadata !== undefined && metadata !== null && metadata !== false,
            provenance: fileUrl(text(field(file, 'provenance')), base),
            yanked: yanked === true ? '' : text(yanked),
        },
    ]
}

function fileOfLink(link: Element, project: string, base: URL): ProjectFile[] {
    const filename = link.textContent?.trim() ?? ''
    const url = fileUrl(link.getAttribute('href') ?? undefined, base)
    const data = (name: string) => link.getAttribute(`data-${name}`) ?? undefined
    const file = named(filename, project)
    if (url === undefined || file.version === undefined) return []
    return [
        {
            ...file,
            filename,
            url: url.replace(/#.*/, ''),
            sha256: hash(/#sha256=([0-9a-f]{64})/.exec(url)?.[1]),
            size: undefined,
            uploaded: undefined,
            requiresPython: data('requires-python'),
            hasMetadata: (data('core-metadata') ?? data('dist-info-metadata') ?? 'false') !== 'false',
            provenance: fileUrl(data('provenance'), base),
            yanked: data('yanked'),
        },
    ]
}

function named(filename: string, project: string): Pick<ProjectFile, 'kind' | 'version'> {
    const name = filename.length > 1024 ? undefined : parseFileName(filename, project)
    return { kind: name?.kind, version: name?.version }
}

function releasesOf(files: ProjectFile[]): Release[] {
    const byKey = new Map<string, { version: string; files: ProjectFile[] }>()
    for (const file of files) {
        if (file.version === undefined) continue
        const key = versionKey(file.version)
        const release = byKey.get(key) ?? { version: file.version, files: [] }
        byKey.set(key, release)
        release.files.push(file)
    }
    return [...byKey]
        .sort(([a], [b]) => (a < b ? 1 : -1))
        .map(([, { version, files: own }]) => ({
            version,
            files: own,
            isYanked: own.every(({ yanked }) => yanked !== undefined),
            isPrerelease: isPrerelease(version),
        }))
}

/** Absolute; only http and https, since a page may come from anyone. */
function fileUrl(written: string | undefined, base: URL): string | undefined {
    if (written === undefined) return undefined
    try {
        const url = new URL(written, base)
        return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
    } catch {
        return undefined
    }
}

function hash(value: string | undefined): string | undefined {
    return value !== undefined && /^[0-9a-f]{64}$/i.test(value) ? value : undefined
}

function field(value: unknown, name: string): unknown {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function list(value: unknown, name: string): unknown[] {
    const found = field(value, name)
    return Array.isArray(found) ? found : []
}

function text(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined
}
