import type { ByteSource, Engine } from '../byte-source.js'
import { decodeUtf8Lossily } from '../utf8.js'
import { areEqual } from '../bytes.js'
import { uint16, uint32, uint64 } from './little-endian.js'
import { inSlices } from './in-slices.js'
import { quoted, refusal } from './refusal.js'
import { SourceWindow } from './source-window.js'
import {
    extraFields,
    extraRest,
    hasExtraField,
    membersBetweenPauses,
    named,
    unicodePathField,
    zip64Field,
    zip64Numbers,
    type ZipDirectory,
    type ZipMember,
} from './zip-directory.js'

/** Small members are adjacent. Bytes. */
const windowSize = 16 * 1024
const headerSize = 30

/**
 * Compares each local header with the central directory, and checks that no bytes lie before, between or after the
 * members: streaming readers would find members there. Sets the offset of each member's data.
 *
 * @param members in the order of their offsets
 * @returns faults that pip and uv accept
 */
export async function checkLocalHeaders(
    source: ByteSource,
    engine: Engine,
    members: readonly ZipMember[],
    directory: ZipDirectory,
    file: string,
): Promise<string[]> {
    const tooShort = () => refusal(file, 'it is not a whole zip archive: a member is truncated')
    const window = new SourceWindow(source, engine, windowSize, directory.offset, tooShort)
    const padded: ZipMember[] = []
    let expected = 0
    await inSlices(members.length, membersBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const next = members[position + 1]?.offset ?? directory.offset
            expected = checkLocalHeader(window, members[position]!, expected, next, padded, file)
        }
    })
    if (expected !== directory.offset) {
        const end = { name: 'the central directory', offset: directory.offset }
        throw misplaced(end, expected, window, file)
    }
    return named(padded, 'has padding after its local extra fields', 'have padding after their local extra fields')
}

/**
 * @param expected the end of the previous member
 * @param next the offset of the next member
 * @returns the end of this one
 */
function checkLocalHeader(
    window: SourceWindow,
    member: ZipMember,
    expected: number,
    next: number,
    padded: ZipMember[],
    file: string,
): number {
    if (member.offset !== expected) throw misplaced(member, expected, window, file)
    const wrong = (problem: string) => refusal(file, `its member ${quoted(member.name)} ${problem}`)
    let at = window.position(expected, headerSize)
    if (uint32(window.buffer, at) !== 0x04034b50) {
        throw refusal(file, `it is not a whole zip archive: its member ${quoted(member.name)} has no local header`)
    }
    const nameLength = uint16(window.buffer, at + 26)
    const extraLength = uint16(window.buffer, at + 28)
    at = window.position(expected, headerSize + nameLength + extraLength)
    const difference = localDifference(member, window.buffer, at, nameLength, extraLength)
    if (difference !== undefined) throw wrong(difference)
    const extraStart = at + headerSize + nameLength
    if (extraLength > 0 && extraRest(window.buffer, extraStart, extraStart + extraLength) > 0) padded.push(member)
    member.dataOffset = expected + headerSize + nameLength + extraLength
    const dataEnd = member.dataOffset + member.storedSize
    if (!hasDescriptor(member)) return dataEnd
    const length = next - dataEnd
    const isThere = [12, 16, 20, 24].includes(length) && isDescriptorOf(member, window.bytes(dataEnd, length))
    if (!isThere) throw wrong('has no data descriptor that matches the central directory')
    return next
}

/** The extra fields of the local header at a position. */
function extraAt(buffer: Uint8Array, at: number): Uint8Array {
    const start = at + headerSize + uint16(buffer, at + 26)
    return buffer.subarray(start, start + uint16(buffer, at + 28))
}

/** The error for a member or central directory that does not begin at the end of the previous member. */
function misplaced(
    { name, offset }: { name: string; offset: number },
    expected: number,
    window: SourceWindow,
    file: string,
): Error {
    const between = offset - expected
    if (between < 0) return refusal(file, `its member ${quoted(name)} overlaps another one`)
    const header = between >= 30 ? window.bytes(expected, headerSize) : new Uint8Array(4)
    if (uint32(header, 0) === 0x04034b50) {
        const length = Math.min(uint16(header, 26), between - 30)
        const hidden = decodeUtf8Lossily(window.bytes(expected + headerSize, length))
        return refusal(file, `its central directory does not list its member ${quoted(hidden)}`)
    }
    const where = expected === 0 ? 'precede the zip archive in it' : `lie between its members, before ${quoted(name)}`
    return refusal(file, `${between} bytes ${where}`)
}

