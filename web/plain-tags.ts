import { PlainWriter, TooLarge } from './plain-writer.js'

/** Attributes that remain, by tag; all tags that are not named here are removed. */
export type PlainTags = Readonly<Record<string, readonly string[]>>

/** Elements whose content is not text for readers. */
const removedWhole =
    /^(?:script|style|template|iframe|object|noscript|svg|math|textarea|select|title|xmp|noembed|noframes)$/

const tagStart = /<(\/?)([a-zA-Z][a-zA-Z0-9-]{0,30})/y
/** One at a time: a pattern for all of them would try each way to divide them. */
const attribute =
    /[\s/]+([^\s"'<>/=]{1,100})(?:\s{0,10}=\s{0,10}(?:"([^"]{0,4000})"|'([^']{0,4000})'|([^\s"'<>=`]{1,4000})))?/y
const tagEnd = /[\s/]{0,10}>/y
const maxAttributes = 50

/**
 * Writes HTML anew with these tags and attributes alone; every other "<" becomes text. The first of two filters: a browser
 * would report what a hostile text holds as violations of the page's policy even where a sanitizer removes it later.
 * Takes time in proportion to the text.
 *
 * @param maxElements and `maxLength` (of the result, in characters): what a browser shows without a pause
 * @returns undefined if there would be more
 */
export function onlyPlainTags(
    html: string,
    tags: PlainTags,
    { maxElements = Infinity, maxLength = Infinity } = {},
): string | undefined {
    const writer = new PlainWriter(maxElements, maxLength)
    try {
        write(html, tags, writer)
    } catch (error) {
        if (error instanceof TooLarge) return undefined
        throw error
    }
    return writer.end()
}

function write(html: string, tags: PlainTags, writer: PlainWriter): void {
    /** Elements without an end tag from here on; looking for it each time would take quadratic time. */
    const open = new Set<string>()
    let at = 0
    while (at < html.length) {
        const next = html.indexOf('<', at)
        if (next < 0) return writer.text(html.slice(at))
        writer.text(html.slice(at, next))
        if (html.startsWith('<!--', next)) {
            const end = html.indexOf('-->', next)
            // An open comment would hide the rest.
            if (end < 0) return
            at = end + 3
            continue
        }
        const { end, name, isEnd, values } = readTag(html, next)
        at = end
        if (name === undefined) {
            // What was read is not read again.
            writer.text(html.slice(next, end).replaceAll('<', '&lt;'))
        } else if (!isEnd && removedWhole.test(name)) {
            const behind = open.has(name) ? undefined : endOfElement(html, at, name)
            // The text behind a start tag alone stays.
            if (behind === undefined) open.add(name)
            at = behind ?? at
        } else if (Object.hasOwn(tags, name)) {
            if (isEnd) writer.endTag(name)
            else writer.startTag(name, attributesOf(values, tags[name]!))
        }
    }
}

interface Tag {
    /** Behind what was read. */
    end: number
    /** In lower case; undefined if it is no tag. */
    name?: string
    isEnd: boolean
    values: [name: string, value: string][]
}

function readTag(html: string, from: number): Tag {
    const values: [name: string, value: string][] = []
    tagStart.lastIndex = from
    const [start, slash, name] = tagStart.exec(html) ?? []
    if (start === undefined) return { end: from + 1, isEnd: false, values }
    let end = from + start.length
    for (let count = 0; count <= maxAttributes; count++) {
        tagEnd.lastIndex = end
        if (tagEnd.test(html)) return { end: tagEnd.lastIndex, name: name!.toLowerCase(), isEnd: slash !== '', values }
        attribute.lastIndex = end
        const [whole, key, double, single, bare] = attribute.exec(html) ?? []
        if (whole === undefined) break
        end += whole.length
        values.push([key!.toLowerCase(), double ?? single ?? bare ?? ''])
    }
    return { end, isEnd: false, values }
}

function attributesOf(values: Tag['values'], names: readonly string[]): string {
    return values
        .filter(([name]) => names.includes(name))
        .map(([name, value]) => ` ${name}="${value.replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`)
        .join('')
}

/** Behind the end tag; undefined without one. */
function endOfElement(html: string, from: number, name: string): number | undefined {
    const end = new RegExp(`</${name}[\\s/]{0,10}>`, 'gi')
    end.lastIndex = from
    return end.exec(html) === null ? undefined : end.lastIndex
}
