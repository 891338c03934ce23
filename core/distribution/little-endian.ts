/** The numbers of zip records. */

export function uint16(bytes: Uint8Array, at: number): number {
    return bytes[at]! | (bytes[at + 1]! << 8)
}

export function uint32(bytes: Uint8Array, at: number): number {
    return (uint16(bytes, at) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

/** Above 2**53 not exact, and larger than any file. */
export function uint64(bytes: Uint8Array, at: number): number {
    return uint32(bytes, at) + uint32(bytes, at + 4) * 2 ** 32
}

/** Four bytes. */
export function littleEndian(value: number): number[] {
    return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}
