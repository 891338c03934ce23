import { projectHtml, rootHtml } from '../page-html.js'
import { parseProjectJson, toProjectJson, type ProjectPage } from '../project-page.js'
import { parseRootJson, toRootJson, type RootPage } from '../root-page.js'
import { encodeUtf8 } from '../utf8.js'
import { pageText, type StoredPage } from './stored-page.js'

/** A pair of pages: index.json is authoritative, index.html is rendered from it. */
export interface Pages<Page, Bytes extends Uint8Array = Uint8Array> {
    jsonKey: string
    htmlKey: string
    /** @throws UserError if the page is damaged or has another form */
    parse(stored: StoredPage): Page
    toJson(page: Page): Bytes
    toHtml(page: Page): Bytes | Promise<Bytes>
    /**
     * Makes index.html from the one before the change, which costs less; undefined if it must be rendered. If present,
     * index.html is replaced by compare-and-swap, too.
     */
    spliceHtml?(before: Uint8Array, page: Page): Uint8Array | undefined
}

/** Pages that are rendered at once. */
export interface RenderedPages<Page, Bytes extends Uint8Array = Uint8Array> extends Pages<Page, Bytes> {
    toHtml(page: Page): Bytes
}

/** The pages of one project. */
export function projectPages(project: string): RenderedPages<ProjectPage> {
    const jsonKey = `${project}/index.json`
    return {
        jsonKey,
        htmlKey: `${project}/index.html`,
        parse: (stored) => parseProjectJson(pageText(stored), project, jsonKey),
        toJson: (page) => encodeUtf8(toProjectJson(page)),
        toHtml: (page) => encodeUtf8(projectHtml(page)),
    }
}

/** The project list. */
export const rootPages: RenderedPages<RootPage> = {
    jsonKey: 'index.json',
    htmlKey: 'index.html',
    parse: (stored) => parseRootJson(pageText(stored), 'index.json'),
    toJson: (page) => encodeUtf8(toRootJson(page)),
    toHtml: (page) => encodeUtf8(rootHtml(page)),
}
