let table: number[] | undefined

/**
 * The CRC-32 of zip and gzip, for njs.
 *
 * @param before the result for the bytes before `from`, to compute it in slices
 * @see ISO 3309
 */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length, before = 0): number {
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
