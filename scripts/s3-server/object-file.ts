import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** Metadata of an object. */
export interface ObjectMetadata {
    readonly key: string
    /** Bytes. */
    readonly size: number
    /** Without quotes. */
    readonly etag: string
    /** Milliseconds since 1970, a whole second. */
    readonly lastModified: number
    /** Content-Type, similar headers and `x-amz-meta-…`, by lower-case name. */
    readonly headers: Readonly<Record<string, string>>
    /** `x-amz-checksum-…` headers that the client sent. */
    readonly checksum: Readonly<Record<string, string>>
}

/*
 * File format of an object: its bytes, its metadata as JSON, the length of the JSON in four bytes, and an eight-byte
 * signature. One file, so that a rename replaces content and metadata atomically. A truncated file lacks the signature.
 */
const mark = Buffer.from('s3object')
const footerBytes = 4 + mark.length

/** Rounds down to seconds: HTTP dates have no fractions, so a client could not send the stored time back. */
export function wholeSecond(time: number): number {
    return Math.floor(time / 1000) * 1000
}

/**
 * Writes a new object file.
 * @param describe returns the metadata after the content was read
 * @throws any error of the content or of `describe`; the file is then left incomplete
 */
export async function writeObjectFile(
    path: string,
    content: AsyncIterable<Buffer>,
    describe: () => ObjectMetadata,
): Promise<ObjectMetadata> {
    const file = await open(path, 'wx')
    try {
        await writeFile(file, content)
        const metadata = describe()
        const json = Buffer.from(JSON.stringify(metadata))
        const length = Buffer.alloc(4)
        length.writeUInt32BE(json.length)
        await file.writeFile(Buffer.concat([json, length, mark]))
        return metadata
    } finally {
        await file.close()
    }
}

/** The metadata of a file; undefined if the file is not a complete object. */
export function readMetadata(path: string): ObjectMetadata | undefined {
    const file = openSync(path, 'r')
    try {
        const { size } = fstatSync(file)
        const footer = Buffer.alloc(footerBytes)
        if (size < footerBytes) return undefined
        readSync(file, footer, 0, footerBytes, size - footerBytes)
        if (!footer.subarray(4).equals(mark)) return undefined
        const json = Buffer.alloc(footer.readUInt32BE())
        readSync(file, json, 0, json.length, size - footerBytes - json.length)
        return JSON.parse(json.toString('utf8')) as ObjectMetadata
    } finally {
        closeSync(file)
    }
}

/**
 * Opens a byte range of an object. Opens the file before it returns, so a later replacement has no effect.
 * @param first the first byte's offset @param last the last byte's; `first - 1` for none
 */
export function readContent(path: string, first: number, last: number): Readable {
    // Node's `end` is inclusive and cannot say "nothing".
    if (last < first) return Readable.from([])
    return createReadStream('', { fd: openSync(path, 'r'), start: first, end: last, highWaterMark: 256 * 1024 })
}
