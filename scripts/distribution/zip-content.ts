import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { readBytes, type ByteSource } from '../../core/byte-source.js'
import { refusal } from '../../core/distribution/refusal.js'
import { SourceWindow } from '../../core/distribution/source-window.js'
import { brokenMember, checkContent, openZip, zstd } from '../../core/distribution/zip-archive.js'
import type { ZipArchive, ZipEngine } from '../../core/distribution/zip-archive.js'
import type { ZipMember } from '../../core/distribution/zip-directory.js'
import { nodeEngine, withFileSource } from './file-source.js'

/** More than any real wheel has; the member list is held in memory. */
export const maxMembers = 100_000
const maxDirectorySize = 64 * 1024 * 1024

/** Archives in Node.js: with zlib, so the content of every member is checked. */
const zipEngine: ZipEngine = {
    ...nodeEngine,
    limits: { members: maxMembers, directorySize: maxDirectorySize },
    unpack: async (stored, member, broken) => unpacked(member, stored, broken),
    crc32: (bytes) => crc32(bytes, 0),
    checkContents,
}

/** Opens and checks a local zip archive, calls `use`, and closes it. @throws as `openZip` */
export function withZip<Result>(
    path: string,
    file: string,
    use: (archive: ZipArchive) => Promise<Result>,
): Promise<Result> {
    return withFileSource(path, async (source) => use(await openZip(source, zipEngine, file)))
}

/** Size of one read. Bytes. */
const windowSize = 64 * 1024
/** Members up to this size are unpacked in memory: a stream costs more than most members. Bytes. */
const smallSize = 1024 * 1024

function unpacked(member: ZipMember, stored: Uint8Array, broken: Broken): Uint8Array {
    try {
        return unpack(stored, member, broken)
    } catch (error) {
        throw explained(error, broken)
    }
}

/**
 * Unpacks each member, as an installer does, and compares its size and checksum.
 *
 * @param members in the order of their offsets
 * @param end upper bound of all data
 * @throws UserError if a member is broken
 */
async function checkContents(
    source: ByteSource,
    members: readonly ZipMember[],
    end: number,
    file: string,
): Promise<void> {
    const tooShort = () => refusal(file, 'it is not a whole zip archive: a member is truncated')
    const window = new SourceWindow(source, nodeEngine, windowSize, end, tooShort)
    for (const member of members) {
        const broken = brokenMember(member, file)
        if (member.method === zstd && !canReadZstd()) continue
        if (member.size <= smallSize && member.storedSize <= smallSize) {
            const bytes = unpacked(member, window.bytes(member.dataOffset, member.storedSize), broken)
            checkContent(member, bytes.length, crc32(bytes, 0), broken)
        } else await checkLarge(source, member, broken)
    }
}

async function checkLarge(source: ByteSource, member: ZipMember, broken: Broken): Promise<void> {
    if (member.storedSize === 0) throw broken('unpacks to less than it says')
    let size = 0
    let crc: number | undefined = 0
    const stored = pieces(source, member)
    const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
            size += chunk.length
            crc = crc32(chunk, crc ?? 0)
            done(size > member.size ? broken('unpacks to more than it says') : null)
        },
    })
    try {
        if (member.method === 0) await pipeline(stored, counter)
        else await pipeline(stored, decompressor(member.method), counter)
    } catch (error) {
        throw explained(error, broken)
    }
    checkContent(member, size, crc, broken)
}

const pieceSize = 256 * 1024

async function* pieces(source: ByteSource, { dataOffset, storedSize }: ZipMember): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < storedSize; at += pieceSize) {
        yield readBytes(source, nodeEngine, dataOffset + at, Math.min(pieceSize, storedSize - at))
    }
}

type Broken = (reason: string) => Error

function explained(error: unknown, broken: Broken): unknown {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return broken('unpacks to more than it says')
    return /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) ? broken(`is damaged (${message})`) : error
}

/** Undefined before Node.js 20.15, which lacks it. */
function crc32(bytes: Uint8Array, before: number): number | undefined {
    return typeof zlib.crc32 === 'function' ? zlib.crc32(bytes, before) : undefined
}

/** Available since Node.js 22.15. */
interface ZstdOfNode {
    zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer
    createZstdDecompress?: () => Transform
}

function canReadZstd(): boolean {
    return (zlib as ZstdOfNode).zstdDecompressSync !== undefined
}

function unpack(stored: Uint8Array, { method, size }: ZipMember, broken: Broken): Uint8Array {
    if (method === 0) return stored
    const options = { maxOutputLength: Math.max(1, size) }
    if (method === 8) return zlib.inflateRawSync(stored, options)
    if (!canReadZstd()) throw broken('is compressed with zstd, which requires Node.js 22.15 or later')
    return (zlib as ZstdOfNode).zstdDecompressSync!(stored, options)
}

function decompressor(method: number): Transform {
    return method === zstd ? (zlib as ZstdOfNode).createZstdDecompress!() : zlib.createInflateRaw()
}
