import type { FileHandle } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { FileWindow, readAt } from './file-window.js'
import { quoted, refusal } from '../../core/distribution/refusal.js'
import type { ZipMember } from './zip-directory.js'

/** A compression method that pip supports only with Python 3.14 or later. */
export const zstd = 93

/** Members up to this size are unpacked in memory: a stream costs more than most members. Bytes. */
const smallSize = 1024 * 1024

/**
 * Unpacks a member of at most `maxSize` bytes.
 *
 * @param dataOffset offset of its data
 * @param file archive name for error messages
 * @throws UserError if it is larger or broken
 */
export async function readMember(
    handle: FileHandle,
    member: ZipMember,
    dataOffset: number,
    maxSize: number,
    file: string,
): Promise<Buffer> {
    const broken = brokenMember(member, file)
    if (member.size > maxSize || member.storedSize > maxSize) {
        const kind = member.name.slice(member.name.lastIndexOf('/') + 1).toLowerCase()
        throw broken(`has ${Math.max(member.size, member.storedSize)} bytes, too large for ${kind}`)
    }
    return unpacked(member, await readAt(handle, dataOffset, member.storedSize, () => broken('is truncated')), broken)
}

function unpacked(member: ZipMember, stored: Buffer, broken: Broken): Buffer {
    let bytes: Buffer
    try {
        bytes = unpack(stored, member, broken)
    } catch (error) {
        throw explained(error, broken)
    }
    checked(member, bytes.length, crc32(bytes, 0), broken)
    return bytes
}

/**
 * Unpacks each member, as an installer does, and compares its size and checksum.
 *
 * @param dataOffsets offset of each member's data, in ascending order
 * @param end upper bound of all data
 * @throws UserError if a member is broken
 */
export async function checkContents(
    handle: FileHandle,
    dataOffsets: ReadonlyMap<ZipMember, number>,
    end: number,
    file: string,
): Promise<void> {
    const window = new FileWindow(handle, end, () =>
        refusal(file, 'it is not a whole zip archive: a member is truncated'),
    )
    for (const [member, offset] of dataOffsets) {
        const broken = brokenMember(member, file)
        if (member.method === zstd && !canReadZstd()) continue
        if (member.size <= smallSize && member.storedSize <= smallSize) {
            unpacked(member, await window.at(offset, member.storedSize), broken)
        } else await checkLarge(handle, member, offset, broken)
    }
}

async function checkLarge(handle: FileHandle, member: ZipMember, offset: number, broken: Broken): Promise<void> {
    if (member.storedSize === 0) throw broken('unpacks to less than it says')
    let size = 0
    let crc: number | undefined = 0
    const source = pieces(handle, offset, member.storedSize, () => broken('is truncated'))
    const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
            size += chunk.length
            crc = crc32(chunk, crc ?? 0)
            done(size > member.size ? broken('unpacks to more than it says') : null)
        },
    })
    try {
        if (member.method === 0) await pipeline(source, counter)
        else await pipeline(source, decompressor(member.method), counter)
    } catch (error) {
        throw explained(error, broken)
    }
    checked(member, size, crc, broken)
}

const pieceSize = 256 * 1024

async function* pieces(
    handle: FileHandle,
    offset: number,
    length: number,
    tooShort: () => Error,
): AsyncGenerator<Buffer> {
    for (let at = 0; at < length; at += pieceSize) {
        yield await readAt(handle, offset + at, Math.min(pieceSize, length - at), tooShort)
    }
}

type Broken = (reason: string) => Error

function brokenMember({ name }: ZipMember, file: string): Broken {
    return (reason) => refusal(file, `its member ${quoted(name)} ${reason}`)
}

/** Throws unless size and checksum match the central directory. */
function checked(member: ZipMember, size: number, crc: number | undefined, broken: Broken): void {
    if (size !== member.size) throw broken('unpacks to less than it says')
    if (crc !== undefined && crc !== member.crc) throw broken('is damaged: its checksum does not match')
}

function explained(error: unknown, broken: Broken): unknown {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return broken('unpacks to more than it says')
    return /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) ? broken(`is damaged (${message})`) : error
}

/** Undefined before Node.js 20.15, which lacks it. */
function crc32(bytes: Buffer, before: number): number | undefined {
    return typeof zlib.crc32 === 'function' ? zlib.crc32(bytes, before) : undefined
}

/** Available since Node.js 22.15. */
interface ZstdOfNode {
    zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
    createZstdDecompress?: () => Transform
}

function canReadZstd(): boolean {
    return (zlib as ZstdOfNode).zstdDecompressSync !== undefined
}

function unpack(stored: Buffer, { method, size }: ZipMember, broken: Broken): Buffer {
    if (method === 0) return stored
    const options = { maxOutputLength: Math.max(1, size) }
    if (method === 8) return zlib.inflateRawSync(stored, options)
    if (!canReadZstd()) throw broken('is compressed with zstd, which requires Node.js 22.15 or later')
    return (zlib as ZstdOfNode).zstdDecompressSync!(stored, options)
}

function decompressor(method: number): Transform {
    return method === zstd ? (zlib as ZstdOfNode).createZstdDecompress!() : zlib.createInflateRaw()
}
