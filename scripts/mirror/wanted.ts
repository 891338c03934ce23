import { normalizeName } from '../../core/project-name.js'
import { parseSpecifiers, type VersionSpecifiers } from '../../core/version-specifiers.js'
import { UsageError } from '../../core/user-error.js'
import type { LockOrigin } from './lock-origin.js'

/** A digest of a file. */
export interface Digest {
    /** As hashlib calls it: sha256. */
    algorithm: string
    /** Hex. */
    hex: string
}

/** A file that a lock names. */
export interface LockedFile {
    filename: string
    digests: Digest[]
    uploadTime?: string | undefined
}

/** What is to be copied of one project. */
export interface Wanted {
    /** Normalised. */
    project: string
    /** For messages: `app/uv.lock`, `requirements.txt:3`. */
    where: string
    /** Which versions; all without specifiers. Ignored if files are named. */
    specifiers: VersionSpecifiers
    /** As it was written: `==1.0`. */
    specifierText: string
    /** The files, if the lock names them. */
    files?: LockedFile[] | undefined
    /** Where a lock took it from. */
    origin?: LockOrigin | undefined
    /** Digests of the files that may be used, if the lock has them but does not name files. */
    digests?: Digest[] | undefined
}

/** What a file asks for, and what it names that no index has. */
export interface Wishes {
    wanted: Wanted[]
    /** One line each. */
    leftOut: string[]
}

/** `sha256:HEX` or `sha256=HEX`; undefined for anything else. */
export function parseDigest(text: unknown): Digest | undefined {
    const match = typeof text === 'string' ? /^([a-z0-9_]+)[:=]([0-9a-f]{32,128})$/i.exec(text) : null
    return match === null ? undefined : { algorithm: match[1]!.toLowerCase(), hex: match[2]!.toLowerCase() }
}

export interface ParsedRequirement {
    project: string
    specifiers: VersionSpecifiers
    specifierText: string
    /** A URL or a path instead of versions. */
    isDirect: boolean
}

/** Parses `NAME[EXTRAS] SPECIFIERS ; MARKER`; undefined if it is none. @see "Dependency specifiers" (PEP 508) */
export function parseRequirement(text: string): ParsedRequirement | undefined {
    const match = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*([^]*)$/.exec(text)
    if (match === null) return undefined
    const project = normalizeName(match[1]!)
    const rest = match[2]!
    if (rest.startsWith('@')) return { project, specifiers: [], specifierText: '', isDirect: true }
    const [versions = ''] = rest.split(';')
    const specifierText = versions.trim().replace(/^\(([^()]*)\)$/, '$1')
    const specifiers = parseSpecifiers(specifierText)
    return specifiers && { project, specifiers, specifierText, isDirect: false }
}

/** Whether one version is named, not a range. */
export function isPinned(specifiers: VersionSpecifiers): boolean {
    return specifiers.some(
        ({ operator, operand }) => operator === '===' || (operator === '==' && !operand.endsWith('.*')),
    )
}

/** The projects of the command line: `acme`, `acme==1.0`, `acme>=1,<2`. @throws UsageError for anything else */
export function wantedProjects(words: readonly string[]): Wanted[] {
    return words.map((word) => {
        const parsed = parseRequirement(word)
        if (parsed === undefined || parsed.isDirect || word.includes(';')) {
            throw new UsageError(
                `${JSON.stringify(word)} is neither a project nor a requirement`,
                "Write acme, 'acme==1.0' or 'acme>=1,<2'. Files are named with --requirements and --lock.",
            )
        }
        const { project, specifiers, specifierText } = parsed
        return { project, where: word, specifiers, specifierText }
    })
}
