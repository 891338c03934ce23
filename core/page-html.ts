import { canonicalPath } from './canonical-path.js'
import { escapeHtml, filesDocument, fileLine, htmlDocument, versionLine } from './html-document.js'
import { offeredFiles, versionOf, type FileEntry, type ProjectPage } from './project-page.js'
import type { RootPage } from './root-page.js'

/**
 * Renders a project page: one anchor per file, newest version first.
 *
 * It has no other anchors: pip and pipenv treat each one as a file.
 *
 * @see PEP 503, 592, 629, 714, 792
 */
export function projectHtml(page: ProjectPage): string {
    const byVersion = new Map<string, FileEntry[]>()
    for (const file of offeredFiles(page)) {
        const version = versionOf(page.name, file.filename)
        const sameVersion = byVersion.get(version)
        if (sameVersion) sameVersion.push(file)
        else byVersion.set(version, [file])
    }
    const lines = [...byVersion].reverse().flatMap(([version, files]) => [versionLine(version), ...files.map(fileLine)])
    return filesDocument(page.name, page.status, lines)
}

/** Renders the project list. */
export function rootHtml(page: RootPage): string {
    return htmlDocument('Simple index', [], page.projects.map(rootHtmlLine))
}

/** The line of a project in the project list. */
export function rootHtmlLine(name: string): string {
    return `<a href="${canonicalPath(name)}/">${escapeHtml(name)}</a><br>`
}
