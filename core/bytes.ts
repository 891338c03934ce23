/** Comparisons of bytes, which njs makes without copies. */

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
