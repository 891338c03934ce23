import { readBytes, type ByteSource, type Engine } from '../byte-source.js'
import { inSlices } from './in-slices.js'
import { quoted, refusal } from './refusal.js'
import { sortByOffset } from './sort-by-offset.js'
import {
    membersBetweenPauses,
    membersInSimpleLoop,
    named,
    readZipDirectory,
    unicodePathField,
    type ZipDirectory,
    type ZipLimits,
    type ZipMember,
} from './zip-directory.js'
import { checkLocalHeaders, hasDescriptor, isOnlyName } from './zip-local-headers.js'
import { checkZipNames, isFolder } from './zip-names.js'

/** A compression method that pip supports only with Python 3.14 or later. */
export const zstd = 93

/** What Node.js and nginx do differently with an archive. */
export interface ZipEngine extends Engine {
    limits: ZipLimits
    /**
     * Unpacks a member; the result is at most one byte larger than `member.size`.
     *
     * @param stored its bytes in the archive
     * @param broken creates the error for damaged data
     */
    unpack(stored: Uint8Array, member: ZipMember, broken: (reason: string) => Error): Promise<Uint8Array>
    /** Undefined if it is not computed. */
    crc32(bytes: Uint8Array): Promise<number | undefined>
    /** Unpacks all members and compares their checksums; njs cannot. @param members in the order of their offsets */
    checkContents?(source: ByteSource, members: readonly ZipMember[], end: number, file: string): Promise<void>
}

/** A zip archive with consistent records: every reader sees the same members. */
export interface ZipArchive {
    /** In the order of the central directory. */
    members: ZipMember[]
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
    /** Unpacks a member of at most `maxSize` bytes. */
    read(member: ZipMember, maxSize: number): Promise<Uint8Array>
}

const methodNames: Record<number, string> = { 9: 'deflate64', 12: 'bzip2', 14: 'lzma', 93: 'zstd', 95: 'xz' }

/** PyPI's definition of a decompression bomb: more than this many bytes and this many times the file size. */
const suspiciousSize = 64 * 1024 * 1024
const suspiciousRatio = 50

/**
 * Opens and checks a zip archive.
 *
 * Parses the records itself: other readers parse only the central directory and cannot detect archives that other
 * readers see differently.
 *
 * @param file file name for error messages
 * @throws UserError if the archive is incomplete, or pip or uv would not install it
 * @see warehouse/utils/zipfiles.py; "ZIP archive confusion", PyPI's blog of 2025-08-07
 */
export async function openZip(source: ByteSource, engine: ZipEngine, file: string): Promise<ZipArchive> {
    const directory = await readZipDirectory(source, engine, engine.limits, file)
    const { members } = directory
    const oddities = [
        ...directory.oddities,
        ...(await checkZipNames(members, engine, file)),
        ...(await checkMembers(directory, engine, file)),
    ]
    const inOrder = await sortByOffset(members, engine)
    oddities.push(...(await checkLocalHeaders(source, engine, inOrder, directory, file)))
    let unpacked = 0
    await inSlices(members.length, membersInSimpleLoop, engine, (from, to) => {
        for (let position = from; position < to; position++) unpacked += members[position]!.size
    })
    const ratio = Math.round(unpacked / source.size)
    if (ratio > suspiciousRatio && ratio * source.size > suspiciousSize) {
        oddities.push(`it unpacks to ${ratio} times its size, as decompression bombs do`)
    } else await engine.checkContents?.(source, inOrder, directory.offset, file)
    return { members, oddities, read: (member, maxSize) => readMember(source, engine, member, maxSize, file) }
}

async function readMember(
    source: ByteSource,
    engine: ZipEngine,
    member: ZipMember,
    maxSize: number,
    file: string,
): Promise<Uint8Array> {
    const broken = brokenMember(member, file)
    if (member.size > maxSize || member.storedSize > maxSize) {
        const kind = member.name.slice(member.name.lastIndexOf('/') + 1).toLowerCase()
        throw broken(`has ${Math.max(member.size, member.storedSize)} bytes, too large for ${kind}`)
    }
    const stored = readBytes(source, engine, member.dataOffset, member.storedSize)
    const bytes = await engine.unpack(stored, member, broken)
    checkContent(member, bytes.length, await engine.crc32(bytes), broken)
    return bytes
}

/** Creates the error for a broken member. */
export function brokenMember({ name }: ZipMember, file: string): (reason: string) => Error {
    return (reason) => refusal(file, `its member ${quoted(name)} ${reason}`)
}

/** Throws unless size and checksum match the central directory. */
export function checkContent(
    member: ZipMember,
    size: number,
    crc: number | undefined,
    broken: (reason: string) => Error,
): void {
    if (size > member.size) throw broken('unpacks to more than it says')
    if (size !== member.size) throw broken('unpacks to less than it says')
    if (crc !== undefined && crc !== member.crc) throw broken('is damaged: its checksum does not match')
}

async function checkMembers({ members, comment }: ZipDirectory, engine: Engine, file: string): Promise<string[]> {
    // uv's test: every zip archive contains one of these bytes.
    if (comment.some((byte) => byte >= 1 && byte <= 8))
        throw refusal(file, 'its comment seems to hold another zip archive')
    const described: ZipMember[] = []
    const commented: ZipMember[] = []
    const padded: ZipMember[] = []
    await inSlices(members.length, membersBetweenPauses, engine, (from, to) => {
        for (let position = from; position < to; position++) {
            const member = members[position]!
            checkMember(member, file)
            if (hasDescriptor(member)) described.push(member)
            if (member.hasComment) commented.push(member)
            if (member.hasExtra && member.extraRest > 0) padded.push(member)
        }
    })
    return [
        named(
            described,
            'has its size after its data (a data descriptor)',
            'have their sizes after their data (data descriptors)',
        ),
        named(commented, 'has a comment', 'have comments'),
        named(padded, 'has padding after its extra fields', 'have padding after their extra fields'),
    ].flat()
}

function checkMember(member: ZipMember, file: string): void {
    const problem = memberProblem(member)
    if (problem !== undefined) throw brokenMember(member, file)(problem)
}

function memberProblem(member: ZipMember): string | undefined {
    const { method } = member
    if (member.flags & 0x2041) return 'is encrypted'
    if (method !== 0 && method !== 8 && method !== zstd) {
        const name = methodNames[method] ?? `method ${method}`
        return `is compressed with ${name}, which pip and uv do not both support: use deflate`
    }
    if (isFolder(member) && (member.size !== 0 || member.crc !== 0)) return 'is a folder with content'
    if (!member.hasExtra) return undefined
    if (member.hasField(unicodePathField) && !isOnlyName(member.extra, member.nameBytes)) return 'has a second name'
    return member.extraRest > 3 ? 'has broken extra fields' : undefined
}
