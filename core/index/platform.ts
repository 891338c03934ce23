import type { Engine } from '../byte-source.js'

/** Functions for pages that Node.js and nginx implement differently. */
export interface IndexPlatform extends Engine {
    areEqual(one: Uint8Array, other: Uint8Array): boolean
    /** False if pages are stored as they are: njs before 0.7.12 has no zlib. */
    compresses: boolean
    /** Compresses to gzip, if the platform can. */
    compress(page: Uint8Array): Promise<Uint8Array>
    /** Undefined if the bytes are damaged or too many. */
    decompress(body: Uint8Array): Promise<Uint8Array | undefined>
    /** @param milliseconds may be a fraction */
    sleep(milliseconds: number): Promise<void>
}
