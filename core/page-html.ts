import { canonicalPath } from './canonical-path.js'
import { formatSize } from './format-size.js'
import { offeredFiles, versionOf, type FileEntry, type ProjectPage } from './project-page.js'
import type { RootPage } from './root-page.js'

/** Light or dark by the system's setting; loads no external resources. */
const style =
    ':root{color-scheme:light dark}' +
    'body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
    'h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.5rem 0 .25rem}' +
    'a{overflow-wrap:anywhere}small{opacity:.7}'

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
    const sections = [...byVersion].reverse().map(([version, files]) => {
        return `<h2>${escapeHtml(version)}</h2>\n${files.map(fileLine).join('\n')}`
    })
    const { status, reason } = page.status
    const metas = [
        `<meta name="pypi:project-status" content="${escapeHtml(status)}">`,
        ...(reason === undefined ? [] : [`<meta name="pypi:project-status-reason" content="${escapeHtml(reason)}">`]),
    ]
    return htmlDocument(`Links for ${page.name}`, metas, sections)
}

/** Renders the project list. */
export function rootHtml(page: RootPage): string {
    const lines = page.projects.map((name) => `<a href="${canonicalPath(name)}/">${escapeHtml(name)}</a><br>`)
    return htmlDocument('Simple index', [], lines)
}

function fileLine(file: FileEntry): string {
    const attributes = [
        `href="${escapeHtml(canonicalPath(file.filename))}#sha256=${file.sha256}"`,
        file.requiresPython === undefined ? '' : `data-requires-python="${escapeHtml(file.requiresPython)}"`,
        file.coreMetadata === undefined ? '' : `data-core-metadata="sha256=${file.coreMetadata.sha256}"`,
        file.yanked === undefined ? '' : `data-yanked="${escapeHtml(file.yanked)}"`,
    ].filter(Boolean)
    const notes = [formatSize(file.size), file.uploadTime.slice(0, 10)]
    if (file.yanked !== undefined) notes.push(file.yanked === '' ? 'yanked' : `yanked: ${file.yanked}`)
    const small = `<small>${escapeHtml(notes.join(' · '))}</small>`
    return `<a ${attributes.join(' ')}>${escapeHtml(file.filename)}</a> ${small}<br>`
}

function htmlDocument(title: string, metas: string[], body: string[]): string {
    const head = [
        '<meta charset="utf-8">',
        '<meta name="pypi:repository-version" content="1.4">',
        ...metas,
        '<meta name="viewport" content="width=device-width">',
        `<title>${escapeHtml(title)}</title>`,
        `<style>${style}</style>`,
    ]
    const lines = [`<h1>${escapeHtml(title)}</h1>`, ...body]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n' +
        head.join('\n') +
        '\n</head>\n<body>\n' +
        lines.join('\n') +
        '\n</body>\n</html>\n'
    )
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
    return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
