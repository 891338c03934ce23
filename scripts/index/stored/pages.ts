import * as core from '../../../core/index/pages.js'
import type { ProjectPage } from '../../../core/project-page.js'
import type { RootPage } from '../../../core/root-page.js'
import { asBuffer } from '../../distribution/file-source.js'

type Pages<Page> = core.RenderedPages<Page, Buffer>

/** The pages of one project. */
export function projectPages(project: string): Pages<ProjectPage> {
    return inBuffers(core.projectPages(project))
}

/** The project list. */
export const rootPages: Pages<RootPage> = inBuffers(core.rootPages)

function inBuffers<Page>(pages: core.RenderedPages<Page>): Pages<Page> {
    return {
        ...pages,
        toJson: (page) => asBuffer(pages.toJson(page)),
        toHtml: (page) => asBuffer(pages.toHtml(page)),
    }
}
