import type { ByteSource, Engine } from '../byte-source.js'

/** Reads small pieces of a file in ascending order; most reads come from a buffer, which is used again and again. */
export class SourceWindow {
    /** Valid until the next call. */
    buffer: Uint8Array
    private start = 0
    private filled = 0

    /**
     * @param size of one read, in bytes
     * @param end offset at which reading stops
     * @param tooShort creates the error for a read past the end
     */
    constructor(
        private readonly source: ByteSource,
        private readonly engine: Engine,
        size: number,
        private readonly end: number,
        private readonly tooShort: () => Error,
    ) {
        this.buffer = engine.allocate(Math.min(size, end))
    }

    /** The bytes at `offset`. Valid until the next call. */
    bytes(offset: number, length: number): Uint8Array {
        const at = this.position(offset, length)
        return this.buffer.subarray(at, at + length)
    }

    /** The position of the same bytes in `buffer`: njs frees no object before the request ends. */
    position(offset: number, length: number): number {
        if (offset < this.start || offset + length > this.start + this.filled) this.move(offset, length)
        return offset - this.start
    }

    private move(offset: number, length: number): void {
        if (offset < 0 || length > this.end - offset) throw this.tooShort()
        if (length > this.buffer.length) this.buffer = this.engine.allocate(length)
        this.start = offset
        this.filled = Math.min(this.buffer.length, this.end - offset)
        this.source.readInto(this.buffer, offset, this.filled)
    }
}
