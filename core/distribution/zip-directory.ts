import { readBytes, type ByteSource, type Engine } from '../byte-source.js'
import { decodeUtf8, decodeUtf8Lossily } from '../utf8.js'
import { areEqualAt } from '../bytes.js'
import { uint16, uint32, uint64 } from './little-endian.js'
import { ofMembers, refusal } from './refusal.js'

/**
 * A member of a zip archive, as the central directory describes it. It reads most values from the directory when they are
 * needed: each property of an object takes 100 bytes in njs.
 */
export class ZipMember {
    /** Folder names end in "/". */
    readonly name: string
    /** Size, stored size and offset, if its record has them in a zip64 field. */
    private readonly zip64?: number[]
    /** Offset of its data, once the local headers are checked. */
    dataOffset = 0

    /** @param at of its record in the central directory @throws Error for a broken zip64 field */
    constructor(
        private readonly directory: Uint8Array,
        private readonly at: number,
        broken: Broken,
    ) {
        this.name = decodeUtf8(this.nameBytes) ?? decodeUtf8Lossily(this.nameBytes)
        if (this.hasField(zip64Field) || Math.max(this.size, this.storedSize, this.offset) === 0xffffffff) {
            this.zip64 = zip64Numbers(this.extra, [this.size, this.storedSize, this.offset], broken)
        }
    }

    get flags(): number {
        return uint16(this.directory, this.at + 8)
    }

    /** 0 is stored, 8 deflate; others are unusual. */
    get method(): number {
        return uint16(this.directory, this.at + 10)
    }

    get crc(): number {
        return uint32(this.directory, this.at + 16)
    }

    /** Bytes in the archive. */
    get storedSize(): number {
        return this.zip64 ? this.zip64[1]! : uint32(this.directory, this.at + 20)
    }

    /** Unpacked size as claimed by the archive. Bytes. */
    get size(): number {
        return this.zip64 ? this.zip64[0]! : uint32(this.directory, this.at + 24)
    }

    /** Offset of its local header. */
    get offset(): number {
        return this.zip64 ? this.zip64[2]! : uint32(this.directory, this.at + 42)
    }

    get nameBytes(): Uint8Array {
        return this.directory.subarray(this.at + memberSize, this.nameEnd)
    }

    get extra(): Uint8Array {
        return this.directory.subarray(this.nameEnd, this.extraEnd)
    }

    get hasExtra(): boolean {
        return uint16(this.directory, this.at + 30) > 0
    }

    /** Whether it has an extra field of this kind. */
    hasField(id: number): boolean {
        return hasExtraField(this.directory, this.nameEnd, this.extraEnd, id)
    }

    /** See the function of this name. */
    get extraRest(): number {
        return extraRest(this.directory, this.nameEnd, this.extraEnd)
    }

    get hasComment(): boolean {
        return uint16(this.directory, this.at + 32) > 0
    }

    /** Whether these bytes are the name. */
    isNamed(bytes: Uint8Array, at: number, length: number): boolean {
        const start = this.at + memberSize
        return start + length === this.nameEnd && areEqualAt(this.directory, start, bytes, at, length)
    }

    get isPrintableAscii(): boolean {
        const end = this.nameEnd
        for (let at = this.at + memberSize; at < end; at++) {
            if (this.directory[at]! < 0x20 || this.directory[at]! > 0x7e) return false
        }
        return true
    }

    private get extraEnd(): number {
        return this.nameEnd + uint16(this.directory, this.at + 30)
    }

