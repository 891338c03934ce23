import { S3Error } from './errors.js'

/** Reads lines and counted bytes from a stream of chunks, without keeping more than a chunk and a line. */
export class ByteReader {
    readonly #source: AsyncIterator<Buffer>
    #rest: Buffer = Buffer.alloc(0)

    constructor(source: AsyncIterable<Buffer>) {
        this.#source = source[Symbol.asyncIterator]()
    }

    /**
     * The next line, without its CRLF, one character a byte.
     * @param limit the most bytes that a line may have
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

    /** The next `count` bytes, in the pieces that they come in. @throws S3Error IncompleteBody */
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

    /** Reads up to the stream's end. @throws S3Error InvalidRequest when there is anything left */
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

/** The error for a body that ends early, or is not as long as it was said to be. */
export function incompleteBody(): S3Error {
    return new S3Error(
        'IncompleteBody',
        'You did not provide the number of bytes specified by the Content-Length HTTP header',
    )
}
