import type { Engine } from '../byte-source.js'
import { projectHtml } from '../page-html.js'
import { emptyPage, versionOf, withFiles } from '../project-page.js'
import { decodeUtf8, encodeUtf8 } from '../utf8.js'
import { findLine, hasText, replaced, type Lines } from './page-lines.js'
import type { EditedPage } from './splice-json.js'

const endOfPage = '</body>\n</html>\n'

/**
 * Adds or replaces the line of one file, byte for byte as `projectHtml` renders the page.
 *
 * @param html of the page before the edit, not compressed
 * @param page after the edit
 * @returns undefined if the page must be rendered: `html` is not as this program writes it
 */
export function spliceHtml(
    html: Uint8Array,
    project: string,
    page: EditedPage,
    engine: Engine,
): Uint8Array | undefined {
    const { entry, versions } = page
    const head = upToTitle(projectHtml({ ...emptyPage(project), status: page.status }))
    const end = html.length - endOfPage.length
    if (!hasText(html, 0, head) || !hasText(html, end, endOfPage)) return undefined
    const version = versionOf(project, entry.filename)
    const { heading, line } = rendered(project, page)
    const section = sectionOf(html, version, end, engine)
    if (section === undefined) {
        if (page.isKnown) return undefined
        const older = versions[versions.indexOf(version) - 1]
        const at = older === undefined ? end : headingOf(html, older, engine)
        return at === undefined ? undefined : replaced(engine, html, { start: at, end: at }, heading + line)
    }
    const found = findLine(html, section, (range) => {
        const filename = filenameIn(html, range)
        if (filename === undefined) return undefined
        return filename === entry.filename ? 0 : filename < entry.filename ? -1 : 1
    })
    const wasKnown = found !== undefined && found.end > found.start
    return found === undefined || wasKnown !== page.isKnown ? undefined : replaced(engine, html, found, line)
}

/** The head of a page, with the title: all lines before the files. */
function upToTitle(html: string): string {
    return html.slice(0, html.indexOf('</h1>\n') + '</h1>\n'.length)
}

function rendered(project: string, { entry }: EditedPage): { heading: string; line: string } {
    const html = projectHtml(withFiles(emptyPage(project), [entry]))
    const section = html.slice(upToTitle(html).length, -endOfPage.length)
    const end = section.indexOf('\n') + 1
    return { heading: section.slice(0, end), line: section.slice(end) }
}

/** The position of the heading of a version. Texts on the page have no `<`, so it is found nowhere else. */
function headingOf(html: Uint8Array, version: string, engine: Engine): number | undefined {
    const at = engine.indexOf(html, encodeUtf8(`\n<h2>${version}</h2>\n`), 0)
    return at < 0 ? undefined : at + 1
}

/** The lines of the files of a version. */
function sectionOf(html: Uint8Array, version: string, end: number, engine: Engine): Lines | undefined {
    const heading = headingOf(html, version, engine)
    if (heading === undefined) return undefined
    const start = heading + `<h2>${version}</h2>\n`.length
    const next = engine.indexOf(html, encodeUtf8('\n<h2>'), start)
    return { start, end: next < 0 ? end : next + 1 }
}

/** Names of files have no characters that HTML escapes. */
function filenameIn(html: Uint8Array, { start, end }: Lines): string | undefined {
    const text = decodeUtf8(html.subarray(start, end)) ?? ''
    const close = text.indexOf('</a> <small>')
    if (close < 0 || text.slice(0, 8) !== '<a href=') return undefined
    return text.slice(text.lastIndexOf('>', close) + 1, close)
}
