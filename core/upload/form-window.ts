import type { ByteSource, Engine } from '../byte-source.js'

/** Bytes. Searching it takes 2 to 4 ms in njs, which is the longest wait of other requests. */
const windowSize = 1024 * 1024

/** Searches a body in slices. The memory is that of one slice: njs frees none before the request ends. */
export class FormWindow {
    private readonly buffer: Uint8Array
    private start = 0
    private filled = 0

    constructor(
        private readonly body: ByteSource,
        private readonly engine: Engine,
    ) {
        this.buffer = engine.allocate(Math.min(windowSize, Math.max(1, body.size)))
    }

    /** Up to `length` bytes: fewer at the end of the body. Valid until the next call. */
    bytes(offset: number, length: number): Uint8Array {
        const end = Math.min(offset + length, this.body.size)
        if (offset < this.start || end > this.start + this.filled) this.move(offset)
        return this.buffer.subarray(offset - this.start, Math.max(offset, end) - this.start)
    }

    /**
     * Finds the first occurrence of `wanted` at `from` or later, and before `limit`.
     *
     * @param onBytes called with the bytes before it, in slices that are valid until it returns
     * @returns its position; undefined if there is none
     */
    async find(
        wanted: Uint8Array,
        from: number,
        limit: number,
        onBytes: (bytes: Uint8Array) => void = () => {},
    ): Promise<number | undefined> {
        for (let at = from; at < limit;) {
            const view = this.bytes(at, Math.max(0, this.start + this.filled - at) || wanted.length)
            const found = this.engine.indexOf(view, wanted, 0)
            if (found >= 0) {
                if (at + found >= limit) return undefined
                onBytes(view.subarray(0, found))
                return at + found
            }
            if (at + view.length >= this.body.size) return undefined
            // The occurrence may begin in the last bytes of this slice.
            const passed = Math.max(0, view.length - (wanted.length - 1))
            if (passed > 0) onBytes(view.subarray(0, passed))
            at += passed
            this.move(at)
            await this.engine.pause()
        }
        return undefined
    }

    private move(offset: number): void {
        this.start = offset
        this.filled = Math.min(this.buffer.length, Math.max(0, this.body.size - offset))
        this.body.readInto(this.buffer, offset, this.filled)
    }
}