    private get nameEnd(): number {
        return this.at + memberSize + uint16(this.directory, this.at + 28)
    }
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
    comment: Uint8Array
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/** Bounds of what is held in memory. */
export interface ZipLimits {
    members: number
    /** Bytes. */
    directorySize: number
}

const signatures = { end: 0x06054b50, zip64End: 0x06064b50, zip64Locator: 0x07064b50, member: 0x02014b50 }
/** Kinds of extra fields: sizes of 8 bytes, and a name in UTF-8. @see APPNOTE.TXT 4.5.3, 4.6.9 */
export const zip64Field = 0x0001
export const unicodePathField = 0x7075
const endSize = 22
const zip64LocatorSize = 20
const zip64EndSize = 56
const memberSize = 46
/** An archive comment has up to 65,535 bytes; Python searches only this far back for the end record. */
const maxTail = endSize + 0xffff
/** In njs, about 2 ms. */
export const membersBetweenPauses = 200
/** The same, for loops that compare one field. */
export const membersInSimpleLoop = 2000

/**
 * Reads the central directory of a zip archive. Sizes are checked before anything is read.
 *
 * @param file archive name for error messages
 * @throws UserError if the archive is incomplete, has too many members, or could be read in different ways
 * @see APPNOTE.TXT 4.3; warehouse/utils/zipfiles.py, with which PyPI refuses such archives since 2025
 */
export async function readZipDirectory(
    source: ByteSource,
    engine: Engine,
    limits: ZipLimits,
    file: string,
): Promise<ZipDirectory> {
    const broken = (reason: string) => refusal(file, `it is not a whole zip archive: ${reason}`)
    const tailOffset = Math.max(0, source.size - maxTail)
    const tail = readBytes(source, engine, tailOffset, source.size - tailOffset)
    const found = endRecord(tail)
    if (found === undefined) {
        if (source.size > 0 && tail.every((byte) => byte === 0))
            throw refusal(file, `it ends in ${tail.length} NUL bytes or more`)
        throw broken(
            source.size === 0 ? 'it is empty' : 'it has no end record, so it is truncated or not a zip archive',
        )
    }
    const end = tail.subarray(found)
    const commentEnd = endSize + uint16(end, 20)
    if (commentEnd > end.length) throw broken('its comment is truncated')
    const trailing = end.subarray(commentEnd)
    if (trailing.some((byte) => byte !== 0))
        throw refusal(file, `${trailing.length} bytes follow the zip archive in it`)

    const endOffset = tailOffset + found
    const read = (offset: number, length: number) => readBytes(source, engine, offset, length)
    const zip64 = readZip64End(read, endOffset, file, broken)
    const [entriesOnDisk, entries, size, offset] = agreeing(end, zip64, broken)
    if (uint16(end, 4) !== 0 || uint16(end, 6) !== 0) throw broken('it is part of a multi-disk archive')
    if (entries > limits.members || size > limits.directorySize) {
        throw refusal(
            file,
            `it has ${entries} members (${size} bytes of names): the index accepts up to ${limits.members}`,
        )
    }
    if (offset + size !== (zip64?.offset ?? endOffset)) {
        throw broken(
            'its central directory is not where its end record says: bytes were inserted before, in or after it',
        )
    }
    const members = await parseMembers(read(offset, size), engine, broken)
    if (members.length !== entries) throw broken(`it has ${members.length} members, but its end record says ${entries}`)
    const oddities = [
        ...(trailing.length > 0 ? [`${trailing.length} NUL bytes follow the zip archive in it`] : []),
        ...(entriesOnDisk === entries ? [] : ['its end record has two different member counts']),
    ]
    return { members, offset, comment: end.subarray(endSize, commentEnd), oddities }
}

/** The position of the last end record. */
function endRecord(tail: Uint8Array): number | undefined {
    for (let at = tail.length - endSize; at >= 0; at--) {
        if (tail[at] === 0x50 && uint32(tail, at) === signatures.end) return at
    }
    return undefined
}

interface Zip64End {
    /** Entries on this disk, entries, size, offset. */
    numbers: number[]
    /** Its own offset. */
    offset: number
}

function readZip64End(
    read: (offset: number, length: number) => Uint8Array,
    endOffset: number,
    file: string,
    broken: Broken,
): Zip64End | undefined {
    if (endOffset < zip64LocatorSize) return undefined
    const locator = read(endOffset - zip64LocatorSize, zip64LocatorSize)
    if (uint32(locator, 0) !== signatures.zip64Locator) return undefined
    const offset = uint64(locator, 8)
    const isInside = offset + zip64EndSize <= endOffset - zip64LocatorSize
    const record = isInside ? read(offset, zip64EndSize) : undefined
    if (record === undefined || uint32(record, 0) !== signatures.zip64End)
        throw broken('its zip64 end record is not where its locator says')
    if (offset + zip64EndSize !== endOffset - zip64LocatorSize || uint64(record, 4) !== zip64EndSize - 12) {
        throw refusal(file, 'its zip64 end record has extra data, which readers interpret differently')
    }
    return { numbers: [24, 32, 40, 48].map((at) => uint64(record, at)), offset }
}

/** The numbers of the end record and the zip64 end record, which must agree. */
function agreeing(end: Uint8Array, zip64: Zip64End | undefined, broken: Broken): [number, number, number, number] {
    const own = [uint16(end, 8), uint16(end, 10), uint32(end, 12), uint32(end, 16)]
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

async function parseMembers(directory: Uint8Array, engine: Engine, broken: Broken): Promise<ZipMember[]> {
    const members: ZipMember[] = []
    for (let at = 0; at < directory.length;) {
        if (at > 0) await engine.pause()
        at = parseSlice(directory, at, members, broken)
    }
    return members
}

/** Without `await`: see `inSlices`. @returns the position after the last record that was parsed */
function parseSlice(directory: Uint8Array, from: number, members: ZipMember[], broken: Broken): number {
    let at = from
    for (let count = 0; count < membersBetweenPauses && at < directory.length; count++) {
        at = parseMember(directory, at, members, broken)
    }
    return at
}

/** @returns the position of the next record */
function parseMember(directory: Uint8Array, at: number, members: ZipMember[], broken: Broken): number {
    if (at + memberSize > directory.length || uint32(directory, at) !== signatures.member) {
        throw broken('its central directory is broken')
    }
    const next = at + memberSize + uint16(directory, at + 28) + uint16(directory, at + 30) + uint16(directory, at + 32)
    if (next > directory.length) throw broken('its central directory is broken')
    members.push(new ZipMember(directory, at, broken))
    return next
}

/**
 * Resolves the numbers of a header: numbers that do not fit into it are read from its zip64 field.
 *
 * @param numbers in the order of the zip64 field
 * @see APPNOTE.TXT 4.5.3
 */
export function zip64Numbers(extra: Uint8Array, numbers: number[], broken: Broken): number[] {
    const zip64 = extraFields(extra).filter(({ id }) => id === zip64Field)
    if (zip64.length > 1) throw broken('a header has two zip64 fields')
    let at = 0
    return numbers.map((number) => {
        if (number !== 0xffffffff) return number
        const data = zip64[0]?.data
        if (data === undefined || at + 8 > data.length) throw broken('a size is missing in a zip64 field')
        at += 8
        return uint64(data, at - 8)
    })
}

/** The extra fields of a header, up to the first broken one. @see APPNOTE.TXT 4.5.1 */
export function extraFields(extra: Uint8Array): { id: number; data: Uint8Array }[] {
    const fields: { id: number; data: Uint8Array }[] = []
    for (let at = 0, end = 0; at + 4 <= extra.length; at = end) {
        end = at + 4 + uint16(extra, at + 2)
        if (end > extra.length) break
        fields.push({ id: uint16(extra, at), data: extra.subarray(at + 4, end) })
    }
    return fields
}

/** Whether there is an extra field of this kind, as `extraFields` finds them. It takes no memory. */
export function hasExtraField(bytes: Uint8Array, start: number, end: number, id: number): boolean {
    for (let at = start; at + 4 <= end && at + 4 + uint16(bytes, at + 2) <= end; at += 4 + uint16(bytes, at + 2)) {
        if (uint16(bytes, at) === id) return true
    }
    return false
}

/** The number of bytes after the last valid extra field. Up to 3 are padding, which readers ignore. */
export function extraRest(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at + 4 <= end && at + 4 + uint16(bytes, at + 2) <= end) at += 4 + uint16(bytes, at + 2)
    return end - at
}

/** Creates the error for a broken archive. */
type Broken = (reason: string) => Error
