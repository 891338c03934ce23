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
export function parseCoreMetadata(bytes: Uint8Array, file: string): CoreMetadata {
    const { fields, oddities } = parseFields(decode(bytes, file), file)
    const field = (name: string): string | undefined => {
        const values = fields.filter((field) => field.name === name.toLowerCase())
        // pip and uv use the first one.
        if (values.length > 1) oddities.push(`its metadata has ${values.length} ${name} fields`)
        return values[0]?.value || undefined
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

interface Fields {
    /** Names in lower case. */
    fields: { name: string; value: string }[]
    oddities: string[]
}

/** Parses fields as Python's `email` module does. */
function parseFields(text: string, file: string): Fields {
    if (/^[\r\n]/.test(text)) throw refusal(file, 'its metadata begins with an empty line, which ends the fields')
    const head = text.split(/\r\n\r?\n|\n\r?\n|\r\r(?!\n)/, 1)[0]!
    const oddities = /\r(?!\n)/.test(head) ? ['its metadata has lines that end in a carriage return alone'] : []
    const lines = head.replace(/(?:\r\n|\r|\n)[ \t]+/g, ' ').split(/\r\n|\r|\n/)
    if (/^[ \t]|^From /.test(lines[0]!)) {
        oddities.push('its metadata begins with a line that is not a field')
        lines.shift()
    }
    const fields: Fields['fields'] = []
    for (const line of lines) {
        const match = /^([!-9;-~]+):(.*)$/.exec(line)
        // The first other line ends the fields; text follows.
        if (match === null) break
        fields.push({ name: match[1]!.toLowerCase(), value: match[2]!.trim() })
    }
    return { fields, oddities }
}
