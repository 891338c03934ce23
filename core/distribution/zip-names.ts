import type { Engine } from '../byte-source.js'
import { decodeUtf8 } from '../utf8.js'
import { hasControlCharacter } from './control-characters.js'
import { inSlices } from './in-slices.js'
import { ofMembers, quoted, refusal } from './refusal.js'
import { membersBetweenPauses, type ZipMember } from './zip-directory.js'

const slash = 0x2f
const colon = 0x3a
const backslash = 0x5c
/** macOS opens no longer path. Bytes. */
const maxName = 1000
/** Of names such as `a//b`, which are split. */
const maxOddParts = 32

/**
 * Checks the member names of a zip archive: each must stay inside the target folder and be unique.
 *
 * @param file archive name for error messages
 * @returns faults that pip and uv accept
 * @throws UserError if pip and uv reject the archive or unpack it differently
 */
export async function checkZipNames(members: readonly ZipMember[], engine: Engine, file: string): Promise<string[]> {
    const byPath = new Map<string, ZipMember>()
    const twice: string[] = []
    const backslashes: string[] = []
    await inSlices(members.length, membersBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const member = members[position]!
            const problem = nameProblem(member)
            if (problem !== undefined) throw refusal(file, `its member ${quoted(member.name)} ${problem}`)
            if (member.name.includes('\\')) backslashes.push(member.name)
            if (addPath(byPath, member, file)) twice.push(member.name)
        }
    })
    await checkParents(byPath, members, engine, file)
    return [
        ...(twice.length > 0 ? [ofMembers(twice, 'is in it twice', 'are in it twice')] : []),
        ...(backslashes.length > 0
            ? [ofMembers(backslashes, 'has a "\\" in its name', 'have a "\\" in their names')]
            : []),
    ]
}

function nameProblem(member: ZipMember): string | undefined {
    const { name, flags } = member
    if (name === '') return 'has no name'
    if (member.nameBytes.length > maxName) {
        return `has a name of ${member.nameBytes.length} bytes; at most ${maxName} are allowed`
    }
    if (!isPlain(name) && name.split('/', maxOddParts + 1).length > maxOddParts) {
        return `has empty parts in its name, and more than ${maxOddParts} parts`
    }
    if (!member.isPrintableAscii) {
        const { nameBytes } = member
        if (decodeUtf8(nameBytes) === undefined) return 'has a name that is not UTF-8'
        // Without this flag (bit 11), Python decodes the name as code page 437.
        const isAscii = nameBytes.every((byte) => byte <= 0x7f)
        if (!isAscii && (flags & 0x800) === 0) return 'has a name that is not marked as UTF-8'
        if (hasControlCharacter(name)) return 'has control characters in its name'
    }
    return leadsOut(name) ? 'leads out of the archive' : undefined
}

/** Without regular expressions: each test of one takes up to 5 kB in njs 0.7.9, which frees nothing meanwhile. */
function leadsOut(name: string): boolean {
    const first = name.charCodeAt(0)
    if (first === slash || first === backslash) return true
    if (name.charCodeAt(1) === colon && /^[A-Za-z]/.test(name)) return true
    for (let at = name.indexOf('..'); at >= 0; at = name.indexOf('..', at + 1)) {
        if (isEnd(name, at - 1) && isEnd(name, at + 2)) return true
    }
    return false
}

/** Whether a part of a path begins or ends here. */
function isEnd(name: string, at: number): boolean {
    if (at < 0 || at >= name.length) return true
    const code = name.charCodeAt(at)
    return code === slash || code === backslash
}

/** Adds a member. @returns whether the same member is unpacked to the same path already */
function addPath(byPath: Map<string, ZipMember>, member: ZipMember, file: string): boolean {
    const path = pathOf(member.name)
    const other = byPath.get(path)
    if (other === undefined) {
        byPath.set(path, member)
        return false
    }
    if (isFolder(member) === isFolder(other) && member.crc === other.crc && member.size === other.size) return true
    throw refusal(file, `it has two members ${quoted(member.name)} that are not the same`)
}

/** @throws UserError if a member is inside another one that is not a folder */
async function checkParents(
    byPath: ReadonlyMap<string, ZipMember>,
    members: readonly ZipMember[],
    engine: Engine,
    file: string,
): Promise<void> {
    const checked = new Set<string>()
    // Real archives have fewer folders than files. njs frees no memory meanwhile.
    const maxFolders = 1000 + 4 * members.length
    await inSlices(members.length, membersBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            checkParentsOf(pathOf(members[position]!.name), byPath, checked, maxFolders, file)
        }
    })
}

/** @param checked the paths that have been checked */
function checkParentsOf(
    start: string,
    byPath: ReadonlyMap<string, ZipMember>,
    checked: Set<string>,
    maxFolders: number,
    file: string,
): void {
    let path = start
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/')) {
        path = path.slice(0, slash)
        if (checked.has(path)) return
        checked.add(path)
        if (checked.size > maxFolders) throw refusal(file, `its members are in more than ${maxFolders} folders`)
        const parent = byPath.get(path)
        if (parent && !isFolder(parent))
            throw refusal(file, `its member ${quoted(parent.name)} is both a file and a folder`)
    }
}

/** The path to which a member is unpacked: `a//b` and `./a/b` become `a/b`. */
function pathOf(name: string): string {
    if (isPlain(name)) return isFolderName(name) ? name.slice(0, -1) : name
    return name
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')
}

function isPlain(name: string): boolean {
    return (
        !name.includes('//') && !name.startsWith('./') && !name.includes('/./') && !name.endsWith('/.') && name !== '.'
    )
}

export function isFolder({ name }: ZipMember): boolean {
    return isFolderName(name)
}

function isFolderName(name: string): boolean {
    return name.endsWith('/')
}
