import { Parser } from 'htmlparser2'
import { normalizeName } from '../../../core/project-name.js'
import type { Bucket } from '../../s3/bucket.js'
import { yankReason } from '../../../core/index/object-facts.js'
import { readStoredPage } from './stored-page.js'
import type { ProjectObjects } from '../../../core/index/project-objects.js'

/** A file as a page by another tool describes it. */
export interface LinkedFile {
    /** Hex. */
    sha256?: string | undefined
    requiresPython?: string | undefined
    /** The reason; may be empty. @see PEP 592 */
    yanked?: string | undefined
}

/** Larger than any real project page. Bytes. */
const maxPageSize = 64 * 1024 * 1024

/**
 * The files that an existing page by another tool links: a hand-made page, the 2018 recipe's, s3pypi's (at the key
 * `PROJECT/`), or another tool's index.json. Keeps yanks and Requires-Python that only this page records.
 *
 * @param warn called for each link that matches no file in the folder and is dropped from the new page
 * @returns files by name
 * @see PEP 503, 592, 691
 */
export async function linkedFiles(
    bucket: Bucket,
    objects: ProjectObjects,
    warn: (message: string) => void,
): Promise<Map<string, LinkedFile>> {
    const found = new Map<string, LinkedFile>()
    for (const page of [objects.folderPage, objects.html, objects.json]) {
        if (page === undefined) continue
        if (page.size > maxPageSize) {
            warn(`${page.key} is too large for a page (${page.size} bytes), ignored`)
            continue
        }
        const body = (await readStoredPage(bucket, page.key))?.body?.toString() ?? ''
        const links = page === objects.json ? jsonLinks(body) : htmlLinks(body)
        for (const { url, ...file } of links) {
            const name = fileNameOf(url, objects.project)
            if (name !== undefined && objects.files.has(name)) found.set(name, { ...found.get(name), ...file })
            else warn(`${page.key} links ${JSON.stringify(url)}, which matches no file in the folder: dropped`)
        }
    }
    return found
}

type Link = LinkedFile & { url: string }

function htmlLinks(html: string): Link[] {
    const links: Link[] = []
    const parser = new Parser({
        onopentag(name, attributes) {
            const url = attributes.href
            if (name !== 'a' || url === undefined || /^(?:#|mailto:|javascript:)/i.test(url)) return
            // Skip links to folders, such as the parent or other projects.
            if (/(?:^|\/)(?:\.{0,2})(?:[?#]|$)/.test(url)) return
            links.push({ url, ...facts(/#(?:.*&)?sha256=([^&]*)/i.exec(url)?.[1], attributes) })
        },
    })
    parser.end(html)
    return links
}

function facts(sha256: string | undefined, attributes: Record<string, string>): LinkedFile {
    const { 'data-requires-python': requiresPython, 'data-yanked': yanked } = attributes
    return {
        ...(isSha256(sha256) ? { sha256: sha256!.toLowerCase() } : {}),
        ...(requiresPython ? { requiresPython } : {}),
        ...(yanked === undefined ? {} : { yanked: yankReason(Buffer.from(yanked)) }),
    }
}

/** The files in another tool's index.json. @see PEP 691 */
function jsonLinks(text: string): Link[] {
    let json: unknown
    try {
        json = JSON.parse(text)
    } catch (error) {
        if (error instanceof SyntaxError) return []
        throw error
    }
    const { files, _files: withheld } = (json ?? {}) as { files?: unknown; _files?: unknown }
    return [files, withheld]
        .flatMap((list) => (Array.isArray(list) ? list : []))
        .flatMap((entry: unknown) => {
            const file = (entry ?? {}) as Record<string, unknown>
            const url = [file.filename, file.url].find((value) => typeof value === 'string')
            if (url === undefined) return []
            const { hashes, yanked } = file
            const sha256 = (hashes as Record<string, unknown> | undefined | null)?.sha256
            const requiresPython = file['requires-python']
            return {
                url: typeof file.filename === 'string' ? encodeURIComponent(file.filename) : (url as string),
                ...facts(typeof sha256 === 'string' ? sha256 : undefined, {
                    ...(typeof requiresPython === 'string' ? { 'data-requires-python': requiresPython } : {}),
                    ...(yanked === true || typeof yanked === 'string'
                        ? { 'data-yanked': yanked === true ? '' : yanked }
                        : {}),
                }),
            }
        })
}

/** The file name in a link on a project page; undefined if the link leads outside the project's folder. */
function fileNameOf(url: string, project: string): string | undefined {
    const base = `http://index.invalid/simple/${project}/`
    if (!URL.canParse(url, base)) return undefined
    const segments = new URL(url, base).pathname.split('/')
    try {
        const name = decodeURIComponent(segments.at(-1)!)
        // Absolute links may use any host that served the bucket or the index.
        const folder = decodeURIComponent(segments.at(-2) ?? '')
        return name !== '' && normalizeName(folder) === project ? name : undefined
    } catch (error) {
        if (error instanceof URIError) return undefined
        throw error
    }
}

function isSha256(text: string | undefined): boolean {
    return /^[0-9a-f]{64}$/i.test(text ?? '')
}
