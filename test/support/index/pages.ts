import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { Bucket } from '../../../scripts/s3/bucket.js'

/** A file as a client finds it on a page. */
export interface PageFile {
    filename: string
    /** Relative to the page, percent-decoded. */
    target: string
    sha256: string
    coreMetadata: string | undefined
    requiresPython: string | undefined
    yanked: string | undefined
}

/** What a client sees of an index: both forms of each page that exists. */
export interface SeenIndex {
    projects: string[]
    /** By project. */
    json: Map<string, PageFile[]>
    html: Map<string, PageFile[]>
}

/** A page as a client gets it: decompressed if, and only if, its Content-Encoding says so. */
export async function pageText(bucket: Bucket, key: string): Promise<string | undefined> {
    const content = await bucket.get(key)
    return content && (content.contentEncoding === 'gzip' ? gunzipSync(content.body) : content.body).toString('utf8')
}

/** Reads an index as a client does. Throws on a page that no client could read. */
export async function readIndex(bucket: Bucket): Promise<SeenIndex> {
    const seen: SeenIndex = { projects: [], json: new Map(), html: new Map() }
    const root = await pageText(bucket, 'index.json')
    if (root) seen.projects = parse<{ projects: { name: string }[] }>(root).projects.map(({ name }) => name)
    for (const folder of await bucket.folders()) {
        const json = await pageText(bucket, `${folder}/index.json`)
        if (json) seen.json.set(folder, jsonFiles(json))
        const html = await pageText(bucket, `${folder}/index.html`)
        if (html) seen.html.set(folder, htmlFiles(html))
    }
    return seen
}

/**
 * What is wrong with an index for a client: a file that is not there, has another hash, or whose metadata are not those
 * that the page promises; a project on the list without a page.
 *
 * @param checked promises that were found kept before, and need not be looked at again
 */
export async function brokenPromises(bucket: Bucket, checked = new Set<string>()): Promise<string[]> {
    const seen = await readIndex(bucket)
    const broken: string[] = []
    for (const name of seen.projects) if (!seen.json.has(name)) broken.push(`${name} is listed and has no page`)
    for (const [project, files] of [...seen.json, ...seen.html]) {
        for (const file of files) {
            const promise = JSON.stringify([project, file.target, file.sha256, file.coreMetadata])
            if (checked.has(promise)) continue
            checked.add(promise)
            const object = await bucket.get(`${project}/${file.target}`)
            if (!object) broken.push(`${project}/${file.target} does not exist`)
            else if (sha256(object.body) !== file.sha256) broken.push(`${project}/${file.target} has another hash`)
            if (file.coreMetadata === undefined) continue
            const metadata = await bucket.get(`${project}/${file.target}.metadata`)
            if (!metadata) broken.push(`${project}/${file.target}.metadata does not exist`)
            else if (sha256(metadata.body) !== file.coreMetadata)
                broken.push(`${file.target}.metadata has another hash`)
        }
    }
    return broken
}

/** The names of the files on both pages of a project; throws when the pages differ. */
export async function filesOf(bucket: Bucket, project: string): Promise<string[]> {
    const seen = await readIndex(bucket)
    const names = (files: PageFile[] | undefined) => (files ?? []).map(({ filename }) => filename).sort()
    const json = names(seen.json.get(project))
    const html = names(seen.html.get(project))
    if (json.join() !== html.join()) throw new Error(`index.json has ${json.length} files, index.html ${html.length}`)
    return json
}

interface JsonFile {
    filename: string
    url: string
    hashes: { sha256: string }
    'requires-python'?: string
    'core-metadata'?: { sha256: string }
    yanked: boolean | string
}

function jsonFiles(json: string): PageFile[] {
    return parse<{ files: JsonFile[] }>(json).files.map((file) => ({
        filename: file.filename,
        target: decodeURIComponent(file.url),
        sha256: file.hashes.sha256,
        coreMetadata: file['core-metadata']?.sha256,
        requiresPython: file['requires-python'],
        yanked: file.yanked === false ? undefined : file.yanked === true ? '' : file.yanked,
    }))
}

/** The anchors, as PEP 503's simplest readers take them. */
export function htmlFiles(html: string): PageFile[] {
    if (!html.startsWith('<!DOCTYPE html>') || !html.endsWith('</html>\n')) throw new Error('a page is cut')
    return [...html.matchAll(/<a ([^>]*)>([^<]*)<\/a>/g)].map(([, attributes, text]) => {
        const values = Object.fromEntries(
            [...attributes!.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescape(value!)]),
        )
        const [path, hash] = values.href!.split('#sha256=')
        return {
            filename: unescape(text!),
            target: decodeURIComponent(path!),
            sha256: hash!,
            coreMetadata: values['data-core-metadata']?.replace('sha256=', ''),
            requiresPython: values['data-requires-python'],
            yanked: values['data-yanked'],
        }
    })
}

function unescape(text: string): string {
    const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
    return text.replace(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => characters[name]!)
}

function parse<Json>(text: string): Json {
    return JSON.parse(text) as Json
}

function sha256(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('hex')
}
