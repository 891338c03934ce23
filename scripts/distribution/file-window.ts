import type { FileHandle } from 'node:fs/promises'

/** Size of one read. Bytes. */
const windowSize = 64 * 1024

/** Reads small pieces of a file in ascending order; most reads come from a buffer. */
export class FileWindow {
    #start = 0
    #bytes: Buffer = Buffer.alloc(0)

    /**
     * @param end offset at which reading stops
     * @param tooShort creates the error for a read past the end
     */
    constructor(
        private readonly handle: FileHandle,
        private readonly end: number,
        private readonly tooShort: () => Error,
    ) {}

    /** The bytes at `offset`; a promise only if they must be read from disk. Valid until the next call. */
    at(offset: number, length: number): Buffer | Promise<Buffer> {
        const isInside = offset >= this.#start && offset + length <= this.#start + this.#bytes.length
        return isInside
            ? this.#bytes.subarray(offset - this.#start, offset - this.#start + length)
            : this.#move(offset, length)
    }

    async #move(offset: number, length: number): Promise<Buffer> {
        if (length > this.end - offset) throw this.tooShort()
        const count = Math.max(length, Math.min(windowSize, this.end - offset))
        this.#bytes = await readAt(this.handle, offset, count, this.tooShort)
        this.#start = offset
        return this.#bytes.subarray(0, length)
    }
}

/** Reads exactly `length` bytes. @param tooShort creates the error for a read outside the file */
export async function readAt(
    handle: FileHandle,
    offset: number,
    length: number,
    tooShort: () => Error,
): Promise<Buffer> {
    if (offset < 0) throw tooShort()
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
        if (bytesRead === 0) throw tooShort()
        filled += bytesRead
    }
    return bytes
}
