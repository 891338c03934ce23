// Runs in Node.js and in nginx: no syntax and no functions that njs 0.7.9 lacks.

import { canonicalPath } from './canonical-path.js'
import { formatSize } from './format-size.js'
import { provenanceUrl, type OfferedFile } from './offered-file.js'

/** Light or dark by the system's setting; loads no external resources. */
const style =
    ':root{color-scheme:light dark}' +
    'body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
    'h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.5rem 0 .25rem}' +
    'a{overflow-wrap:anywhere}small{opacity:.7}'

/**
 * The document of a project page.
 *
 * @param lines from `versionLine` and `fileLine`
 * @see PEP 503, 792
 */
export function filesDocument(name: string, status: { status: string; reason?: string }, lines: string[]): string {
    const metas = [`<meta name="pypi:project-status" content="${escapeHtml(status.status)}">`]
    if (status.reason !== undefined) {
        metas.push(`<meta name="pypi:project-status-reason" content="${escapeHtml(status.reason)}">`)
    }
    return htmlDocument(`Links for ${name}`, metas, lines)
}

/** The heading above the files of a version. */
export function versionLine(version: string): string {
    return `<h2>${escapeHtml(version)}</h2>`
}

/** The anchor of a file, relative to the page. Its address has a fragment only if the hash is known. */
export function fileLine(file: OfferedFile): string {
    const fragment = file.sha256 === undefined ? '' : `#sha256=${file.sha256}`
    const attributes = [
        `href="${escapeHtml(file.url || canonicalPath(file.filename))}${fragment}"`,
        file.requiresPython === undefined ? '' : `data-requires-python="${escapeHtml(file.requiresPython)}"`,
        file.coreMetadata === undefined ? '' : `data-core-metadata="${metadataValue(file.coreMetadata.sha256)}"`,
        file.provenance ? `data-provenance="${escapeHtml(provenanceUrl(file))}"` : '',
        file.yanked === undefined ? '' : `data-yanked="${escapeHtml(file.yanked)}"`,
    ].filter(Boolean)
    const notes = [formatSize(file.size), file.uploadTime.slice(0, 10)]
    if (file.yanked !== undefined) notes.push(file.yanked === '' ? 'yanked' : `yanked: ${file.yanked}`)
    const small = `<small>${escapeHtml(notes.join(' \u00b7 '))}</small>`
    return `<a ${attributes.join(' ')}>${escapeHtml(file.filename)}</a> ${small}<br>`
}

/** @see PEP 714: "true" if the hash is not known */
function metadataValue(sha256: string | undefined): string {
    return sha256 === undefined ? 'true' : `sha256=${sha256}`
}

/** @param body lines of HTML */
export function htmlDocument(title: string, metas: string[], body: string[]): string {
    const head = ['<meta charset="utf-8">', '<meta name="pypi:repository-version" content="1.4">'].concat(metas, [
        '<meta name="viewport" content="width=device-width">',
        `<title>${escapeHtml(title)}</title>`,
        `<style>${style}</style>`,
    ])
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n' +
        head.join('\n') +
        '\n</head>\n<body>\n' +
        [`<h1>${escapeHtml(title)}</h1>`].concat(body).join('\n') +
        '\n</body>\n</html>\n'
    )
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
    // A pattern that usually matches: one that does not costs njs 0.7.9 4 KB, which a request keeps until its end.
    if (/^[^&<>"']*$/.test(text)) return text
    return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
