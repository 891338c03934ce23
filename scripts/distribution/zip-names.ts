import { ofMembers, quoted, refusal } from '../../core/distribution/refusal.js'
import type { ZipMember } from './zip-directory.js'

/**
 * Checks the member names of a zip archive: each must stay inside the target folder and be unique.
 *
 * @param file archive name for error messages
 * @returns faults that pip and uv accept
 * @throws UserError if pip and uv reject the archive or unpack it differently
 */
export function checkZipNames(members: readonly ZipMember[], file: string): string[] {
    for (const member of members) {
        const problem = nameProblem(member)
        if (problem !== undefined) throw refusal(file, `its member ${quoted(member.name)} ${problem}`)
    }
    const backslashes = members.filter(({ name }) => name.includes('\\')).map(({ name }) => name)
    return [
        ...duplicates(members, file),
        ...(backslashes.length > 0
            ? [ofMembers(backslashes, 'has a "\\" in its name', 'have a "\\" in their names')]
            : []),
    ]
}

function nameProblem({ name, nameBytes, flags }: ZipMember): string | undefined {
    if (name === '') return 'has no name'
    if (!Buffer.from(name).equals(nameBytes)) return 'has a name that is not UTF-8'
    // Without this flag (bit 11), Python decodes the name as code page 437.
    if (nameBytes.some((byte) => byte > 0x7f) && (flags & 0x800) === 0) return 'has a name that is not marked as UTF-8'
    if (/\p{C}/u.test(name)) return 'has control characters in its name'
    const leadsOut = /^[\\/]|^[A-Za-z]:/.test(name) || name.split(/[\\/]/).includes('..')
    return leadsOut ? 'leads out of the archive' : undefined
}

/** Reports members that are unpacked to the same path. */
function duplicates(members: readonly ZipMember[], file: string): string[] {
    const byPath = new Map<string, ZipMember>()
    const twice: string[] = []
    for (const member of members) {
        const path = pathOf(member.name)
        const other = byPath.get(path)
        if (other === undefined) {
            byPath.set(path, member)
        } else if (isFolder(member) !== isFolder(other) || member.crc !== other.crc || member.size !== other.size) {
            throw refusal(file, `it has two members ${quoted(member.name)} that are not the same`)
        } else twice.push(member.name)
    }
    for (const member of members) {
        const parents = pathOf(member.name).split('/').slice(0, -1)
        for (let path = ''; parents.length > 0;) {
            path += (path && '/') + parents.shift()!
            const parent = byPath.get(path)
            if (parent && !isFolder(parent))
                throw refusal(file, `its member ${quoted(parent.name)} is both a file and a folder`)
        }
    }
    return twice.length === 0 ? [] : [ofMembers(twice, 'is in it twice', 'are in it twice')]
}

/** The path to which a member is unpacked: `a//b` and `./a/b` become `a/b`. */
function pathOf(name: string): string {
    if (!/\/\/|(?:^|\/)\.(?:\/|$)|\/$/.test(name)) return name
    return name
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')
}

export function isFolder({ name }: ZipMember): boolean {
    return name.endsWith('/')
}
