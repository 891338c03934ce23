import type { Engine } from '../byte-source.js'
import { crc32 } from './crc32.js'
import { littleEndian, uint32 } from './little-endian.js'

// For njs, whose zlib has deflate and inflate only. @see RFC 1952

const headerSize = 10
const trailerSize = 8

/** Puts deflated data into gzip. @param page the data before */
export async function gzipMember(page: Uint8Array, deflated: Uint8Array, engine: Engine): Promise<Uint8Array> {
    const crc = await crc32(page, engine)
    const result = engine.allocate(headerSize + deflated.length + trailerSize)
    // Deflate, no flags, no time, an unknown system.
    result.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
    result.set(deflated, headerSize)
    result.set(littleEndian(crc), headerSize + deflated.length)
    result.set(littleEndian(page.length), headerSize + deflated.length + 4)
    return result
}

/**
 * The deflated data in gzip, and the size that it claims to have when inflated. The checksum is not compared: S3
 * detects damage, and it would cost more than inflating.
 *
 * @returns undefined unless it is one member without extra fields, as this program and Node.js write it
 */
export function gzipContent(bytes: Uint8Array): { deflated: Uint8Array; size: number } | undefined {
    const isPlain = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8 && bytes[3] === 0
    if (!isPlain || bytes.length < headerSize + trailerSize) return undefined
    const end = bytes.length - trailerSize
    return { deflated: bytes.subarray(headerSize, end), size: uint32(bytes, end + 4) }
}
