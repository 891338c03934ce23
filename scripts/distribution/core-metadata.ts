import { quoted, refusal } from './refusal.js'
import { isCorrectedSpecifierSet, isSpecifierSet } from '../../core/specifier-set.js'
import { normalizeVersion } from '../../core/version.js'

/** What an index needs of a METADATA or PKG-INFO file. */
export interface CoreMetadata {
    /** As written. */
    name: string
    /** Normalised. */
    version: string
    /** As written, in one line; undefined, too, when no installer could read it. */
    requiresPython?: string
    /** What PyPI would refuse, and pip and uv install. */
    oddities: string[]
}

/** @see "Names and normalization", "Name format" */
const validName = /^(?:[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$/i

/**
 * Reads the fields of core metadata: headers as in an e-mail, in UTF-8, up to the first empty line.
 *
 * @param file the name of the archive, for the message
 * @throws UserError when a field is missing, given twice or not valid
 * @see "Core metadata specifications"; PEP 566
 */
export function parseCoreMetadata(bytes: Uint8Array, file: string): CoreMetadata {
    const { fields, oddities } = parseFields(decode(bytes, file), file)
    const field = (name: string): string | undefined => {
        const values = fields.filter((field) => field.name === name.toLowerCase())
        // pip and uv take the first.
        if (values.length > 1) oddities.push(`its metadata has ${values.length} fields ${name}`)
        return values[0]?.value || undefined
    }

    const name = field('Name')
    if (name === undefined) throw refusal(file, 'its metadata has no Name')
    if (!validName.test(name)) throw refusal(file, `its Name ${quoted(name)} cannot be the name of a project`)
    const versionText = field('Version')
    if (versionText === undefined) throw refusal(file, 'its metadata has no Version')
    const version = normalizeVersion(versionText)
    if (version === undefined) throw refusal(file, `its Version ${quoted(versionText)} is not one (PEP 440)`)
    const requiresPython = field('Requires-Python')
    if (requiresPython === undefined) return { name, version, oddities }
    if (isSpecifierSet(requiresPython))
        return { name, version, requiresPython: withoutEmptyParts(requiresPython), oddities }
    const invalid = `its Requires-Python ${quoted(requiresPython)} is not valid (PEP 440)`
    if (isCorrectedSpecifierSet(requiresPython)) {
        return { name, version, requiresPython, oddities: [...oddities, invalid] }
    }
    // Both install what says so in METADATA; uv passes over a file whose page does.
    return { name, version, oddities: [...oddities, `${invalid}, and is left out of the page`] }
}

/** uv passes over a file whose page says `>=3.8,,<4`, which is valid. */
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
        throw refusal(file, 'its metadata begins with a byte order mark, behind which installers find no field')
    }
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
        throw refusal(file, 'its metadata is not UTF-8')
    }
}

interface Fields {
    /** Names in lower case. */
    fields: { name: string; value: string }[]
    oddities: string[]
}

/** As Python's `email` reads them. */
function parseFields(text: string, file: string): Fields {
    if (/^[\r\n]/.test(text)) throw refusal(file, 'its metadata begins with an empty line, which ends the fields')
    const head = text.split(/\r\n\r?\n|\n\r?\n|\r\r(?!\n)/, 1)[0]!
    const oddities = /\r(?!\n)/.test(head) ? ['its metadata has lines that end in a carriage return alone'] : []
    const lines = head.replace(/(?:\r\n|\r|\n)[ \t]+/g, ' ').split(/\r\n|\r|\n/)
    if (/^[ \t]|^From /.test(lines[0]!)) {
        oddities.push('its metadata begins with a line that is no field')
        lines.shift()
    }
    const fields: Fields['fields'] = []
    for (const line of lines) {
        const match = /^([!-9;-~]+):(.*)$/.exec(line)
        // It ends the fields: what follows is text.
        if (match === null) break
        fields.push({ name: match[1]!.toLowerCase(), value: match[2]!.trim() })
    }
    return { fields, oddities }
}
