import type { FileHandle } from 'node:fs/promises'
import { readAt } from './file-window.js'
import { ofMembers, refusal } from '../../core/distribution/refusal.js'

/** A member of a zip archive, as the central directory describes it. */
export interface ZipMember {
    /** Folder names end in "/". */
    name: string
    nameBytes: Buffer
    /** 0 is stored, 8 deflate; others are unusual. */
    method: number
    flags: number
    crc: number
    /** Bytes in the archive. */
    storedSize: number
    /** Unpacked size as claimed by the archive. Bytes. */
    size: number
    /** Offset of its local header. */
    offset: number
    hasComment: boolean
    extra: Buffer
}

/** Describes a fault of these members; empty if there are no members. */
export function named(members: readonly ZipMember[], one: string, many: string): string[] {
    return members.length === 0
        ? []
        : [
              ofMembers(
                  members.map(({ name }) => name),
                  one,
                  many,
              ),
          ]
}

/** The central directory of a zip archive, checked to extend without gaps to the end records. */
export interface ZipDirectory {
    members: ZipMember[]
    /** Its offset: the end of the last member. */
    offset: number
    comment: Buffer
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/** More than any real wheel has; the member list is held in memory. */
export const maxMembers = 100_000
const maxDirectorySize = 64 * 1024 * 1024

const signatures = { end: 0x06054b50, zip64End: 0x06064b50, zip64Locator: 0x07064b50, member: 0x02014b50 }
const endSize = 22
const zip64LocatorSize = 20
const zip64EndSize = 56
const memberSize = 46
/** An archive comment has up to 65,535 bytes; Python searches only this far back for the end record. */
const maxTail = endSize + 0xffff

/**
 * Reads the central directory of a zip archive. Sizes are checked before anything is read.
 *
 * @param file archive name for error messages
 * @throws UserError if the archive is incomplete, has too many members, or could be read in different ways
 * @see APPNOTE.TXT 4.3; warehouse/utils/zipfiles.py, with which PyPI refuses such archives since 2025
 */
export async function readZipDirectory(handle: FileHandle, fileSize: number, file: string): Promise<ZipDirectory> {
    const broken = (reason: string) => refusal(file, `it is not a whole zip archive: ${reason}`)
    const tooShort = () => broken('its end record points outside the file')
    const tailOffset = Math.max(0, fileSize - maxTail)
    const tail = await readAt(handle, tailOffset, fileSize - tailOffset, tooShort)
    const found = tail.lastIndexOf('PK\x05\x06', tail.length - endSize, 'latin1')
    if (tail.length < endSize || found < 0) {
        if (fileSize > 0 && tail.every((byte) => byte === 0))
            throw refusal(file, `it ends in ${tail.length} NUL bytes or more`)
        throw broken(fileSize === 0 ? 'it is empty' : 'it has no end record, so it is truncated or not a zip archive')
    }
    const end = tail.subarray(found)
    const commentEnd = endSize + end.readUInt16LE(20)
    if (commentEnd > end.length) throw broken('its comment is truncated')
    const trailing = end.subarray(commentEnd)
    if (trailing.some((byte) => byte !== 0))
        throw refusal(file, `${trailing.length} bytes follow the zip archive in it`)

    const endOffset = tailOffset + found
    const zip64 = await readZip64End(handle, endOffset, file, broken)
    const [entriesOnDisk, entries, size, offset] = agreeing(end, zip64, broken)
    if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0) throw broken('it is part of a multi-disk archive')
    if (entries > maxMembers || size > maxDirectorySize) {
        throw refusal(file, `it has ${entries} members (${size} bytes of names): the index accepts up to ${maxMembers}`)
    }
    if (offset + size !== (zip64?.offset ?? endOffset)) {
        throw broken(
            'its central directory is not where its end record says: bytes were inserted before, in or after it',
        )
    }
    const members = parseMembers(await readAt(handle, offset, size, tooShort), broken)
    if (members.length !== entries) throw broken(`it has ${members.length} members, but its end record says ${entries}`)
    const oddities = [
        ...(trailing.length > 0 ? [`${trailing.length} NUL bytes follow the zip archive in it`] : []),
        ...(entriesOnDisk === entries ? [] : ['its end record has two different member counts']),
    ]
    return { members, offset, comment: end.subarray(endSize, commentEnd), oddities }
}

interface Zip64End {
    /** Entries on this disk, entries, size, offset. */
    numbers: number[]
    /** Its own offset. */
    offset: number
}

