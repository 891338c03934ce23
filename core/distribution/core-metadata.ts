import type { Engine } from '../byte-source.js'
import { decodeUtf8 } from '../utf8.js'
import { quoted, refusal } from './refusal.js'
import { isCorrectedSpecifierSet, isSpecifierSet } from '../specifier-set.js'
import { normalizeVersion } from '../version.js'

/** The fields of METADATA or PKG-INFO that an index needs. */
export interface CoreMetadata {
    /** As written. */
    name: string
    /** Normalised. */
    version: string
    /** As written, on one line. Also undefined if installers cannot parse it. */
    requiresPython?: string
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/** @see "Names and normalization", "Name format" */
const validName = /^(?:[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i

/**
 * Parses core metadata: e-mail headers in UTF-8, up to the first empty line.
 *
 * @param file archive name for error messages
 * @throws UserError if a required field is missing or invalid
 * @see "Core metadata specifications"; PEP 566
 */
export async function parseCoreMetadata(bytes: Uint8Array, engine: Engine, file: string): Promise<CoreMetadata> {
    const { values, oddities } = await parseFields(decode(bytes, file), engine, file)
    const field = (name: string): string | undefined => {
        const found = values.get(name.toLowerCase())!
        // pip and uv use the first one.
        if (found.length > 1) oddities.push(`its metadata has ${found.length} ${name} fields`)
        return found[0] || undefined
    }

    const name = field('Name')
    if (name === undefined) throw refusal(file, 'its metadata has no Name')
    if (!isProjectNameText(name)) throw refusal(file, `its Name ${quoted(name)} cannot be the name of a project`)
    const versionText = field('Version')
    if (versionText === undefined) throw refusal(file, 'its metadata has no Version')
    const version = normalizeVersion(versionText)
    if (version === undefined) throw refusal(file, `its Version ${quoted(versionText)} is not valid (PEP 440)`)
    const { requiresPython, oddity } = requiresPythonOf(field('Requires-Python') ?? '')
    if (oddity !== undefined) oddities.push(oddity)
    return { name, version, ...(requiresPython === undefined ? {} : { requiresPython }), oddities }
}

/** Whether text can be the name of a project. */
export function isProjectNameText(text: string): boolean {
    return validName.test(text)
}

/** The value of Requires-Python for a page; undefined if it is empty or installers cannot parse it. */
export function requiresPythonOf(text: string): { requiresPython?: string; oddity?: string } {
    if (text === '') return {}
    if (isSpecifierSet(text)) return { requiresPython: withoutEmptyParts(text) }
    const oddity = `its Requires-Python ${quoted(text)} is not valid (PEP 440)`
    if (isCorrectedSpecifierSet(text)) return { requiresPython: text, oddity }
    // pip and uv accept it in METADATA, but uv skips a file with such a value on the page.
    return { oddity: `${oddity}, and is left out of the page` }
}

/** Removes empty parts: `>=3.8,,<4` is valid, but uv skips a file with such a value on the page. */
function withoutEmptyParts(specifiers: string): string {
    const parts = specifiers.split(',')
    const isEmpty = (part: string) => part.trim() === ''
    return parts.some(isEmpty)
        ? parts
              .filter((part) => !isEmpty(part))
              .join(',')
              .trim()
        : specifiers
}

function decode(bytes: Uint8Array, file: string): string {
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
        throw refusal(file, 'its metadata begins with a byte order mark, so installers find no fields')
    }
    const text = decodeUtf8(bytes)
    if (text === undefined) throw refusal(file, 'its metadata is not UTF-8')
    return text
}

/** The fields that are read, in lower case. */
const wanted = ['name', 'version', 'requires-python']

/** Longer than any real value. Characters. */
const maxValue = 8192
/** A large project has 1,500 Requires-Dist; old builders wrote the description among the fields. */
const maxLines = 30_000
/** Of all fields. Characters. */
const maxHead = 1024 * 1024
/** In njs, about 2 ms. */
const linesBetweenPauses = 1000

interface Fields {
    /** The values of each wanted field. */
    values: Map<string, string[]>
    oddities: string[]
}

/**
 * Parses fields as Python's `email` module does. Without regular expressions: in njs, each test of one takes up to 20 kB,
 * which is not freed before the request ends, and a METADATA of 8 MB may have a million lines.
 */
async function parseFields(text: string, engine: Engine, file: string): Promise<Fields> {
    if (isOneOf(text, 0, 0x0d, 0x0a)) {
        throw refusal(file, 'its metadata begins with an empty line, which ends the fields')
    }
    const values = new Map(wanted.map((name): [string, string[]] => [name, []]))
    let hasReturns = false
    let hasPreamble = false
    // Searches then never pass through a long description.
    const lines = new Lines(text.slice(0, maxHead))
    /** The values of the field that the next line may continue. */
    let current: string[] | undefined
    for (let count = 1; lines.next(); count++) {
        const { start, end } = lines
        if (end === maxHead) throw refusal(file, `the fields of its metadata have more than ${maxHead} characters`)
        // The empty line, behind which the description begins.
        if (end === start) break
        hasReturns = hasReturns || lines.endsInReturn
        if (count > maxLines) throw refusal(file, `its metadata has more than ${maxLines} lines of fields`)
        if (count % linesBetweenPauses === 0) await engine.pause()
        const isContinued = isOneOf(text, start, 0x20, 0x09)
        if (count === 1 && (isContinued || text.slice(start, start + 5) === 'From ')) {
            hasPreamble = true
        } else if (isContinued) {
            if (current) current.push(`${current.pop()!} ${checkedValue(text, start, end, file)}`)
            if (current && current[current.length - 1]!.length > maxValue) throw tooLong(file)
        } else {
            const colon = lines.colon()
            // The first other line ends the fields; text follows.
            if (colon === undefined || !isFieldName(text, start, colon)) break
            current = colon - start > 15 ? undefined : values.get(text.slice(start, colon).toLowerCase())
            if (current) current.push(checkedValue(text, colon + 1, end, file))
        }
    }
    values.forEach((list) => list.forEach((value, position) => (list[position] = value.trim())))
    const oddities = [
        ...(hasReturns ? ['its metadata has lines that end in a carriage return alone'] : []),
        ...(hasPreamble ? ['its metadata begins with a line that is not a field'] : []),
    ]
    return { values, oddities }
}

function isOneOf(text: string, at: number, one: number, other: number): boolean {
    const code = text.charCodeAt(at)
    return code === one || code === other
}

function checkedValue(text: string, start: number, end: number, file: string): string {
    if (end - start > maxValue) throw tooLong(file)
    return text.slice(start, end).trim()
}

function tooLong(file: string): Error {
    return refusal(file, `its metadata has a Name, Version or Requires-Python of more than ${maxValue} characters`)
}

/** @see RFC 5322, 2.2: visible ASCII without a colon */
function isFieldName(text: string, start: number, end: number): boolean {
    if (end === start || end - start > maxValue) return false
    for (let at = start; at < end; at++) {
        const code = text.charCodeAt(at)
        if (code < 0x21 || code > 0x7e) return false
    }
    return true
}

/** The lines of a text, which end in LF, CRLF or CR. No line is copied. */
class Lines {
    /** Of the current line. */
    start = 0
    end = 0
    /** Whether it ends in CR alone. */
    endsInReturn = false
    private following = 0
    /** The next ones; each is looked for once. */
    private lineFeed = -1
    private carriageReturn = -1
    private nextColon = -1

    constructor(private readonly text: string) {}

    /** Moves to the next line. @returns whether there is one */
    next(): boolean {
        const start = this.following
        if (start >= this.text.length) return false
        if (this.lineFeed < start) this.lineFeed = this.find('\n', start)
        if (this.carriageReturn < start) this.carriageReturn = this.find('\r', start)
        this.start = start
        this.end = Math.min(this.lineFeed, this.carriageReturn)
        const isPair = this.lineFeed === this.carriageReturn + 1
        this.endsInReturn = this.carriageReturn < this.lineFeed && !isPair
        this.following = this.end + (isPair && this.end === this.carriageReturn ? 2 : 1)
        return true
    }

    /** The first colon of the line. */
    colon(): number | undefined {
        if (this.nextColon < this.start) this.nextColon = this.find(':', this.start)
        return this.nextColon < this.end ? this.nextColon : undefined
    }

    private find(character: string, from: number): number {
        const found = this.text.indexOf(character, from)
        return found < 0 ? this.text.length : found
    }
}
