import type { ByteTools } from '../../../core/public/byte-tools.js'
import { decodeUtf8 } from '../../../core/utf8.js'

/** The functions on bytes that core/public/ needs, in Node.js. */
export const nodeTools: ByteTools = {
    indexOf: (bytes, byte, from) => bytes.indexOf(byte, from),
    areEqual: (one, oneAt, other, otherAt, length) =>
        Buffer.compare(one.subarray(oneAt, oneAt + length), other.subarray(otherAt, otherAt + length)) === 0,
    strictText: (bytes, from, to) => decodeUtf8(bytes.subarray(from, to)),
    text: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
    allocate: (size) => new Uint8Array(size),
}
