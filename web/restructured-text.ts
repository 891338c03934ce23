import { inlineHtml, escapeHtml, type LinkTargets } from './restructured-inline.js'

// The parts of reStructuredText that READMEs use. Everything else stays readable as text: tables, footnotes, and directives
// that this file does not know are shown as they are written. No well-kept library is small: docutils is Python.

/** Deeper nesting is shown as text. */
const maxDepth = 12

/** Titles, by the order in which their styles occur. */
interface State {
    styles: string[]
    targets: LinkTargets
}

/** Makes HTML of reStructuredText, which is not yet safe to show. @see docutils, "reStructuredText Markup Specification" */
export function restructuredHtml(text: string): string {
    const lines = text.replaceAll('\t', '        ').split(/\r?\n/)
    return blocks(lines, { styles: [], targets: linkTargets(lines) }, 0)
}

/** `.. _name: URL` anywhere, and `.. |name| image:: URL`. */
function linkTargets(lines: readonly string[]): LinkTargets {
    const urls = new Map<string, string>()
    const images = new Map<string, string>()
    for (const line of lines) {
        const target = /^\s*\.\. _`?([^:`]{1,200})`?: +(\S+)$/.exec(line)
        if (target !== null) urls.set(target[1]!.trim().toLowerCase(), target[2]!)
        const image = /^\s*\.\. \|([^|]{1,200})\| image:: +(\S+)$/.exec(line)
        if (image !== null) images.set(image[1]!, image[2]!)
    }
    return { urls, images }
}

function blocks(lines: readonly string[], state: State, depth: number): string {
    if (depth > maxDepth) return preformatted(lines)
    const made: string[] = []
    let at = 0
    while (at < lines.length) {
        const [html, next] = block(lines, at, state, depth)
        made.push(html)
        at = Math.max(next, at + 1)
    }
    return made.join('\n')
}

/** Reads one block. @returns its HTML, and the number of the line behind it */
function block(lines: readonly string[], at: number, state: State, depth: number): [html: string, next: number] {
    const line = lines[at]!
    if (line.trim() === '') return ['', at + 1]
    const title = titleAt(lines, at)
    if (title !== undefined) {
        let level = state.styles.indexOf(title.style)
        if (level < 0) level = state.styles.push(title.style) - 1
        const tag = `h${Math.min(level + 1, 6)}`
        return [`<${tag}>${inlineHtml(title.text, state.targets)}</${tag}>`, title.next]
    }
    if (isRule(line)) return ['<hr>', at + 1]
    if (/^\.\. |^\.\.$|^__ /.test(line)) return explicit(lines, at, state, depth)
    if (/^(?:\+[-=+]{3,}\+|={2,}(?: +={2,})+) *$/.test(line) || line.startsWith('>>> ') || line.startsWith('| ')) {
        const end = endOfParagraph(lines, at)
        return [preformatted(lines.slice(at, end)), end]
    }
    const item = itemAt(line)
    if (item !== undefined) return listAt(lines, at, item.kind, state, depth)
    if (line.startsWith(' ')) {
        const end = endOfIndented(lines, at, indentOf(line))
        return [`<blockquote>${blocks(dedented(lines.slice(at, end)), state, depth + 1)}</blockquote>`, end]
    }
    return paragraphAt(lines, at, state, depth)
}

function paragraphAt(lines: readonly string[], at: number, state: State, depth: number): [string, number] {
    let end = at + 1
    while (end < lines.length && lines[end]!.trim() !== '' && !lines[end]!.startsWith('  ')) end++
    // A term and its definition.
    if (end === at + 1 && lines[end]?.startsWith('  ') && !lines[at]!.trimEnd().endsWith('::')) {
        const last = endOfIndented(lines, end, 1)
        const definition = blocks(dedented(lines.slice(end, last)), state, depth + 1)
        return [`<dl><dt>${inlineHtml(lines[at]!, state.targets)}</dt><dd>${definition}</dd></dl>`, last]
    }
    while (end < lines.length && lines[end]!.trim() !== '') end++
    let text = lines.slice(at, end).join('\n').trimEnd()
    if (!text.endsWith('::')) return [`<p>${inlineHtml(fieldsMarked(text), state.targets)}</p>`, end]
    text = text === '::' ? '' : text.endsWith(' ::') ? text.slice(0, -3) : text.slice(0, -1)
    const paragraph = text === '' ? '' : `<p>${inlineHtml(text, state.targets)}</p>`
    let start = end
    while (start < lines.length && lines[start]!.trim() === '') start++
    if (start >= lines.length || !lines[start]!.startsWith(' ')) return [paragraph, end]
    const last = endOfIndented(lines, start, 1)
    return [paragraph + preformatted(dedented(lines.slice(start, last))), last]
}

/** `:Field: value` */
function fieldsMarked(text: string): string {
    return text.replace(/^:([A-Za-z][\w -]{0,50}):(?= |$)/gm, '**$1:**')
}

const admonitions = /^(?:attention|caution|danger|error|hint|important|note|tip|warning|admonition)$/

/** A directive, a link target, or a comment. */
function explicit(lines: readonly string[], at: number, state: State, depth: number): [string, number] {
    const end = endOfIndented(lines, at + 1, 1)
    const match = /^\.\. (?:\|[^|]*\| )?([A-Za-z][\w-]*):: *(.*)$/.exec(lines[at]!)
    // Targets are links elsewhere; comments, footnotes and citations are not shown.
    if (match === null || /^\.\. \|/.test(lines[at]!)) return ['', end]
    const [, name, argument] = [match[0], match[1]!.toLowerCase(), match[2]!]
    const inner = dedented(lines.slice(at + 1, end))
    let start = 0
    while (/^:[\w-]+:/.test(inner[start] ?? '')) start++
    const body = inner.slice(start)
    if (name === 'image' || name === 'figure') {
        const alt = inner.slice(0, start).find((option) => option.startsWith(':alt:'))
        return [`<p><img src="${escapeHtml(argument)}" alt="${escapeHtml(alt?.slice(5).trim() ?? '')}"></p>`, end]
    }
    if (/^(?:code|code-block|sourcecode|parsed-literal|math)$/.test(name)) return [preformatted(body), end]
    if (admonitions.test(name)) {
        const heading = name === 'admonition' ? argument : name[0]!.toUpperCase() + name.slice(1)
        const text = name === 'admonition' ? body : [argument, ...body]
        const content = blocks(text, state, depth + 1)
        return [`<blockquote><p><strong>${escapeHtml(heading)}</strong></p>${content}</blockquote>`, end]
    }
    if (/^(?:contents|toctree|include|raw|meta|role|highlight|default-role)$/.test(name)) return ['', end]
    return [preformatted(lines.slice(at, end)), end]
}

interface Title {
    text: string
    /** The characters of its lines. */
    style: string
    next: number
}

function titleAt(lines: readonly string[], at: number): Title | undefined {
    const [first, second, third] = [lines[at]!, lines[at + 1] ?? '', lines[at + 2] ?? '']
    if (isRule(first) && second.trim() !== '' && isRule(third) && first[0] === third[0]) {
        return { text: second.trim(), style: `${first[0]}${third[0]}`, next: at + 3 }
    }
    if (first.startsWith(' ') || !isRule(second, 1) || isRule(first)) return undefined
    // A line under a text that is longer is text, unless it is long enough to be meant.
    if (second.trimEnd().length < Math.min(first.trimEnd().length, 4)) return undefined
    return { text: first.trim(), style: second[0]!, next: at + 2 }
}

/** A line of one punctuation character. */
function isRule(line: string, length = 4): boolean {
    const text = line.trimEnd()
    if (text.length < length || !/^[!-/:-@[-`{-~]/.test(text)) return false
    for (let at = 1; at < text.length; at++) if (text[at] !== text[0]) return false
    return true
}

