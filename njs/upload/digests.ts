import crypto from 'crypto'
import { type ByteSource, type Engine } from '../../core/byte-source.js'
import { asBuffer, njsEngine } from './engine.js'

/** Digests of bodies in memory, hex. */
export interface Digests {
    sha256: (body: Uint8Array) => Promise<string>
    md5: (body: Uint8Array) => string
}

/** Bytes: 3 ms of SHA-256 before njs 0.9. */
const sliceSize = 1024 * 1024

/** Digests of bodies in memory. */
export const digests: Digests = {
    // WebCrypto uses OpenSSL, which is five times faster than njs's own before 0.9.
    sha256: async (body) => {
        // After the MD5 of a large page: other requests run between both.
        if (body.length > sliceSize) await njsEngine.pause()
        const { subtle } = (globalThis as unknown as { crypto: Crypto }).crypto
        const digest = await subtle.digest('SHA-256', asBuffer(body))
        if (body.length > sliceSize) await njsEngine.pause()
        return Buffer.from(digest).toString('hex')
    },
    md5: (body) => crypto.createHash('md5').update(asBuffer(body)).digest('hex'),
}

interface Crypto {
    subtle: { digest(name: string, data: Uint8Array): Promise<ArrayBuffer> }
}

/** Digest of a file in slices, between which other requests run. @returns hex */
export async function digestOf(
    name: 'sha256' | 'md5',
    source: ByteSource,
    engine: Pick<Engine, 'allocate' | 'pause'>,
): Promise<string> {
    const hash = crypto.createHash(name)
    const slice = engine.allocate(Math.min(sliceSize, source.size))
    for (let position = 0; position < source.size; position += slice.length) {
        const length = Math.min(slice.length, source.size - position)
        source.readInto(slice, position, length)
        hash.update(asBuffer(length === slice.length ? slice : slice.subarray(0, length)))
        await engine.pause()
    }
    return hash.digest('hex')
}
