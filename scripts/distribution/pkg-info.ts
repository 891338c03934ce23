import { quoted, refusal } from './refusal.js'

/** More than any real METADATA or PKG-INFO: a README of 1 MB is rare. Bytes. */
export const maxMetadataSize = 8 * 1024 * 1024

/**
 * Finds the PKG-INFO of an sdist: in its only top folder; or outside of folders, as some builders of old left it.
 *
 * @param names of the members
 * @param file the name of the archive, for the message
 * @returns its path, and what is unusual
 * @throws UserError when there is none
 * @see "Source distribution format"; PEP 625
 */
export function findPkgInfo(names: readonly string[], file: string): { path: string; oddities: string[] } {
    const tops = new Set(names.map((name) => name.split('/', 1)[0]!).filter((top) => top !== '' && top !== '.'))
    const [top] = tops
    const inFolder = `${top}/PKG-INFO`
    if (tops.size === 1 && names.includes(inFolder)) return { path: inFolder, oddities: [] }
    if (names.includes('PKG-INFO')) return { path: 'PKG-INFO', oddities: ['its members are in no top folder'] }
    if (tops.size > 1) {
        const shown = [...tops].slice(0, 3).map(quoted).join(', ')
        throw refusal(file, `its members are in no top folder, but in ${tops.size} places: ${shown}`)
    }
    throw refusal(file, 'it has no NAME-VERSION/PKG-INFO')
}
