import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** What is known of an object besides its bytes. */
export interface ObjectMetadata {
    readonly key: string
    /** Bytes. */
    readonly size: number
    /** Without quotes. */
    readonly etag: string
    /** Milliseconds since 1970, a whole second. */
    readonly lastModified: number
    /** Content-Type and its like, and `x-amz-meta-…`, by lower-case name. */
    readonly headers: Readonly<Record<string, string>>
    /** `x-amz-checksum-…` headers that the client sent. */
    readonly checksum: Readonly<Record<string, string>>
}

/*
 * One file holds an object: its bytes, its metadata as JSON, the JSON's length in four bytes, and eight bytes that say
 * that this is such a file. So a rename replaces bytes and metadata at once, and a cut-off file is known as one.
 */
const mark = Buffer.from('s3object')
const footerBytes = 4 + mark.length

/** HTTP dates have no fractions: a stored time that has some would never equal the date that a client sends back. */
export function wholeSecond(time: number): number {
    return Math.floor(time / 1000) * 1000
}

/**
 * Writes a new object file.
 * @param describe gives the metadata when the content was read to its end
 * @throws what reading the content or `describe` throws; the file is then there, and incomplete
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

/** The metadata of a file, or undefined where the file is not a complete object. */
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
 * Opens a part of an object's bytes; the file is open when this returns, so a later replacement does not matter.
 * @param first the first byte's offset @param last the last byte's; `first - 1` for none
 */
export function readContent(path: string, first: number, last: number): Readable {
    // Node's `end` is inclusive and cannot say "nothing".
    if (last < first) return Readable.from([])
    return createReadStream('', { fd: openSync(path, 'r'), start: first, end: last, highWaterMark: 256 * 1024 })
}
