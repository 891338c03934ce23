import { projectHtml, rootHtml } from '../../../core/page-html.js'
import { parseProjectJson, toProjectJson, type ProjectPage } from '../../../core/project-page.js'
import { pageText, type StoredPage } from './stored-page.js'
import { parseRootJson, toRootJson, type RootPage } from '../../../core/root-page.js'

/** A pair of pages: index.json is authoritative, index.html is rendered from it. */
export interface Pages<Page> {
    jsonKey: string
    htmlKey: string
    /** @throws UserError if the page is damaged or has another form */
    parse(stored: StoredPage): Page
    toJson(page: Page): Buffer
    toHtml(page: Page): Buffer
}

/** The pages of one project. */
export function projectPages(project: string): Pages<ProjectPage> {
    const jsonKey = `${project}/index.json`
    return {
        jsonKey,
        htmlKey: `${project}/index.html`,
        parse: (stored) => parseProjectJson(pageText(stored), project, jsonKey),
        toJson: (page) => Buffer.from(toProjectJson(page)),
        toHtml: (page) => Buffer.from(projectHtml(page)),
    }
}

/** The project list. */
export const rootPages: Pages<RootPage> = {
    jsonKey: 'index.json',
    htmlKey: 'index.html',
    parse: (stored) => parseRootJson(pageText(stored), 'index.json'),
    toJson: (page) => Buffer.from(toRootJson(page)),
    toHtml: (page) => Buffer.from(rootHtml(page)),
}
