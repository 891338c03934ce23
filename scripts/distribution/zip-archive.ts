import { open } from 'node:fs/promises'
import { quoted, refusal } from '../../core/distribution/refusal.js'
import { checkContents, readMember, zstd } from './zip-content.js'
import { extraRest, named, readZipDirectory, type ZipDirectory, type ZipMember } from './zip-directory.js'
import { checkLocalHeaders, hasDescriptor, isOnlyName } from './zip-local-headers.js'
import { checkZipNames, isFolder } from './zip-names.js'

/** A zip archive with consistent records: every reader sees the same members. */
export interface ZipArchive {
    /** In the order of the central directory. */
    members: ZipMember[]
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
    /** Unpacks a member of at most `maxSize` bytes. */
    read(member: ZipMember, maxSize: number): Promise<Buffer>
}

const methodNames: Record<number, string> = { 9: 'deflate64', 12: 'bzip2', 14: 'lzma', 93: 'zstd', 95: 'xz' }

/** PyPI's definition of a decompression bomb: more than this many bytes and this many times the file size. */
const suspiciousSize = 64 * 1024 * 1024
const suspiciousRatio = 50

/**
 * Opens and checks a zip archive, calls `use`, and closes it.
 *
 * Parses the records itself: yauzl reads only the central directory and cannot detect archives that other readers see
 * differently.
 *
 * @param file file name for error messages
 * @throws UserError if the archive is incomplete, or pip or uv would not install it
 * @see warehouse/utils/zipfiles.py; "ZIP archive confusion", PyPI's blog of 2025-08-07
 */
export async function withZip<Result>(
    path: string,
    file: string,
    use: (archive: ZipArchive) => Promise<Result>,
): Promise<Result> {
    const handle = await open(path)
    try {
        const { size } = await handle.stat()
        const directory = await readZipDirectory(handle, size, file)
        const { members } = directory
        const oddities = [...directory.oddities, ...checkZipNames(members, file), ...checkMembers(directory, file)]
        const { dataOffsets, ...local } = await checkLocalHeaders(handle, directory, file)
        oddities.push(...local.oddities)
        const ratio = Math.round(members.reduce((sum, { size }) => sum + size, 0) / size)
        if (ratio > suspiciousRatio && ratio * size > suspiciousSize) {
            oddities.push(`it unpacks to ${ratio} times its size, as decompression bombs do`)
        } else await checkContents(handle, dataOffsets, directory.offset, file)
        const read: ZipArchive['read'] = (member, maxSize) =>
            readMember(handle, member, dataOffsets.get(member)!, maxSize, file)
        return await use({ members, oddities, read })
    } finally {
        await handle.close()
    }
}

function checkMembers({ members, comment }: ZipDirectory, file: string): string[] {
    // uv's test: every zip archive contains one of these bytes.
    if (comment.some((byte) => byte >= 1 && byte <= 8))
        throw refusal(file, 'its comment seems to hold another zip archive')
    for (const member of members) {
        const broken = (reason: string) => refusal(file, `its member ${quoted(member.name)} ${reason}`)
        if (member.flags & 0x2041) throw broken('is encrypted')
        if (![0, 8, zstd].includes(member.method)) {
            const name = methodNames[member.method] ?? `method ${member.method}`
            throw broken(`is compressed with ${name}, which pip and uv do not both support: use deflate`)
        }
        if (isFolder(member) && (member.size !== 0 || member.crc !== 0)) throw broken('is a folder with content')
        if (!isOnlyName(member.extra, member.nameBytes)) throw broken('has a second name')
        if (extraRest(member.extra) > 3) throw broken('has broken extra fields')
    }
    return [
        named(
            members.filter(hasDescriptor),
            'has its size after its data (a data descriptor)',
            'have their sizes after their data (data descriptors)',
        ),
        named(
            members.filter(({ hasComment }) => hasComment),
            'has a comment',
            'have comments',
        ),
        named(
            members.filter(({ extra }) => extraRest(extra) > 0),
            'has padding after its extra fields',
            'have padding after their extra fields',
        ),
    ].flat()
}
