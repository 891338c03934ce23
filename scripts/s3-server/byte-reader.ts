import { S3Error } from './errors.js'

/** Reads lines and counted bytes from a stream of chunks. Buffers at most a chunk and a line. */
export class ByteReader {
    readonly #source: AsyncIterator<Buffer>
    #rest: Buffer = Buffer.alloc(0)

    constructor(source: AsyncIterable<Buffer>) {
        this.#source = source[Symbol.asyncIterator]()
    }

    /**
     * The next line, without its CRLF, one character per byte.
     * @param limit maximum length of a line, in bytes
     * @throws S3Error IncompleteBody when the stream ends first, InvalidRequest when the line is too long
     */
    async line(limit: number): Promise<string> {
        let end = this.#rest.indexOf('\r\n')
        while (end < 0) {
            if (this.#rest.length > limit) throw new S3Error('InvalidRequest', 'A line of the body is too long')
            this.#rest = Buffer.concat([this.#rest, await this.#next()])
            end = this.#rest.indexOf('\r\n')
        }
        const line = this.#rest.toString('latin1', 0, end)
        this.#rest = this.#rest.subarray(end + 2)
        return line
    }

    /** The next `count` bytes, in pieces as they arrive. @throws S3Error IncompleteBody */
    async *take(count: number): AsyncGenerator<Buffer> {
        let missing = count
        while (missing > 0) {
            if (this.#rest.length === 0) this.#rest = await this.#next()
            const piece = this.#rest.subarray(0, missing)
            this.#rest = this.#rest.subarray(piece.length)
            missing -= piece.length
            yield piece
        }
    }

    /** Checks that the stream ends here. @throws S3Error InvalidRequest when more bytes follow */
    async end(): Promise<void> {
        if (this.#rest.length > 0 || (await this.#source.next()).done !== true) {
            throw new S3Error('InvalidRequest', 'The body goes on after its last chunk')
        }
    }

    async #next(): Promise<Buffer> {
        const { done, value } = await this.#source.next()
        if (done === true) throw incompleteBody()
        return value
    }
}

/** The error for a body that ends early, or whose length differs from Content-Length. */
export function incompleteBody(): S3Error {
    return new S3Error(
        'IncompleteBody',
        'You did not provide the number of bytes specified by the Content-Length HTTP header',
    )
}