function itemAt(line: string): { kind: 'ul' | 'ol'; width: number } | undefined {
    const match = /^([-*+•]|\(?(?:\d{1,4}|#|[a-zA-Z])[.)])( +)\S/.exec(line)
    if (match === null) return undefined
    return { kind: /^[-*+•]/.test(line) ? 'ul' : 'ol', width: match[1]!.length + match[2]!.length }
}

function listAt(
    lines: readonly string[],
    from: number,
    kind: 'ul' | 'ol',
    state: State,
    depth: number,
): [string, number] {
    const items: string[] = []
    let at = from
    while (at < lines.length) {
        const item = itemAt(lines[at]!)
        if (item === undefined || item.kind !== kind) break
        const end = endOfIndented(lines, at + 1, 1)
        const inner = [lines[at]!.slice(item.width), ...dedented(lines.slice(at + 1, end))]
        const html = blocks(inner, state, depth + 1)
        // A paragraph alone is the text of its item.
        items.push(`<li>${/^<p>((?:(?!<p>)[^])*)<\/p>\s*$/.exec(html)?.[1] ?? html}</li>`)
        at = end
        while (at < lines.length && lines[at]!.trim() === '') at++
    }
    return [`<${kind}>${items.join('\n')}</${kind}>`, at]
}

/** The end of the lines that are empty or indented by at least so many spaces, without empty lines at the end. */
function endOfIndented(lines: readonly string[], from: number, indent: number): number {
    let end = from
    for (let at = from; at < lines.length; at++) {
        if (lines[at]!.trim() === '') continue
        if (indentOf(lines[at]!) < indent) break
        end = at + 1
    }
    return end
}

function endOfParagraph(lines: readonly string[], from: number): number {
    let end = from
    while (end < lines.length && lines[end]!.trim() !== '') end++
    return end
}

function dedented(lines: readonly string[]): string[] {
    const indents = lines.filter((line) => line.trim() !== '').map(indentOf)
    const indent = indents.reduce((least, each) => Math.min(least, each), Infinity)
    const inner = lines.map((line) => line.slice(Number.isFinite(indent) ? indent : 0))
    const first = inner.findIndex((line) => line.trim() !== '')
    return first < 0 ? [] : inner.slice(first)
}

function indentOf(line: string): number {
    return line.length - line.trimStart().length
}

function preformatted(lines: readonly string[]): string {
    return `<pre><code>${escapeHtml(lines.join('\n').trimEnd())}</code></pre>`
}
