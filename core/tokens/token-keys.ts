import { encodeBase64url } from './base64url.js'
import { encodeUtf8 } from '../utf8.js'

/** A key that signs the tokens of the index. */
export interface TokenKey {
    /** Derived from the key, so that tokens say which one signed them. */
    id: string
    bytes: Uint8Array
}

/** The variable of nginx's environment that holds the keys, with `--token-keys env`. */
export const tokenKeysVariable = 'PYPI_TOKEN_KEYS'

/** HMAC-SHA-256. */
export type Hmac = (key: Uint8Array, text: string) => Uint8Array

const maxKeys = 8

/** 256 bits in base64, base64url or hex, or more. */
const keyPattern = /^[A-Za-z0-9+\/_-]{43,512}={0,2}$/

/**
 * Reads the keys: one a line, or separated by spaces; `#` begins a comment. The first one signs, all verify, so that a new key is
 * put first and the old one stays until its tokens have expired.
 *
 * @param source file or variable, for messages
 * @throws Error that names the source and the cure, and no key
 */
export function parseTokenKeys(text: string, source: string, hmac: Hmac): [TokenKey, ...TokenKey[]] {
    const cure = 'make a key with: openssl rand -base64 32'
    // Some editors write a byte order mark.
    const lines = text
        .replace(/^\ufeff/, '')
        .split('\n')
        .map((line) => line.replace(/#.*$/, ''))
    const words = lines.join(' ').split(/\s+/).filter(Boolean)
    if (words.length === 0) throw new Error(`${source} has no key: ${cure}`)
    if (words.length > maxKeys) throw new Error(`${source} has more than ${maxKeys} keys: remove the old ones`)
    const keys = words.map((word, index) => {
        const which = `key ${index + 1} of ${source}`
        if (/[^A-Za-z0-9+\/_=-]/.test(word)) throw new Error(`${which} has a character that is not base64: ${cure}`)
        if (!keyPattern.test(word)) throw new Error(`${which} is not 256 bits or more in base64: ${cure}`)
        if (distinct(word) < 12) throw new Error(`${which} is not random: ${cure}`)
        const bytes = encodeUtf8(word)
        return { id: encodeBase64url(hmac(bytes, 'key id')).slice(0, 8), bytes }
    })
    const isTwice = keys.some(({ id }, index) => keys.filter((other) => other.id === id)[0] !== keys[index])
    if (isTwice) throw new Error(`${source} has a key twice: remove one of them`)
    return keys as [TokenKey, ...TokenKey[]]
}

/** Whether a signature is that of a text. Takes a time that does not depend on where they differ. */
export function hasSignature({ bytes }: TokenKey, text: string, signature: Uint8Array, hmac: Hmac): boolean {
    const expected = hmac(bytes, text)
    if (expected.length !== signature.length) return false
    let difference = 0
    for (let index = 0; index < expected.length; index++) difference |= expected[index]! ^ signature[index]!
    return difference === 0
}

function distinct(text: string): number {
    return text.split('').filter((character, index) => text.indexOf(character) === index).length
}
