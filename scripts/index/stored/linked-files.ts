import { Parser } from 'htmlparser2'
import { normalizeName } from '../../../core/project-name.js'
import type { Bucket } from '../../s3/bucket.js'
import { yankReason } from './object-facts.js'
import type { ProjectObjects } from './project-objects.js'

/** What a page that is not ours says of a file. */
export interface LinkedFile {
    /** Hex. */
    sha256?: string | undefined
    requiresPython?: string | undefined
    /** The reason, which can be empty. @see PEP 592 */
    yanked?: string | undefined
}

/** More than the page of any project. Bytes. */
const maxPageSize = 64 * 1024 * 1024

/**
 * The files that the page of before links: a hand-made one, one of the recipe of 2018, s3pypi's, which is at the key
 * `PROJECT/`, or the index.json of another tool. A yank or a Requires-Python that only it knows must not be lost.
 *
 * @param warn told of each link that the new page will not have, since no file of the folder is meant
 * @returns by file name
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
            warn(`${page.key} is too large to be a page (${page.size} bytes): it is not read`)
            continue
        }
        const body = (await bucket.get(page.key))?.body.toString('utf8') ?? ''
        const links = page === objects.json ? jsonLinks(body) : htmlLinks(body)
        for (const { url, ...file } of links) {
            const name = fileNameOf(url, objects.project)
            if (name !== undefined && objects.files.has(name)) found.set(name, { ...found.get(name), ...file })
            else warn(`${page.key} links ${JSON.stringify(url)}, which is no file in the folder: the new page does not`)
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
            // A link to a folder is none to a file: to the parent, to other projects.
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

/** The files of an index.json that this program did not write. @see PEP 691 */
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

/** The name of the file in a link of a project's page; undefined for a link that leads to no file of that folder. */
function fileNameOf(url: string, project: string): string | undefined {
    const base = `http://index.invalid/simple/${project}/`
    if (!URL.canParse(url, base)) return undefined
    const segments = new URL(url, base).pathname.split('/')
    try {
        const name = decodeURIComponent(segments.at(-1)!)
        // An absolute link may be to the address at which the bucket or the index was served.
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
