import type { Engine } from '../byte-source.js'
import { rootHtml, rootHtmlLine } from '../page-html.js'
import { rootJsonEnd, rootJsonLine, rootJsonStart } from '../root-page.js'
import { decodeUtf8, encodeUtf8 } from '../utf8.js'
import { findLine, hasText, joined, type Lines } from './page-lines.js'

/** A change of the project list. */
export interface ListEdit {
    /** Normalised names. */
    added: readonly string[]
    removed: readonly string[]
}

/** The root index.json after an edit. */
export interface EditedList {
    json: Uint8Array
    /** Names that were not listed before, and names that were. */
    edit: ListEdit
}

/** What a name makes on a page: its line, or the place where it is to be inserted. */
interface Place {
    name: string
    line: Lines
}

const endOfPage = '</body>\n</html>\n'

/**
 * Finds the lines of the projects in a root index.json as `toRootJson` writes it.
 *
 * @returns undefined for a list that must be parsed whole, by another tool
 */
export function openList(json: Uint8Array): Lines | undefined {
    const start = rootJsonStart.length
    const end = json.length - rootJsonEnd.length
    if (!hasText(json, 0, rootJsonStart) || !hasText(json, end, rootJsonEnd)) return undefined
    if (start === end) return { start, end }
    const lines = { start: start + 1, end }
    const isOfLines = hasText(json, start, '\n{"name":"') && hasText(json, end - 3, '"}\n')
    return isOfLines ? lines : undefined
}

/**
 * Adds and removes lines, byte for byte as `toRootJson` renders the list.
 *
 * @returns undefined if the list must be rendered: its lines are not as this program writes them
 */
export function spliceList(json: Uint8Array, { added, removed }: ListEdit, engine: Engine): EditedList | undefined {
    const lines = openList(json)
    const places = lines && placesOf(json, lines, [...added, ...removed], jsonNameIn)
    if (places === undefined) return undefined
    const edit = effectOf(places, added, removed)
    if (edit.added.length === 0 && edit.removed.length === 0) return { json, edit }
    const isAdded = setOf(edit.added)
    const isRemoved = setOf(edit.removed)
    // Without the comma and the line feed that all of them end with, except the last one.
    const pieces: Uint8Array[] = []
    let from = lines!.start
    let isSeparated = true
    const keep = (until: number) => {
        if (until === from) return
        const end = until - (until === lines!.end ? 1 : 2)
        isSeparated &&= until === lines!.end || json[end] === 0x2c
        pieces.push(json.subarray(from, end))
    }
    for (const { name, line } of places) {
        if (!isAdded[name] && !isRemoved[name]) continue
        keep(line.start)
        if (isAdded[name]) pieces.push(encodeUtf8(rootJsonLine(name)))
        from = line.end
    }
    keep(lines!.end)
    if (!isSeparated) return undefined
    const separated = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [encodeUtf8(',\n'), piece]))
    const feed = encodeUtf8(pieces.length === 0 ? '' : '\n')
    const whole = [encodeUtf8(rootJsonStart), feed].concat(separated, [feed, encodeUtf8(rootJsonEnd)])
    return { json: joined(engine, whole), edit }
}

/**
 * Adds and removes lines, byte for byte as `rootHtml` renders the list.
 *
 * @param html of the list before the edit, not compressed
 * @param edit as `spliceList` has returned it
 * @returns undefined if the page must be rendered: `html` is not as this program writes it
 */
export function spliceListHtml(html: Uint8Array, { added, removed }: ListEdit, engine: Engine): Uint8Array | undefined {
    const head = listHtmlHead()
    const lines = { start: head.length, end: html.length - endOfPage.length }
    if (!hasText(html, 0, head) || lines.end < lines.start || !hasText(html, lines.end, endOfPage)) return undefined
    const places = placesOf(html, lines, [...added, ...removed], htmlNameIn)
    if (places === undefined) return undefined
    const edit = effectOf(places, added, removed)
    if (edit.added.length < added.length || edit.removed.length < removed.length) return undefined
    const isAdded = setOf(added)
    const pieces: Uint8Array[] = []
    let from = 0
    for (const { name, line } of places) {
        pieces.push(html.subarray(from, line.start))
        if (isAdded[name]) pieces.push(encodeUtf8(`${rootHtmlLine(name)}\n`))
        from = line.end
    }
    pieces.push(html.subarray(from))
    return joined(engine, pieces)
}

/** Bytes of index.json between two pauses: 4 ms in njs. */
const sliceSize = 8192

/**
 * Renders index.html from index.json, byte for byte as `rootHtml`, in slices and without parsing it.
 *
 * @returns undefined if a line is not as this program writes it
 */
