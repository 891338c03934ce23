import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { UserError } from '../cli/user-error.js'
import { quoted, refusal } from './refusal.js'
import { findPkgInfo, maxMetadataSize } from './pkg-info.js'
import { withZip } from './zip-archive.js'
import { maxMembers } from './zip-directory.js'

/** What an sdist holds. */
export interface SdistContent {
    /** The PKG-INFO file, as it is. */
    metadata: Buffer
    /** What PyPI would refuse, and pip and uv install. */
    oddities: string[]
}

/** An sdist may unpack to this many bytes, or this many times its size, and never to more than the last. */
const plainSize = 256 * 1024 * 1024
const maxRatio = 100
const maxUnpacked = 16 * 1024 * 1024 * 1024

/**
 * Reads the PKG-INFO of an sdist, and the whole archive on the way, so that a broken one is found here.
 *
 * @param path of a local .tar.gz
 * @param file its name, for the message
 * @throws UserError for what is no whole archive, has a member that leads out of its folder, or has no PKG-INFO
 * @see PEP 625; "Source distribution format"
 */
export async function readSdist(path: string, file: string): Promise<SdistContent> {
    const names: string[] = []
    const found = new Map<string, Buffer>()
    const archive = extract()
    let problem: UserError | undefined
    const readMembers = async () => {
        for await (const entry of archive) {
            const name = memberName(entry.header, file)
            if (names.push(name) > maxMembers) throw refusal(file, `it has more than ${maxMembers} members`)
            if (entry.header.type === 'file' && isCandidate(name, found)) {
                if (found.has(name)) throw refusal(file, `it has two members ${quoted(name)}`)
                found.set(name, await content(entry, entry.header.size ?? 0, name, file))
            }
            entry.resume()
        }
    }
    try {
        const { size } = await stat(path)
        const reading = readMembers().catch((error: unknown) => {
            if (error instanceof UserError) problem ??= error
            archive.destroy(error as Error)
            throw error
        })
        const unpacking = pipeline(createReadStream(path), createGunzip(), bounded(size, file), archive)
        await Promise.all([unpacking, reading])
    } catch (error) {
        if (problem) throw problem
        if (isDiskError(error) || error instanceof UserError) throw error
        throw refusal(file, `it is not a whole .tar.gz archive (${(error as Error).message})`)
    }
    const { path: pkgInfo, oddities } = findPkgInfo(names, file)
    const metadata = found.get(pkgInfo)
    if (metadata === undefined) throw refusal(file, `its member ${quoted(pkgInfo)} is no file`)
    return { metadata, oddities }
}

/** The PKG-INFO of the only top folder, or the one outside of folders; of others nothing is kept. */
function isCandidate(name: string, found: ReadonlyMap<string, Buffer>): boolean {
    if (name === 'PKG-INFO' || found.has(name)) return true
    return /^[^/]+\/PKG-INFO$/.test(name) && ![...found.keys()].some((other) => other.includes('/'))
}

async function content(entry: AsyncIterable<unknown>, size: number, name: string, file: string): Promise<Buffer> {
    if (size > maxMetadataSize) {
        throw refusal(file, `its member ${quoted(name)} has ${size} bytes, which no metadata has`)
    }
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
}

/** Lets through what is unpacked until it is too much. @param size of the .tar.gz, bytes */
function bounded(size: number, file: string): Transform {
    const limit = Math.min(maxUnpacked, Math.max(plainSize, maxRatio * size))
    let unpacked = 0
    return new Transform({
        transform(chunk: Buffer, _encoding, done) {
            unpacked += chunk.length
            if (unpacked <= limit) return done(null, chunk)
            done(refusal(file, `it unpacks to more than ${limit} bytes, as decompression bombs do`))
        },
    })
}

/** What pip and uv unpack. */
const kinds: (string | null)[] = ['file', 'contiguous-file', 'directory', 'symlink', 'link']

/** The path of a member inside the archive. Neither it nor the target of a link may lead out of the archive. */
function memberName(header: Header, file: string): string {
    const name = header.name.replace(/^(?:\.\/)+/, '')
    const of = `its member ${quoted(header.name)}`
    if (!kinds.includes(header.type ?? null)) throw refusal(file, `${of} is neither a file nor a folder nor a link`)
    if (Object.keys((header as { pax?: object | null }).pax ?? {}).some((key) => key.startsWith('GNU.sparse.')))
        throw refusal(file, `${of} is sparse`)
    const targets = [name]
    if (header.type === 'symlink') targets.push(posix.join(posix.dirname(name), header.linkname ?? ''))
    if (header.type === 'link') targets.push(header.linkname ?? '')
    const leadsOut = (path: string) =>
        path.startsWith('/') || path.includes('\\') || /^\.\.(?:\/|$)/.test(posix.normalize(path))
    const isAbsoluteLink = header.linkname?.startsWith('/') ?? false
    if (targets.some(leadsOut) || isAbsoluteLink || name.split('/').includes('..')) {
        throw refusal(file, `${of} leads out of the archive`)
    }
    return name
}

/** Reads the PKG-INFO of an sdist that is a zip archive, as old ones are. Throws as `readSdist` does. */
export async function readZippedSdist(path: string, file: string): Promise<SdistContent> {
    return withZip(path, file, async ({ members, oddities, read }) => {
        const pkgInfo = findPkgInfo(
            members.map(({ name }) => name),
            file,
        )
        const member = members.find(({ name }) => name === pkgInfo.path)!
        return { metadata: await read(member, maxMetadataSize), oddities: [...oddities, ...pkgInfo.oddities] }
    })
}

function isDiskError(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).syscall !== undefined
}
