/** RFC 3986's unreserved characters and the slash: what a canonical path holds unencoded. */
const plainPath = /^[\w.~\/-]*$/

const hexDigits = '0123456789ABCDEF'

/** The percent-encoded form of each byte, made when a byte is met first. */
const encodedBytes: string[] = []

/**
 * Whether the text is its own canonical path. Most keys are, and the test costs a fraction of encoding them.
 */
export function isPlainPath(text: string): boolean {
    return plainPath.test(text)
}

/**
 * The canonical path of a key: unreserved characters and `/` as they are, every other byte as upper-case `%XX`. The
 * same text is sent and signed, so no server can see another key than the signature names.
 *
 * @param bytes the key as stored; not its text, which cannot carry a byte that is no UTF-8
 * @see AWS, "Signature Version 4 signing process", UriEncode; RFC 3986, section 2.3
 */
export function encodePath(bytes: Uint8Array): string {
    let path = ''
    for (let index = 0; index < bytes.length; index++) {
        const byte = bytes[index]!
        path += encodedBytes[byte] || (encodedBytes[byte] = encodeByte(byte))
    }
    return path
}

function encodeByte(byte: number): string {
    const character = String.fromCharCode(byte)
    return byte < 0x80 && plainPath.test(character) ? character : '%' + hexDigits[byte >> 4] + hexDigits[byte & 15]
}
