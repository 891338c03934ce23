import { Parser } from 'htmlparser2'
import { yankReason } from '../../core/index/object-facts.js'
import { parseStatus, type ProjectStatus } from '../../core/project-status.js'
import { refused, type SourceClient } from './source-client.js'
import { shownUrl, SourceProblem } from './source-problem.js'

/** A file on a page of the source. */
export interface SourceFile {
    filename: string
    url: URL
    /** Hex digests by hashlib's names; may be empty. */
    hashes: Record<string, string>
    /** Bytes. */
    size?: number | undefined
    /** As in PEP 700. */
    uploadTime?: string | undefined
    requiresPython?: string | undefined
    /** The reason; may be empty. */
    yanked?: string | undefined
    provenance?: URL | undefined
}

/** A project page of the source. */
export interface SourcePage {
    status: ProjectStatus
    files: SourceFile[]
}

const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1'

/** Reads the page of a project. @returns undefined if the source has no such project */
export async function readSourcePage(
    client: SourceClient,
    from: URL,
    project: string,
): Promise<SourcePage | undefined> {
    const answer = await readDocument(client, from, `${project}/`)
    if (answer === undefined) return undefined
    const parsed = isJson(answer) ? jsonPage(answer) : htmlPage(answer)
    return { ...parsed, files: lastOfEach(parsed.files) }
}

/** Reads the names on the list of projects. @throws SourceProblem if it has none */
export async function readSourceProjects(client: SourceClient, from: URL): Promise<string[]> {
    const answer = await readDocument(client, from, '')
    if (answer === undefined) throw new SourceProblem(`${shownUrl(from)} has no list of projects`)
    if (isJson(answer)) {
        const { projects } = parsedJson(answer) as { projects?: unknown }
        if (!Array.isArray(projects)) throw notAPage(answer.url, 'it has no projects')
        return projects.flatMap((entry: { name?: unknown } | null) =>
            typeof entry?.name === 'string' ? [entry.name] : [],
        )
    }
    const { anchors } = parsedHtml(answer)
    // A link to a project ends with a slash; its last folder is the name.
    return anchors.flatMap(({ url }) => {
        const isBelow = url.origin === answer.url.origin && url.pathname.startsWith(new URL('.', answer.url).pathname)
        const name = /\/([^/]+)\/(?:index\.html)?$/.exec(url.pathname)?.[1]
        return isBelow && name !== undefined ? [decodedName(name)] : []
    })
}

interface Document {
    contentType: string
    url: URL
    body: Buffer
}

async function readDocument(client: SourceClient, from: URL, path: string): Promise<Document | undefined> {
    const answer = await client.read(new URL(path, from), accept)
    if (answer.status === 200) return answer
    // A bucket without a website answers 403 or 404 for a folder, and has its page under this name.
    if (answer.status === 404 || (answer.status === 403 && /xml/.test(answer.contentType))) {
        const page = await client.read(new URL(`${path}index.html`, from), accept)
        if (page.status === 200) return page
        if (answer.status === 404) return undefined
    }
    if (answer.status === 410) return undefined
    throw refused(answer.url, answer.status)
}

/** By its type; that of an object in S3 may be anything. */
function isJson({ contentType, body, url }: Document): boolean {
    const type = contentType.split(';')[0]!.trim().toLowerCase()
    if (type.endsWith('json')) return true
    if (type.endsWith('html')) return false
    const start = body.subarray(0, 512).toString().trimStart()
    if (start.startsWith('{')) return true
    if (start.startsWith('<')) return false
    throw notAPage(url, `its type is ${JSON.stringify(contentType)}`)
}

/** @see PEP 691, 700, 714, 740, 792 */
function jsonPage(document: Document): SourcePage {
    const json = parsedJson(document)
    const { files, meta } = json as { files?: unknown; meta?: { 'api-version'?: unknown } }
    const major = String(meta?.['api-version'] ?? '1.0').split('.')[0]
    if (major !== '1') throw notAPage(document.url, `its API version is ${String(meta?.['api-version'])}`)
    const status = parseStatus((json as Record<string, unknown>)['project-status'])
    if (!Array.isArray(files) || status === undefined) throw notAPage(document.url, 'it has no files')
    return { status, files: files.flatMap((file: unknown) => jsonFile(file, document.url)) }
}

