import type { FileHandle } from 'node:fs/promises'

/** How much is read at once. Bytes. */
const windowSize = 64 * 1024

/** Reads a file from its beginning to its end in small pieces, of which most are in memory already. */
export class FileWindow {
    #start = 0
    #bytes: Buffer = Buffer.alloc(0)

    /**
     * @param end nothing behind it is read
     * @param tooShort makes the error for bytes that are not there
     */
    constructor(
        private readonly handle: FileHandle,
        private readonly end: number,
        private readonly tooShort: () => Error,
    ) {}

    /** These bytes; a promise only where they have to be read. They are good until the next call. */
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

/** Exactly these bytes of a file. @param tooShort makes the error for bytes that are not there */
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
