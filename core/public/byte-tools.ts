/** Functions on bytes that Node.js and nginx implement differently. All run in native code. */
export interface ByteTools {
    /** The position of a byte at `from` or later, or -1. */
    indexOf(bytes: Uint8Array, byte: number, from: number): number
    /** Whether bytes of one array are those of another, which may be the same array. Both ranges are inside their arrays. */
    areEqual(one: Uint8Array, oneAt: number, other: Uint8Array, otherAt: number, length: number): boolean
    /** Decodes a range; undefined unless it is valid UTF-8. */
    strictText(bytes: Uint8Array, from: number, to: number): string | undefined
    /** Decodes a range. Bytes that are not UTF-8 become U+FFFD. */
    text(bytes: Uint8Array, from: number, to: number): string
    allocate(size: number): Uint8Array
}
