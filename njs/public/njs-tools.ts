import type { ByteTools } from '../../core/public/byte-tools.js'
import { decodeUtf8 } from '../../core/utf8.js'

/** Buffer's functions as njs has them. */
interface NjsBuffer {
    indexOf(byte: number, from: number): number
    compare(other: Uint8Array, otherFrom: number, otherTo: number, from: number, to: number): number
    toString(encoding: string, from: number, to: number): string
}

/** njs for core/public/, whose arrays are Buffers here. */
export const njsTools: ByteTools = {
    indexOf: (bytes, byte, from) => (bytes as unknown as NjsBuffer).indexOf(byte, from),
    areEqual: (one, oneAt, other, otherAt, length) =>
        (one as unknown as NjsBuffer).compare(other, otherAt, otherAt + length, oneAt, oneAt + length) === 0,
    strictText: (bytes, from, to) => decodeUtf8(bytes.subarray(from, to)),
    text: (bytes, from, to) => (bytes as unknown as NjsBuffer).toString('utf8', from, to),
    allocate: (size) => Buffer.alloc(size),
}
