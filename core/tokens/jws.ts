import { decodeUtf8 } from '../utf8.js'
import { decodeBase64url } from './base64url.js'
import { quoted } from './quoted.js'
import { RefusedToken } from './refused-token.js'
import { parseJsonObject, type JsonObject } from './strict-json.js'

/** Characters. Those of GitHub and GitLab have 1,500 to 2,500. */
export const maxTokenLength = 8192

/** Seconds by which two clocks may differ. */
export const clockSkew = 60

/** A signed token, taken apart. Nothing in it can be believed before its signature is verified. */
export interface Jws {
    algorithm: string
    /** May be empty. */
    keyId: string
    /** In lower case; empty if there is none. */
    type: string
    claims: JsonObject
    /** What is signed, in ASCII. */
    signingInput: string
    signature: Uint8Array
}

/** What a header may hold. */
const knownHeaders = ['alg', 'kid', 'typ', 'x5t', 'x5t#S256']

/**
 * Takes a token apart: RFC 7515 in the compact form only, and nothing that a reader could understand in two ways.
 *
 * Parameters that name a key, such as `jwk`, `jku` and `x5c`, or that change the meaning, such as `crit`, are refused: a token
 * must not say how it is verified.
 *
 * @throws RefusedToken
 * @see RFC 8725, "JSON Web Token Best Current Practices"
 */
export function parseJws(token: unknown): Jws {
    const cure = 'Send the token as the CI has issued it.'
    const refuse = (message: string) => new RefusedToken(message, cure)
    if (typeof token !== 'string') throw refuse(`the token is ${quoted(token)}, not a text`)
    if (token === '') throw refuse('the token is empty')
    if (token.length > maxTokenLength) {
        throw refuse(`the token has ${token.length} characters, and at most ${maxTokenLength} are read`)
    }
    const parts = token.split('.')
    if (parts.length !== 3) throw refuse(`the token has ${parts.length} parts between dots instead of 3`)
    const [header, claims] = ['header', 'claims'].map((name, index) => {
        const bytes = parts[index] === '' ? undefined : decodeBase64url(parts[index]!)
        if (bytes === undefined) throw refuse(`the ${name} part of the token is not base64url without padding`)
        const text = decodeUtf8(bytes)
        if (text === undefined) throw refuse(`the ${name} part of the token is not UTF-8`)
        try {
            return parseJsonObject(text)
        } catch (error) {
            throw refuse(`the ${name} part of the token cannot be read: ${(error as Error).message}`)
        }
    }) as [JsonObject, JsonObject]
    const signature = decodeBase64url(parts[2]!)
    if (signature === undefined) throw refuse('the signature part of the token is not base64url without padding')
    const unknown = Object.keys(header).filter((name) => knownHeaders.indexOf(name) < 0)[0]
    if (unknown !== undefined) {
        throw refuse(`the header of the token has ${quoted(unknown)}: only ${knownHeaders.join(', ')} are allowed`)
    }
    const text = (name: string, otherwise: string) => {
        const value = header[name]
        if (value === undefined) return otherwise
        if (typeof value !== 'string')
            throw refuse(`${name} in the header of the token is ${quoted(value)}, not a text`)
        if (value.length > 256) throw refuse(`${name} in the header of the token has more than 256 characters`)
        return value
    }
    if (header.alg === undefined) throw refuse('the header of the token has no alg')
    return {
        algorithm: text('alg', ''),
        keyId: text('kid', ''),
        type: text('typ', '').toLowerCase(),
        claims,
        signingInput: parts[0] + '.' + parts[1],
        signature,
    }
}
