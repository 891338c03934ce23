import { projectHtml, rootHtml } from '../../core/page-html.js'
import {
    emptyPage,
    parseProjectJson,
    takesFiles,
    toProjectJson,
    withFiles,
    type FileEntry,
    type ProjectPage,
} from '../../core/project-page.js'
import { parseRootJson, rootPage, toRootJson } from '../../core/root-page.js'
import { RefusedUpload } from '../../core/upload/refused-upload.js'
import { htmlHeaders, jsonHeaders } from '../../scripts/index/stored/stored-headers.js'
import { gunzip, type Gzip } from './gzip.js'
import type { ObjectHeaders } from '../../scripts/s3/objects.js'
import type { NginxBucket } from './nginx-bucket.js'
import type { Engine } from '../../core/byte-source.js'

interface PageContext {
    bucket: NginxBucket
    engine: Engine
    backOff: (round: number) => Promise<void>
    gzip: Gzip | undefined
}

const maxRounds = 200

interface Pages<Page> {
    jsonKey: string
    htmlKey: string
    parse(text: string): Page
    toJson(page: Page): string
    toHtml(page: Page): string
}

function projectPages(project: string): Pages<ProjectPage> {
    return {
        jsonKey: `${project}/index.json`,
        htmlKey: `${project}/index.html`,
        parse: (text) => parseProjectJson(text, project, `${project}/index.json`),
        toJson: toProjectJson,
        toHtml: projectHtml,
    }
}

const rootPages = {
    jsonKey: 'index.json',
    htmlKey: 'index.html',
    parse: (text: string) => parseRootJson(text, 'index.json'),
    toJson: toRootJson,
    toHtml: rootHtml,
}

async function update<Page>(
    { bucket, engine, backOff, gzip }: PageContext,
    pages: Pages<Page>,
    change: (page: Page | undefined) => Page | Promise<Page>,
): Promise<boolean> {
    const stored = (text: string) => (gzip ? gzip(Buffer.from(text)) : Buffer.from(text))
    const encoded = (headers: ObjectHeaders): ObjectHeaders => {
        if (gzip) return headers
        const { contentType, cacheControl, metadata } = headers
        return { contentType, cacheControl, ...(metadata && { metadata }) }
    }
    for (let round = 0; round < maxRounds; round++) {
        const content = await bucket.get(pages.jsonKey)
        const before = content && (await gunzip(content.body, engine)).toString('utf8')
        const page = await change(before === undefined ? undefined : pages.parse(before))
        const json = pages.toJson(page)
        let etag = content?.etag
        if (before !== json) {
            const result = await bucket.put(
                pages.jsonKey,
                stored(json),
                encoded(jsonHeaders),
                content ? { etag: content.etag } : 'absent',
            )
            if (result.outcome === 'unsupported') {
                throw new RefusedUpload(501, 'this S3 server has no conditional writes', 'Use publish-package.')
            }
            if (result.outcome === 'refused') {
                await backOff(round)
                continue
            }
            etag = result.etag
        } else if ((await bucket.head(pages.htmlKey))?.metadata['index-json-etag'] === etag) return false
        await bucket.write(pages.htmlKey, stored(pages.toHtml(page)), encoded(htmlHeaders(etag!)))
        if ((await bucket.head(pages.jsonKey))?.etag === etag) return true
        await backOff(round)
    }
    throw new Error(`other publishers changed ${pages.jsonKey} ${maxRounds} times`)
}

/** Creates the pages of a new project. @throws RefusedUpload for a project that takes no files */
export async function preparePages(context: PageContext, project: string): Promise<void> {
    const { bucket } = context
    const content = await bucket.get(`${project}/index.json`)
    if (content) {
        const page = projectPages(project).parse((await gunzip(content.body, context.engine)).toString('utf8'))
        if (takesFiles(page)) return
        throw new RefusedUpload(
            403,
            `the project ${project} is ${page.status.status} and takes no new files`,
            'Ask for it: manage-index status.',
        )
    }
    if ((await bucket.listAll(`${project}/`)).some(({ key, size }) => key !== `${project}/` || size > 0)) {
        throw new RefusedUpload(
            409,
            `the project ${project} has files, but no index.json: another tool made it`,
            `Run once: manage-index rebuild BUCKET ${project}`,
        )
    }
    await update(context, projectPages(project), (page) => page ?? emptyPage(project))
}

export async function addFile(context: PageContext, project: string, entry: FileEntry): Promise<void> {
    const change = (current: ProjectPage | undefined) => {
        const page = current ?? emptyPage(project)
        const known = page.files.find(({ filename }) => filename === entry.filename)
        const others = page.files.filter(({ filename }) => filename !== entry.filename)
        return withFiles(page, [...others, { ...entry, yanked: known?.yanked }])
    }
    await update(context, projectPages(project), change)
}

/** @returns whether the list of projects was changed */
export async function ensureListed(context: PageContext, project: string): Promise<boolean> {
    const { bucket } = context
    return update(context, rootPages, async (page) => {
        const names =
            page?.projects ??
            (await bucket.folders()).filter(
                (folder) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(folder) && folder !== 'simple',
            )
        return rootPage([...names.filter((name) => name !== project), project])
    })
}
