import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { UserError } from '../cli/user-error.js'
import { refusal } from './core-metadata.js'
import { maxMetadataSize } from './wheel.js'

/**
 * Reads the PKG-INFO of an sdist, and the whole archive on the way, so that a broken one is found here.
 *
 * @param path of a local .tar.gz
 * @param file its name, for the message
 * @throws UserError for what is no whole archive, has a member that leads out of its folder, or has no PKG-INFO
 * @see PEP 625; "Source distribution format"
 */
export async function readSdist(path: string, file: string): Promise<Buffer> {
    const found: Buffer[] = []
    const archive = extract()
    const readMembers = async () => {
        for await (const entry of archive) {
            const name = memberName(entry.header, file)
            const isMetadata = entry.header.type === 'file' && /^[^/]+\/PKG-INFO$/.test(name)
            if (isMetadata && entry.header.size! > maxMetadataSize) {
                throw refusal(file, `${name} has ${entry.header.size} bytes, which no metadata has`)
            }
            const chunks: Buffer[] = []
            for await (const chunk of entry) if (isMetadata) chunks.push(chunk as Buffer)
            if (isMetadata) found.push(Buffer.concat(chunks))
        }
    }
    try {
        await Promise.all([pipeline(createReadStream(path), createGunzip(), archive), readMembers()])
    } catch (error) {
        if (isDiskError(error) || error instanceof UserError) throw error
        throw refusal(file, `it is not a whole .tar.gz archive (${(error as Error).message})`)
    }
    if (found.length !== 1) throw refusal(file, `it has ${found.length} NAME-VERSION/PKG-INFO, not one`)
    return found[0]!
}

/** The path of a member inside the archive. Neither it nor the target of a link may lead out of the top folder. */
function memberName(header: Header, file: string): string {
    const name = header.name.replace(/^(?:\.\/)+/, '')
    const targets = [name]
    if (header.type === 'symlink') targets.push(posix.join(posix.dirname(name), header.linkname ?? ''))
    if (header.type === 'link') targets.push(header.linkname ?? '')
    const leadsOut = (path: string) =>
        path.startsWith('/') || path.includes('\\') || posix.normalize(path).startsWith('../')
    const isAbsoluteLink = header.linkname?.startsWith('/') ?? false
    if (targets.some(leadsOut) || isAbsoluteLink || name.split('/').includes('..')) {
        throw refusal(file, `its member ${JSON.stringify(header.name)} leads out of the archive`)
    }
    return name
}

function isDiskError(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).syscall !== undefined
}
