/** Attributes that remain, by tag; all tags that are not named here are removed. */
export type PlainTags = Readonly<Record<string, readonly string[]>>

/** Elements whose content is not text for readers. */
const removedWhole =
    /^(?:script|style|template|iframe|object|noscript|svg|math|textarea|select|title|xmp|noembed|noframes)$/

/** A tag, from "<" to ">": its slash, its name, its attributes. Quoted values are short, so that no search is long. */
const tag =
    /<(\/?)([a-zA-Z][a-zA-Z0-9-]{0,30})((?:[\s/]+[^\s"'<>/=]{1,100}(?:\s{0,10}=\s{0,10}(?:"[^"]{0,4000}"|'[^']{0,4000}'|[^\s"'<>=`]{1,4000}))?){0,50})[\s/]{0,10}>/y
const attribute = /[\s/]+([^\s"'<>/=]{1,100})(?:\s{0,10}=\s{0,10}(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?/g

/**
 * Writes HTML anew with these tags and attributes alone; every other "<" becomes text. The first of two filters: a browser
 * would report what a hostile text holds as violations of the page's policy even where a sanitizer removes it later.
 */
export function onlyPlainTags(html: string, tags: PlainTags): string {
    /** Elements without an end tag from here on; looking for it each time would take quadratic time. */
    const open = new Set<string>()
    let written = ''
    let at = 0
    while (at < html.length) {
        const next = html.indexOf('<', at)
        if (next < 0) return written + html.slice(at)
        written += html.slice(at, next)
        at = next + 1
        if (html.startsWith('<!--', next)) {
            const end = html.indexOf('-->', next)
            // An open comment would hide the rest.
            if (end < 0) return written
            at = end + 3
            continue
        }
        tag.lastIndex = next
        const [whole, slash, name, attributes] = tag.exec(html) ?? []
        if (whole === undefined) {
            written += '&lt;'
            continue
        }
        at = next + whole.length
        const lower = name!.toLowerCase()
        if (slash === '' && removedWhole.test(lower)) {
            const end = open.has(lower) ? undefined : endOfElement(html, at, lower)
            // The text behind a start tag alone stays.
            if (end === undefined) open.add(lower)
            at = end ?? at
        } else if (Object.hasOwn(tags, lower)) {
            written += slash === '' ? `<${lower}${attributesOf(attributes!, tags[lower]!)}>` : `</${lower}>`
        }
    }
    return written
}

function attributesOf(text: string, names: readonly string[]): string {
    return [...text.matchAll(attribute)]
        .map(([, name, double, single, bare]) => [name!.toLowerCase(), double ?? single ?? bare ?? ''] as const)
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