async function readZip64End(
    handle: FileHandle,
    endOffset: number,
    file: string,
    broken: Broken,
): Promise<Zip64End | undefined> {
    if (endOffset < zip64LocatorSize) return undefined
    const tooShort = () => broken('its zip64 end record is missing')
    const locator = await readAt(handle, endOffset - zip64LocatorSize, zip64LocatorSize, tooShort)
    if (locator.readUInt32LE(0) !== signatures.zip64Locator) return undefined
    const offset = Number(locator.readBigUInt64LE(8))
    const isInside = offset + zip64EndSize <= endOffset - zip64LocatorSize
    const record = isInside ? await readAt(handle, offset, zip64EndSize, tooShort) : undefined
    if (record?.readUInt32LE(0) !== signatures.zip64End)
        throw broken('its zip64 end record is not where its locator says')
    if (
        offset + zip64EndSize !== endOffset - zip64LocatorSize ||
        Number(record.readBigUInt64LE(4)) !== zip64EndSize - 12
    ) {
        throw refusal(file, 'its zip64 end record has extra data, which readers interpret differently')
    }
    return { numbers: [24, 32, 40, 48].map((at) => Number(record.readBigUInt64LE(at))), offset }
}

/** The numbers of the end record and the zip64 end record, which must agree. */
function agreeing(end: Buffer, zip64: Zip64End | undefined, broken: Broken): [number, number, number, number] {
    const own = [end.readUInt16LE(8), end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)]
    const isElsewhere = [0xffff, 0xffff, 0xffffffff, 0xffffffff]
    const numbers = own.map((value, position) => {
        const other = zip64?.numbers[position]
        if (other !== undefined && value !== isElsewhere[position] && value !== other) {
            throw broken('its end record contradicts its zip64 end record')
        }
        return other ?? value
    })
    return numbers as [number, number, number, number]
}

function parseMembers(directory: Buffer, broken: Broken): ZipMember[] {
    const members: ZipMember[] = []
    let at = 0
    while (at < directory.length) {
        if (at + memberSize > directory.length || directory.readUInt32LE(at) !== signatures.member) {
            throw broken('its central directory is broken')
        }
        const number16 = (offset: number) => directory.readUInt16LE(at + offset)
        const number32 = (offset: number) => directory.readUInt32LE(at + offset)
        const nameEnd = at + memberSize + number16(28)
        const extraEnd = nameEnd + number16(30)
        const next = extraEnd + number16(32)
        if (next > directory.length) throw broken('its central directory is broken')
        const nameBytes = directory.subarray(at + memberSize, nameEnd)
        const extra = directory.subarray(nameEnd, extraEnd)
        const sizes = zip64Numbers(extra, [number32(24), number32(20), number32(42)], broken)
        const [size, storedSize, offset] = sizes as [number, number, number]
        members.push({
            name: nameBytes.toString('utf8'),
            nameBytes,
            flags: number16(8),
            method: number16(10),
            crc: number32(16),
            storedSize,
            size,
            offset,
            hasComment: next > extraEnd,
            extra,
        })
        at = next
    }
    return members
}

/**
 * Resolves the numbers of a header: numbers that do not fit into it are read from its zip64 field.
 *
 * @param numbers in the order of the zip64 field
 * @see APPNOTE.TXT 4.5.3
 */
export function zip64Numbers(extra: Buffer, numbers: number[], broken: Broken): number[] {
    const zip64 = extraFields(extra).filter(({ id }) => id === 0x0001)
    if (zip64.length > 1) throw broken('a header has two zip64 fields')
    let at = 0
    return numbers.map((number) => {
        if (number !== 0xffffffff) return number
        const data = zip64[0]?.data
        if (data === undefined || at + 8 > data.length) throw broken('a size is missing in a zip64 field')
        at += 8
        return Number(data.readBigUInt64LE(at - 8))
    })
}

/** The extra fields of a header, up to the first broken one. @see APPNOTE.TXT 4.5.1 */
export function extraFields(extra: Buffer): { id: number; data: Buffer }[] {
    const fields: { id: number; data: Buffer }[] = []
    for (let at = 0, end = 0; at + 4 <= extra.length; at = end) {
        end = at + 4 + extra.readUInt16LE(at + 2)
        if (end > extra.length) break
        fields.push({ id: extra.readUInt16LE(at), data: extra.subarray(at + 4, end) })
    }
    return fields
}

/** The number of bytes after the last valid extra field. Up to 3 are padding, which readers ignore. */
export function extraRest(extra: Buffer): number {
    return extra.length - extraFields(extra).reduce((sum, { data }) => sum + 4 + data.length, 0)
}

/** Creates the error for a broken archive. */
type Broken = (reason: string) => Error
