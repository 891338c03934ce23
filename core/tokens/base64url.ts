// RFC 4648, section 5, without padding, as RFC 7515 uses it. Exact: each sequence of bytes has one text, so that a token cannot
// be written in two ways.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** @returns undefined for padding, another character, an impossible length, or bits behind the last byte */
export function decodeBase64url(text: string): Uint8Array | undefined {
    const rest = text.length % 4
    if (rest === 1) return undefined
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
    let bits = 0
    let count = 0
    let filled = 0
    for (let index = 0; index < text.length; index++) {
        const value = valueOf(text.charCodeAt(index))
        if (value < 0) return undefined
        bits = ((bits << 6) | value) & 0xffff
        count += 6
        if (count >= 8) {
            count -= 8
            bytes[filled++] = (bits >> count) & 0xff
        }
    }
    return (bits & ((1 << count) - 1)) === 0 ? bytes : undefined
}

function valueOf(code: number): number {
    if (code >= 65 && code <= 90) return code - 65
    if (code >= 97 && code <= 122) return code - 71
    if (code >= 48 && code <= 57) return code + 4
    if (code === 45) return 62
    return code === 95 ? 63 : -1
}

/** The reverse of `decodeBase64url`. */
export function encodeBase64url(bytes: Uint8Array): string {
    let text = ''
    for (let index = 0; index < bytes.length; index += 3) {
        const three = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
        const wanted = Math.min(4, Math.ceil(((bytes.length - index) * 4) / 3))
        for (let place = 0; place < wanted; place++) text += alphabet.charAt((three >> (18 - 6 * place)) & 63)
    }
    return text
}
