import { quoted, refusal } from './refusal.js'

/** More than any real METADATA or PKG-INFO: a README of 1 MB is rare. Bytes. */
export const maxMetadataSize = 8 * 1024 * 1024

/** Where the PKG-INFO of an sdist is. */
export interface FoundPkgInfo {
    /** Undefined where there is none, and an installer can still build the project. */
    path: string | undefined
    /** What is unusual about it. */
    oddities: string[]
}

/** The path of a member as it is unpacked: without `./` before it. */
export function plainName(name: string): string {
    return name.replace(/^(?:\.\/)+/, '')
}

/**
 * Finds the PKG-INFO of an sdist: in its only top folder; or outside of folders, as some builders of old left it.
 *
 * @param names of the members
 * @param file the name of the archive, for the message
 * @throws UserError when no installer would find the project
 * @see "Source distribution format"; PEP 625
 */
export function findPkgInfo(names: readonly string[], file: string): FoundPkgInfo {
    const plain = new Set(names.map(plainName))
    const tops = new Set([...plain].map((name) => name.split('/', 1)[0]!).filter((top) => top !== '' && top !== '.'))
    const [top] = tops
    // pip takes the first folder away, which is "." then.
    const isDotted = names.some((name) => name.startsWith('./'))
    const isFolder = tops.size === 1 && !plain.has(top!)
    const prefix = isFolder ? `${top}/` : ''
    if (isFolder && isDotted) throw refusal(file, `its top folder is "./${top}", in which pip finds no project`)
    const isProject = [`${prefix}setup.py`, `${prefix}pyproject.toml`].some((name) => plain.has(name))
    if (!isFolder && !isProject && !plain.has('PKG-INFO') && tops.size > 1) {
        const shown = [...tops].slice(0, 3).map(quoted).join(', ')
        throw refusal(file, `its members are in no top folder, but in ${tops.size} places: ${shown}`)
    }
    const oddities = isFolder ? [] : ['its members are in no top folder']
    if (plain.has(`${prefix}PKG-INFO`)) return { path: `${prefix}PKG-INFO`, oddities }
    if (!isProject) throw refusal(file, 'it has no NAME-VERSION/PKG-INFO')
    return {
        path: undefined,
        oddities: [...oddities, 'it has no NAME-VERSION/PKG-INFO, so its name alone says what it is'],
    }
}