export async function listHtml(json: Uint8Array, engine: Engine): Promise<Uint8Array | undefined> {
    const lines = openList(json)
    if (lines === undefined) return undefined
    const head = encodeUtf8(listHtmlHead())
    const tail = encodeUtf8(endOfPage)
    // A line grows from 13 + n bytes, the last one from 12 + n, to 21 + 2n.
    const html = engine.allocate(head.length + 2 * (lines.end - lines.start) + tail.length)
    html.set(head)
    const writer = new ListWriter(json, lines, html, head.length)
    while (writer.run(sliceSize)) await engine.pause()
    if (!writer.isDone) return undefined
    html.set(tail, writer.filled)
    return html.subarray(0, writer.filled + tail.length)
}

/** Makes lines of HTML from those of JSON. It creates no objects, which njs frees at the end of the request only. */
class ListWriter {
    private position: number
    private readonly prefix = encodeUtf8('{"name":"')
    private readonly open = encodeUtf8('<a href="')
    private readonly middle = encodeUtf8('/">')
    private readonly close = encodeUtf8('</a><br>\n')

    constructor(
        private readonly json: Uint8Array,
        private readonly lines: Lines,
        private readonly html: Uint8Array,
        /** Bytes of `html`. */
        public filled: number,
    ) {
        this.position = lines.start
    }

    get isDone(): boolean {
        return this.position === this.lines.end
    }

    /** Continues for about so many bytes. @returns whether there is more; not if a line has another form */
    run(bytes: number): boolean {
        const until = Math.min(this.position + bytes, this.lines.end)
        while (this.position < until) if (!this.writeLine()) return false
        return !this.isDone
    }

    private writeLine(): boolean {
        const { json, prefix, position } = this
        for (let index = 0; index < prefix.length; index++) if (json[position + index] !== prefix[index]) return false
        const start = position + prefix.length
        let end = start
        while (isOfName(json[end]!)) end++
        const isLast = end + 3 === this.lines.end
        if (end === start || json[end] !== 0x22 || json[end + 1] !== 0x7d) return false
        if (json[end + 2] !== (isLast ? 0x0a : 0x2c) || (!isLast && json[end + 3] !== 0x0a)) return false
        this.write(this.open, 0, this.open.length)
        this.write(json, start, end)
        this.write(this.middle, 0, this.middle.length)
        this.write(json, start, end)
        this.write(this.close, 0, this.close.length)
        this.position = end + (isLast ? 3 : 4)
        return true
    }

    private write(source: Uint8Array, start: number, end: number): void {
        const { html } = this
        let { filled } = this
        for (let at = start; at < end; at++) html[filled++] = source[at]!
        this.filled = filled
    }
}

/** Lower-case letters, digits and the hyphen: neither JSON nor HTML escapes them. */
function isOfName(byte: number): boolean {
    return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d
}

function listHtmlHead(): string {
    return rootHtml({ projects: [] }).slice(0, -endOfPage.length)
}

/** The places of names in the order of the page; undefined if the page is not as this program writes it. */
function placesOf(
    page: Uint8Array,
    lines: Lines,
    names: readonly string[],
    nameIn: (page: Uint8Array, line: Lines) => string | undefined,
): Place[] | undefined {
    const places: Place[] = []
    let last = lines.start
    for (const name of Object.keys(setOf(names)).sort()) {
        const line = findLine(page, lines, (range) => {
            const other = nameIn(page, range)
            return other === undefined ? undefined : other === name ? 0 : other < name ? -1 : 1
        })
        if (line === undefined || line.start < last) return undefined
        places.push({ name, line })
        last = line.end
    }
    return places
}

/** What an edit changes: a name that is both added and removed is removed. */
function effectOf(places: Place[], added: readonly string[], removed: readonly string[]): ListEdit {
    const isAdded = setOf(added)
    const isRemoved = setOf(removed)
    const isListed = ({ line }: Place) => line.end > line.start
    const nameOf = ({ name }: Place) => name
    return {
        added: places.filter((place) => !isListed(place) && isAdded[place.name] && !isRemoved[place.name]).map(nameOf),
        removed: places.filter((place) => isListed(place) && isRemoved[place.name]).map(nameOf),
    }
}

/** Names as keys: they are letters, digits and hyphens. */
function setOf(names: readonly string[]): Record<string, true | undefined> {
    const set = Object.create(null) as Record<string, true | undefined>
    for (const name of names) set[name] = true
    return set
}

function jsonNameIn(json: Uint8Array, { start, end }: Lines): string | undefined {
    return /^\{"name":"([a-z0-9-]+)"\},?\n$/.exec(decodeUtf8(json.subarray(start, end)) ?? '')?.[1]
}

function htmlNameIn(html: Uint8Array, { start, end }: Lines): string | undefined {
    return /^<a href="([a-z0-9-]+)\/">\1<\/a><br>\n$/.exec(decodeUtf8(html.subarray(start, end)) ?? '')?.[1]
}
