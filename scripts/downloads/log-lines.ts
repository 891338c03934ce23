import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UsageError, UserError } from '../../core/user-error.js'

/** nginx's longest line: 32 KB of headers, each byte escaped with six. */
const longestLine = 1024 * 1024

/** Compression that Node.js 20 cannot undo, by the first bytes. */
const otherCompressions: [program: string, bytes: number[]][] = [
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58]],
    ['bzip2', [0x42, 0x5a, 0x68]],
]

/** The size of a log file. @throws UsageError if it cannot be read */
export async function sizeOf(name: string): Promise<number> {
    if (name === '-') return 0
    const found = await stat(name).catch((error: NodeJS.ErrnoException) => error)
    if (found instanceof Error) {
        throw new UsageError(`${name}: ${found.code === 'ENOENT' ? 'there is no such file' : found.message}`)
    }
    if (found.isDirectory()) throw new UsageError(`${name} is a folder`, `Name its files: ${name}/access.log*`)
    return found.size
}

/**
 * Reads the whole lines of a log in pieces: constant memory for logs of any size.
 *
 * @param name a file, plain or compressed by gzip, or `-` for the standard input
 * @param onBytes called with the number of bytes read, before decompression
 * @returns the number of bytes of an incomplete last line
 * @throws UserError if it cannot be read, is cut off, or is no text
 */
export async function* logLines(name: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer, number> {
    const chunks = decompressed(
        name,
        name === '-' ? process.stdin : createReadStream(name, { highWaterMark: 1 << 20 }),
        onBytes,
    )
    let rest: Buffer = Buffer.alloc(0)
    try {
        for await (const chunk of chunks) {
            const feed = chunk.lastIndexOf(0x0a)
            if (feed < 0) {
                rest = Buffer.concat([rest, chunk])
                if (rest.length > longestLine) throw noLog(name)
                continue
            }
            const end = chunk.subarray(0, feed + 1)
            yield rest.length === 0 ? end : Buffer.concat([rest, end])
            rest = chunk.subarray(feed + 1)
        }
    } catch (error) {
        throw explained(name, error as NodeJS.ErrnoException)
    }
    return rest.length
}

async function* decompressed(
    name: string,
    source: AsyncIterable<Buffer>,
    onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
    const counted = async function* () {
        for await (const chunk of source) {
            onBytes(chunk.length)
            yield chunk
        }
    }
    const chunks = counted()
    let first: Buffer = Buffer.alloc(0)
    while (first.length < 4) {
        const next = await chunks.next()
        if (next.done) break
        first = Buffer.concat([first, next.value])
    }
    const whole = async function* () {
        if (first.length > 0) yield first
        yield* chunks
    }
    if (first[0] === 0x1f && first[1] === 0x8b) {
        const gunzip = createGunzip({ chunkSize: 1 << 18 })
        // The error of a damaged file is that of reading the result.
        pipeline(Readable.from(whole()), gunzip, () => {})
        yield* gunzip
        return
    }
    const other = otherCompressions.find(([, bytes]) => bytes.every((byte, at) => first[at] === byte))
    if (other !== undefined) {
        throw new UserError(`${name} is compressed by ${other[0]}`, `${other[0]} -dc FILE | manage-index downloads -`)
    }
    yield* whole()
}

function noLog(name: string): UserError {
    return new UserError(`${name} is no log: a line has more than 1 MB`, 'Name access logs of nginx: access.log*')
}

function explained(name: string, error: NodeJS.ErrnoException): Error {
    if (error instanceof UserError) return error
    if (error.code === 'Z_BUF_ERROR') {
        return new UserError(`${name} ends in the middle of its compressed data`, 'Copy it again, or leave it out.')
    }
    if (error.code?.startsWith('Z_'))
        return new UserError(`${name} is damaged: ${error.message}`, 'Copy it again, or leave it out.')
    return new UserError(`${name} cannot be read: ${error.message}`)
}
