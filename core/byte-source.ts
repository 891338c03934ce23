/** The bytes of a file, or of a part of one, that is read in pieces. Reading is synchronous: from the page cache. */
export interface ByteSource {
    /** Bytes. */
    readonly size: number
    /** Reads exactly `length` bytes into the start of `target`. @throws Error if they are not inside the source */
    readInto(target: Uint8Array, offset: number, length: number): void
}

/** Functions that Node.js and nginx implement differently. */
export interface Engine {
    /** The position of the first occurrence of `wanted`, at `from` or later, or -1. */
    indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number
    /** Zeroed bytes, of the kind that `indexOf` searches without a copy. */
    allocate(size: number): Uint8Array
    /** Called between slices of long work: lets other requests of the worker run. */
    pause(): Promise<void>
}

/** Reads a piece into new memory. njs frees it at the end of the request only: for small pieces, or once. */
export function readBytes(source: ByteSource, engine: Engine, offset: number, length: number): Uint8Array {
    const bytes = engine.allocate(length)
    source.readInto(bytes, offset, length)
    return bytes
}

/** A part of a source. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
    return {
        size,
        readInto(target, offset, length) {
            if (offset < 0 || offset + length > size) throw new RangeError('a read outside a part of a file')
            source.readInto(target, start + offset, length)
        },
    }
}
