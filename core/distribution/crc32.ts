import type { Engine } from '../byte-source.js'

/** In njs, about 4 ms. Bytes. */
const slice = 32 * 1024

let table: number[] | undefined

/** The CRC-32 of zip and gzip, for njs: computed in slices. @see ISO 3309 */
export async function crc32(bytes: Uint8Array, engine: Engine): Promise<number> {
    let crc = 0
    for (let at = 0; at < bytes.length; at += slice) {
        if (at > 0) await engine.pause()
        crc = continued(crc, bytes, at, Math.min(at + slice, bytes.length))
    }
    return crc
}

function continued(before: number, bytes: Uint8Array, from: number, to: number): number {
    table ??= Array.from(new Uint8Array(256), (_zero, byte) => remainder(byte))
    let crc = ~before
    for (let at = from; at < to; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!
    return ~crc >>> 0
}

function remainder(byte: number): number {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
}
