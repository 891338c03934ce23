import type { Engine } from '../../core/byte-source.js'
import { crc32 } from '../../core/distribution/crc32.js'
import { inflateRaw } from '../../core/distribution/inflate.js'
import { asBuffer } from './body-source.js'

/** Compresses a page. */
export type Gzip = (page: Buffer) => Buffer

/** Larger than any page that njs could edit. Bytes. */
const maxPage = 64 * 1024 * 1024

/** A gzip member. @param deflateRaw of zlib @see RFC 1952, 2.3 */
export function gzipOf(page: Buffer, deflateRaw: (page: Buffer) => Buffer): Buffer {
    const trailer = Buffer.alloc(8)
    trailer.writeUInt32LE(crc32(page) >>> 0, 0)
    trailer.writeUInt32LE(page.length, 4)
    return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), deflateRaw(page), trailer])
}

/** The bytes of a stored page, compressed or not. @throws Error if they are damaged or too many */
export async function gunzip(stored: Buffer, engine: Engine): Promise<Buffer> {
    if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored
    const broken = (what: string) => new Error(`a page is compressed and ${what}`)
    const size = stored.readUInt32LE(stored.length - 4)
    if (stored[3] !== 0 || size > maxPage) throw broken('cannot be decompressed')
    return asBuffer(await inflateRaw(stored.subarray(10, stored.length - 8), size, engine, broken as never))
}