function jsonFile(value: unknown, base: URL): SourceFile[] {
    const file = (value ?? {}) as Record<string, unknown>
    const { filename, hashes, size, yanked, provenance } = file
    const url = httpUrl(file.url, base)
    if (typeof filename !== 'string' || url === undefined) return []
    const uploaded = file['upload-time']
    return [
        {
            filename,
            url,
            hashes: knownHashes(Object.entries((hashes ?? {}) as Record<string, unknown>)),
            size: Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : undefined,
            uploadTime: uploadTimeIn(uploaded),
            requiresPython: oneLine(file['requires-python']),
            yanked: yanked === true ? '' : typeof yanked === 'string' ? yankReason(Buffer.from(yanked)) : undefined,
            provenance: httpUrl(provenance, base),
        },
    ]
}

/** @see PEP 503, 592, 658, 740, 792 */
function htmlPage(document: Document): SourcePage {
    const { anchors, metas } = parsedHtml(document)
    const status = metas.get('pypi:project-status')
    const reason = metas.get('pypi:project-status-reason')
    return {
        status: { status: status ?? 'active', ...(status && reason ? { reason } : {}) },
        files: anchors.map(({ url, attributes }) => ({
            filename: decodedName(url.pathname.split('/').at(-1)!),
            url,
            hashes: knownHashes(
                [...url.hash.matchAll(/[#&]([a-z0-9_]+)=([0-9a-f]+)/gi)].map(([, name, hex]) => [name!, hex]),
            ),
            requiresPython: oneLine(attributes['data-requires-python']),
            yanked:
                attributes['data-yanked'] === undefined
                    ? undefined
                    : yankReason(Buffer.from(attributes['data-yanked'])),
            provenance: httpUrl(attributes['data-provenance'], document.url),
        })),
    }
}

interface Anchor {
    url: URL
    attributes: Record<string, string>
}

function parsedHtml({ body, url }: Document): { anchors: Anchor[]; metas: Map<string, string> } {
    const anchors: Anchor[] = []
    const metas = new Map<string, string>()
    let base = url
    const parser = new Parser({
        onopentag(name, attributes) {
            if (name === 'base') base = httpUrl(attributes.href, url) ?? base
            else if (name === 'meta' && attributes.name) metas.set(attributes.name, attributes.content ?? '')
            else if (name === 'a') {
                const target = httpUrl(attributes.href, base)
                if (target) anchors.push({ url: target, attributes })
            }
        },
    })
    parser.end(body.toString())
    return { anchors, metas }
}

function parsedJson({ body, url }: Document): object {
    try {
        const json = JSON.parse(body.toString()) as unknown
        if (typeof json === 'object' && json !== null) return json
    } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
    }
    throw notAPage(url, 'it is not a JSON object')
}

function notAPage(url: URL, reason: string): SourceProblem {
    return new SourceProblem(`${shownUrl(url)} is not a page of a package index: ${reason}`)
}

function httpUrl(text: unknown, base: URL): URL | undefined {
    if (typeof text !== 'string' || !URL.canParse(text, base.href)) return undefined
    const url = new URL(text, base)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
}

function knownHashes(pairs: (readonly [string, unknown])[]): Record<string, string> {
    const hashes: Record<string, string> = {}
    for (const [name, hex] of pairs) {
        if (typeof hex === 'string' && /^[0-9a-f]{32,128}$/i.test(hex)) hashes[name.toLowerCase()] = hex.toLowerCase()
    }
    return hashes
}

function oneLine(value: unknown): string | undefined {
    if (typeof value !== 'string' || value === '') return undefined
    return value.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim() || undefined
}

/** As in PEP 700. Some servers write other forms of ISO 8601. */
export function uploadTimeIn(value: unknown): string | undefined {
    const text = value instanceof Date ? value.toISOString() : value
    if (typeof text !== 'string') return undefined
    const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]00:?00)$/i.exec(text)
    if (match !== null) {
        const time = `${match[1]}T${match[2]}.${(match[3] ?? '').slice(0, 6).padEnd(6, '0')}Z`
        return isNaN(Date.parse(time)) ? undefined : time
    }
    const other = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d$/.test(text) ? Date.parse(text) : NaN
    return isNaN(other) ? undefined : new Date(other).toISOString().replace('Z', '000Z')
}

function decodedName(segment: string): string {
    try {
        return decodeURIComponent(segment)
    } catch (error) {
        if (!(error instanceof URIError)) throw error
        return segment
    }
}

/** One file for each name: a page that lists two is ambiguous, and pip takes the last one. */
function lastOfEach(files: SourceFile[]): SourceFile[] {
    return [...new Map(files.map((file) => [file.filename, file])).values()]
}
