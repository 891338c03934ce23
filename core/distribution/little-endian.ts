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

export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
    return one.length === other.length && areEqualAt(one, 0, other, 0, one.length)
}

/** Whether `length` bytes of both are equal. */
export function areEqualAt(
    one: Uint8Array,
    oneAt: number,
    other: Uint8Array,
    otherAt: number,
    length: number,
): boolean {
    for (let at = 0; at < length; at++) if (one[oneAt + at] !== other[otherAt + at]) return false
    return true
}