/** Describes how the local header at a position contradicts the central directory. */
function localDifference(
    member: ZipMember,
    header: Uint8Array,
    at: number,
    nameLength: number,
    extraLength: number,
): string | undefined {
    const nameAt = at + headerSize
    if (!member.isNamed(header, nameAt, nameLength)) {
        const name = decodeUtf8Lossily(header.subarray(nameAt, nameAt + nameLength))
        return `is called ${quoted(name)} in its local header`
    }
    const extraStart = nameAt + nameLength
    const has = (id: number) => hasExtraField(header, extraStart, extraStart + extraLength, id)
    if (extraLength > 0) {
        if (has(unicodePathField) && !isOnlyName(extraAt(header, at), member.nameBytes)) {
            return 'has a second name in its local header'
        }
        if (extraRest(header, extraStart, extraStart + extraLength) > 3)
            return 'has broken extra fields in its local header'
    }
    if (((uint16(header, at + 6) ^ member.flags) & 0x2049) !== 0 || uint16(header, at + 8) !== member.method) {
        return 'has other flags or another compression in its local header'
    }
    const crc = uint32(header, at + 14)
    let storedSize = uint32(header, at + 18)
    let size = uint32(header, at + 22)
    if (has(zip64Field) || Math.max(storedSize, size) === 0xffffffff) {
        const broken = (reason: string) => new RangeError(reason)
        try {
            const sizes = zip64Numbers(extraAt(header, at), [size, storedSize], broken)
            size = sizes[0]!
            storedSize = sizes[1]!
        } catch (error) {
            if (!(error instanceof RangeError)) throw error
            return `has a broken local header: ${error.message}`
        }
    }
    const isLater = hasDescriptor(member) && crc === 0 && size === 0 && storedSize === 0
    const isSame = crc === member.crc && size === member.size && storedSize === member.storedSize
    if (!isLater && !isSame) return 'has another size or checksum in its local header'
    return has(zip64Field) && hasOtherZip64(member, extraAt(header, at))
        ? 'has another size in the zip64 field of its local header'
        : undefined
}

/** Whether an unneeded zip64 field has other sizes than the header: readers differ in which they use. */
function hasOtherZip64({ size, storedSize, flags }: ZipMember, extra: Uint8Array): boolean {
    const field = extraFields(extra).find(({ id }) => id === zip64Field)
    if (field === undefined || field.data.length === 0 || (flags & 8) !== 0) return false
    if (field.data.length < 8) return true
    const expected = [size, storedSize].slice(0, Math.floor(field.data.length / 8))
    return expected.some((value, position) => uint64(field.data, 8 * position) !== value)
}

/** @see APPNOTE.TXT 4.3.9: with or without a signature, sizes of 4 or 8 bytes */
function isDescriptorOf({ crc, size, storedSize }: ZipMember, bytes: Uint8Array): boolean {
    const fields = bytes.subarray(bytes.length % 8 === 0 ? 4 : 0)
    if (bytes.length % 8 === 0 && uint32(bytes, 0) !== 0x08074b50) return false
    const isLong = fields.length === 20
    const number = (at: number) => (isLong ? uint64(fields, at) : uint32(fields, at))
    return uint32(fields, 0) === crc && number(4) === storedSize && number(isLong ? 12 : 8) === size
}

export function hasDescriptor({ flags }: ZipMember): boolean {
    return (flags & 8) !== 0
}

/** Whether no Unicode Path field (Info-ZIP) gives the member another name. @see APPNOTE.TXT 4.6.9 */
export function isOnlyName(extra: Uint8Array, name: Uint8Array): boolean {
    const paths = extraFields(extra).filter(({ id }) => id === unicodePathField)
    return paths.every(({ data }) => data.length > 5 && areEqual(data.subarray(5), name))
}
