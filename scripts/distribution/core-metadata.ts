import { UserError } from '../cli/user-error.js'
import { normalizeVersion } from './version.js'

/** What an index needs of a METADATA or PKG-INFO file. */
export interface CoreMetadata {
    /** As written. */
    name: string
    /** Normalised. */
    version: string
    /** As written, in one line. */
    requiresPython?: string
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
    const text = new TextDecoder().decode(bytes)
    const lines = text
        .split(/\r?\n\r?\n/, 1)[0]!
        .replace(/\r?\n[ \t]+/g, ' ')
        .split(/\r?\n/)
    const field = (name: string): string | undefined => {
        const values = lines.filter((line) => line.toLowerCase().startsWith(name.toLowerCase() + ':'))
        if (values.length > 1) throw refusal(file, `its metadata has ${values.length} fields ${name}`)
        return values[0]?.slice(name.length + 1).trim() || undefined
    }

    const name = field('Name')
    if (name === undefined) throw refusal(file, 'its metadata has no Name')
    if (!validName.test(name)) throw refusal(file, `its Name ${JSON.stringify(name)} cannot be the name of a project`)
    const versionText = field('Version')
    if (versionText === undefined) throw refusal(file, 'its metadata has no Version')
    const version = normalizeVersion(versionText)
    if (version === undefined) throw refusal(file, `its Version ${JSON.stringify(versionText)} is not one (PEP 440)`)
    const requiresPython = field('Requires-Python')
    return { name, version, ...(requiresPython === undefined ? {} : { requiresPython }) }
}

/** The error for a file that must not be published. */
export function refusal(file: string, reason: string): UserError {
    return new UserError(`${file}: ${reason}`, 'Nothing was uploaded. Correct the project and build it again.')
}
