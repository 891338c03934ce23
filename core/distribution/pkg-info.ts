import { quoted, refusal } from './refusal.js'

/** Larger than any real METADATA or PKG-INFO: even a README of 1 MB is rare. Bytes. */
export const maxMetadataSize = 8 * 1024 * 1024

/** The location of PKG-INFO in an sdist. */
export interface FoundPkgInfo {
    /** Undefined if missing; the project can still be built. */
    path: string | undefined
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/** The path to which a member is unpacked: without a leading `./`. */
export function plainName(name: string): string {
    let start = 0
    while (name[start] === '.' && name[start + 1] === '/') start += 2
    return start === 0 ? name : name.slice(start)
}

/**
 * Finds the PKG-INFO of an sdist: in its single top folder, or at the top level, where some old builders put it.
 *
 * @param names member names
 * @param file archive name for error messages
 * @throws UserError if installers cannot find the project
 * @see "Source distribution format"; PEP 625
 */
export function findPkgInfo(names: readonly string[], file: string): FoundPkgInfo {
    const plain = new Set(names.map(plainName))
    const tops = new Set([...plain].map((name) => name.split('/', 1)[0]!).filter((top) => top !== '' && top !== '.'))
    const [top] = tops
    // pip strips the first path segment, here ".".
    const isDotted = names.some((name) => name.startsWith('./'))
    const isFolder = tops.size === 1 && !plain.has(top!)
    const prefix = isFolder ? `${top}/` : ''
    if (isFolder && isDotted) throw refusal(file, `its top folder is "./${top}", where pip finds no project`)
    const isProject = [`${prefix}setup.py`, `${prefix}pyproject.toml`].some((name) => plain.has(name))
    if (!isFolder && !isProject && !plain.has('PKG-INFO') && tops.size > 1) {
        const shown = [...tops].slice(0, 3).map(quoted).join(', ')
        throw refusal(file, `its members are in ${tops.size} places instead of one top folder: ${shown}`)
    }
    const oddities = isFolder ? [] : ['its members are not in a top folder']
    if (plain.has(`${prefix}PKG-INFO`)) return { path: `${prefix}PKG-INFO`, oddities }
    if (!isProject) throw refusal(file, 'it has no NAME-VERSION/PKG-INFO')
    return {
        path: undefined,
        oddities: [...oddities, 'it has no NAME-VERSION/PKG-INFO: its project and version come from its name'],
    }
}
