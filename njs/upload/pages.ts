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
import type { NginxBucket } from './nginx-bucket.js'

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
    bucket: NginxBucket,
    pages: Pages<Page>,
    change: (page: Page | undefined) => Page | Promise<Page>,
    backOff: (round: number) => Promise<void>,
): Promise<boolean> {
    for (let round = 0; round < maxRounds; round++) {
        const content = await bucket.get(pages.jsonKey)
        const page = await change(content && pages.parse(content.body.toString('utf8')))
        const json = Buffer.from(pages.toJson(page))
        let etag = content?.etag
        if (!content || !content.body.equals(json)) {
            const result = await bucket.put(
                pages.jsonKey,
                json,
                jsonHeaders,
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
        await bucket.write(pages.htmlKey, Buffer.from(pages.toHtml(page)), htmlHeaders(etag!))
        if ((await bucket.head(pages.jsonKey))?.etag === etag) return true
        await backOff(round)
    }
    throw new Error(`other publishers changed ${pages.jsonKey} ${maxRounds} times`)
}

type BackOff = (round: number) => Promise<void>

/** Creates the pages of a new project. @throws RefusedUpload for a project that takes no files */
export async function preparePages(bucket: NginxBucket, project: string, backOff: BackOff): Promise<void> {
    const content = await bucket.get(`${project}/index.json`)
    if (content) {
        const page = projectPages(project).parse(content.body.toString('utf8'))
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
    await update(bucket, projectPages(project), (page) => page ?? emptyPage(project), backOff)
}

export async function addFile(bucket: NginxBucket, project: string, entry: FileEntry, backOff: BackOff): Promise<void> {
    const change = (current: ProjectPage | undefined) => {
        const page = current ?? emptyPage(project)
        const known = page.files.find(({ filename }) => filename === entry.filename)
        const others = page.files.filter(({ filename }) => filename !== entry.filename)
        return withFiles(page, [...others, { ...entry, yanked: known?.yanked }])
    }
    await update(bucket, projectPages(project), change, backOff)
}

/** @returns whether the list of projects was changed */
export async function ensureListed(bucket: NginxBucket, project: string, backOff: BackOff): Promise<boolean> {
    return update(
        bucket,
        rootPages,
        async (page) => {
            const names =
                page?.projects ??
                (await bucket.folders()).filter(
                    (folder) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(folder) && folder !== 'simple',
                )
            return rootPage([...names.filter((name) => name !== project), project])
        },
        backOff,
    )
}
