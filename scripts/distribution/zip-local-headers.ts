import type { FileHandle } from 'node:fs/promises'
import { FileWindow } from './file-window.js'
import { quoted, refusal } from '../../core/distribution/refusal.js'
import { extraFields, extraRest, named, zip64Numbers, type ZipDirectory, type ZipMember } from './zip-directory.js'

/**
 * Compares each local header with the central directory, and checks that no bytes lie before, between or after the
 * members: streaming readers would find members there.
 *
 * @returns the offset of each member's data, and faults that pip and uv accept
 */
export async function checkLocalHeaders(
    handle: FileHandle,
    directory: ZipDirectory,
    file: string,
): Promise<{ dataOffsets: Map<ZipMember, number>; oddities: string[] }> {
    const broken = (reason: string) => refusal(file, `it is not a whole zip archive: ${reason}`)
    const window = new FileWindow(handle, directory.offset, () => broken('a member is truncated'))
    const members = [...directory.members].sort((a, b) => a.offset - b.offset)
    const dataOffsets = new Map<ZipMember, number>()
    const padded: ZipMember[] = []
    let expected = 0
    for (const [position, member] of members.entries()) {
        const of = `its member ${quoted(member.name)}`
        if (member.offset !== expected) throw await misplaced(member, expected, window, file)
        const header = await window.at(expected, 30)
        if (header.readUInt32LE(0) !== 0x04034b50) throw broken(`${of} has no local header`)
        const nameLength = header.readUInt16LE(26)
        const dataOffset = expected + 30 + nameLength + header.readUInt16LE(28)
        const variable = await window.at(expected + 30, dataOffset - expected - 30)
        const extra = variable.subarray(nameLength)
        const difference = localDifference(member, header, variable.subarray(0, nameLength), extra)
        if (difference !== undefined) throw refusal(file, `${of} ${difference}`)
        if (extraRest(extra) > 0) padded.push(member)
        dataOffsets.set(member, dataOffset)

        const dataEnd = dataOffset + member.storedSize
        const next = members[position + 1]?.offset ?? directory.offset
        expected = dataEnd
        if (hasDescriptor(member)) {
            const length = next - dataEnd
            const isThere =
                [12, 16, 20, 24].includes(length) && isDescriptorOf(member, await window.at(dataEnd, length))
            if (!isThere) throw refusal(file, `${of} has no data descriptor that matches the central directory`)
            expected = next
        }
    }
    if (expected !== directory.offset) {
        const end = { name: 'the central directory', offset: directory.offset }
        throw await misplaced(end, expected, window, file)
    }
    return {
        dataOffsets,
        oddities: named(
            padded,
            'has padding after its local extra fields',
            'have padding after their local extra fields',
        ),
    }
}

/** The error for a member or central directory that does not begin at the end of the previous member. */
async function misplaced(
    { name, offset }: { name: string; offset: number },
    expected: number,
    window: FileWindow,
    file: string,
): Promise<Error> {
    const between = offset - expected
    if (between < 0) return refusal(file, `its member ${quoted(name)} overlaps another one`)
    const header = between >= 30 ? await window.at(expected, 30) : Buffer.alloc(4)
    if (header.readUInt32LE(0) === 0x04034b50) {
        const length = Math.min(header.readUInt16LE(26), between - 30)
        const hidden = (await window.at(expected + 30, length)).toString('utf8')
        return refusal(file, `its central directory does not list its member ${quoted(hidden)}`)
    }
    const where = expected === 0 ? 'precede the zip archive in it' : `lie between its members, before ${quoted(name)}`
    return refusal(file, `${between} bytes ${where}`)
}

/** Describes how a local header contradicts the central directory. */
function localDifference(member: ZipMember, header: Buffer, name: Buffer, extra: Buffer): string | undefined {
    const flags = header.readUInt16LE(6)
    if (!name.equals(member.nameBytes)) return `is called ${quoted(name.toString('utf8'))} in its local header`
    if (!isOnlyName(extra, name)) return 'has a second name in its local header'
    if (extraRest(extra) > 3) return 'has broken extra fields in its local header'
    if (((flags ^ member.flags) & 0x2049) !== 0 || header.readUInt16LE(8) !== member.method) {
        return 'has other flags or another compression in its local header'
    }
    const broken = (reason: string) => new RangeError(reason)
    let sizes: number[]
    try {
        sizes = zip64Numbers(extra, [header.readUInt32LE(22), header.readUInt32LE(18)], broken)
    } catch (error) {
        if (!(error instanceof RangeError)) throw error
        return `has a broken local header: ${error.message}`
    }
    const local = [header.readUInt32LE(14), ...sizes]
    const central = [member.crc, member.size, member.storedSize]
    const isLater = hasDescriptor(member) && local.every((value) => value === 0)
    if (!isLater && local.some((value, position) => value !== central[position])) {
        return 'has another size or checksum in its local header'
    }
    return hasOtherZip64(member, extra) ? 'has another size in the zip64 field of its local header' : undefined
}

/** Whether an unneeded zip64 field has other sizes than the header: readers differ in which they use. */
function hasOtherZip64({ size, storedSize, flags }: ZipMember, extra: Buffer): boolean {
    const field = extraFields(extra).find(({ id }) => id === 0x0001)
    if (field === undefined || field.data.length === 0 || (flags & 8) !== 0) return false
    if (field.data.length < 8) return true
    const expected = [size, storedSize].slice(0, Math.floor(field.data.length / 8))
    return expected.some((value, position) => Number(field.data.readBigUInt64LE(8 * position)) !== value)
}

/** @see APPNOTE.TXT 4.3.9: with or without a signature, sizes of 4 or 8 bytes */
function isDescriptorOf({ crc, size, storedSize }: ZipMember, bytes: Buffer): boolean {
    const fields = bytes.subarray(bytes.length % 8 === 0 ? 4 : 0)
    if (bytes.length % 8 === 0 && bytes.readUInt32LE(0) !== 0x08074b50) return false
    const isLong = fields.length === 20
    const number = (at: number) => (isLong ? Number(fields.readBigUInt64LE(at)) : fields.readUInt32LE(at))
    return fields.readUInt32LE(0) === crc && number(4) === storedSize && number(isLong ? 12 : 8) === size
}

export function hasDescriptor({ flags }: ZipMember): boolean {
    return (flags & 8) !== 0
}

/** Whether no Unicode Path field (Info-ZIP) gives the member another name. @see APPNOTE.TXT 4.6.9 */
export function isOnlyName(extra: Buffer, name: Buffer): boolean {
    const paths = extraFields(extra).filter(({ id }) => id === 0x7075)
    return paths.every(({ data }) => data.length > 5 && data.subarray(5).equals(name))
}
