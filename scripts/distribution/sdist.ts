import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { UserError } from '../../core/user-error.js'
import type { SdistContent } from '../../core/distribution/distribution-metadata.js'
import { findPkgInfo, maxMetadataSize } from '../../core/distribution/pkg-info.js'
import { quoted, refusal } from '../../core/distribution/refusal.js'
import { TarMembers } from './tar-member.js'
import { maxMembers } from './zip-content.js'

/** Unpacked size limit in bytes: `plainSize` or `maxRatio` times the file size, at most `maxUnpacked`. */
const plainSize = 256 * 1024 * 1024
const maxRatio = 100
const maxUnpacked = 16 * 1024 * 1024 * 1024

/** Two zero blocks end a tar archive. @see POSIX, pax, "ustar Interchange Format" */
const endMarkerSize = 1024

/**
 * Reads the PKG-INFO of an sdist. Reads the whole archive, to detect a broken one.
 *
 * @param path local .tar.gz file
 * @param file file name for error messages
 * @throws UserError if the archive is incomplete, holds no project, or pip or uv cannot unpack it
 * @see PEP 625; "Source distribution format"
 */
export async function readSdist(path: string, file: string): Promise<SdistContent> {
    const members = new TarMembers(file)
    const found = new Map<string, Buffer>()
    const twice: string[] = []
    const archive = extract()
    const readMembers = async () => {
        for await (const entry of archive) {
            const name = members.add(entry.header)
            if (members.names.length > maxMembers) throw refusal(file, `it has more than ${maxMembers} members`)
            if (entry.header.type === 'file' && isCandidate(name, found)) {
                if (found.has(name)) twice.push(`its member ${quoted(name)} is in it twice`)
                found.set(name, await content(entry, entry.header.size ?? 0, name, file))
            }
            entry.resume()
        }
    }
    let problem: UserError | undefined
    const { size } = await stat(path)
    try {
        const reading = readMembers().catch((error: unknown) => {
            if (error instanceof UserError) problem = error
            archive.destroy(error as Error)
            throw error
        })
        await Promise.all([pipeline(createReadStream(path), createGunzip(), checked(size, file), archive), reading])
    } catch (error) {
        if (problem) throw problem
        if (isDiskError(error) || error instanceof UserError) throw error
        throw refusal(file, `it is not a whole .tar.gz archive: ${await explain(error as Error, path)}`)
    }
    const pkgInfo = findPkgInfo(members.names, file)
    if (pkgInfo.path === undefined) return { metadata: undefined, oddities: pkgInfo.oddities }
    const metadata = found.get(pkgInfo.path)
    if (metadata === undefined) throw refusal(file, `its member ${quoted(pkgInfo.path)} is not a file`)
    return { metadata, oddities: [...pkgInfo.oddities, ...twice] }
}

/** Whether to keep a member: the top-level PKG-INFO, or that of the first top folder. */
function isCandidate(name: string, found: ReadonlyMap<string, Buffer>): boolean {
    if (name === 'PKG-INFO' || found.has(name)) return true
    return /^[^/]+\/PKG-INFO$/.test(name) && ![...found.keys()].some((other) => other.includes('/'))
}

async function content(entry: AsyncIterable<unknown>, size: number, name: string, file: string): Promise<Buffer> {
    if (size > maxMetadataSize) {
        throw refusal(file, `its member ${quoted(name)} has ${size} bytes, too large for metadata`)
    }
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
}

/** Passes the unpacked data on, limits its size and requires the end marker. @param size of the .tar.gz, bytes */
function checked(size: number, file: string): Transform {
    const limit = Math.min(maxUnpacked, Math.max(plainSize, maxRatio * size))
    let unpacked = 0
    let end: Buffer = Buffer.alloc(0)
    return new Transform({
        transform(chunk: Buffer, _encoding, done) {
            unpacked += chunk.length
            if (unpacked > limit)
                return done(refusal(file, `it unpacks to more than ${limit} bytes, as decompression bombs do`))
            end = Buffer.concat([end, chunk.subarray(-endMarkerSize)]).subarray(-endMarkerSize)
            done(null, chunk)
        },
        flush(done) {
            const isMarked = end.length === endMarkerSize && end.every((byte) => byte === 0)
            done(isMarked ? null : refusal(file, 'it is not a whole .tar.gz archive: it has no end marker'))
        },
    })
}

/** zlib reports the same error for a file that is not gzip and for one with other data after the gzip stream. */
async function explain({ message }: Error, path: string): Promise<string> {
    if (message !== 'incorrect header check') return message
    const [first, second] = await buffer(createReadStream(path, { end: 1 }))
    return first === 0x1f && second === 0x8b ? 'data that is not gzip follows it' : 'it is not gzip'
}

function isDiskError(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).syscall !== undefined
}
