import type { Engine } from '../../core/byte-source.js'

/** njs for core/. */
export const njsEngine: Engine = {
    indexOf: (bytes, wanted, from) => asBuffer(bytes).indexOf(asBuffer(wanted) as unknown as string, from),
    allocate: (size) => Buffer.alloc(size),
    // Not 0: nginx runs such a timer in the same pass, before it looks at any connection.
    pause: () => new Promise((resolve) => setTimeout(resolve, 1)),
}

/** The same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
    return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}

export function decodeBase64(text: string): Uint8Array {
    return Buffer.from(text, 'base64')
}
