import { decodeBase64url, encodeBase64url } from './base64url.js'
import { dateOf, quoted } from './quoted.js'
import { RefusedToken } from './refused-token.js'
import { revokes, type Revocations } from './revocations.js'
import { hasSignature, type Hmac, type TokenKey } from './token-keys.js'

// read.KEY-ID.EXPIRES.ID.SUBJECT.SIGNATURE: half as long as a JWS, because it is in the headers of each request.

/** A token that reads the index. */
export interface ReadToken {
    /** Who has it: a user name. */
    subject: string
    /** Seconds since 1970. */
    expires: number
    /** Unique: eleven characters of base64url. */
    id: string
}

/** Characters: that of a user name with 128, for the pattern in the access check of site.conf. */
const maxReadTokenLength = 209

// The signature is that of all before it. A JWS cannot begin like this, so no signature of one can be taken for the other's.
const pattern =
    /^(read\.([A-Za-z0-9_-]{8})\.([1-9]\d{9})\.([A-Za-z0-9_-]{11})\.([A-Za-z0-9][A-Za-z0-9._-]*))\.([A-Za-z0-9_-]{43})$/

/** Whether a password has the form of these tokens. */
export function isReadToken(password: string): boolean {
    return partsOf(password) !== undefined
}

function partsOf(token: string): string[] | undefined {
    const parts = token.length > maxReadTokenLength ? null : pattern.exec(token)
    // The end of a pattern, $, also matches before a line break in the njs engine.
    return parts === null || parts[0] !== token ? undefined : parts
}

/** Signs a token with the first key. */
export function signReadToken(
    { subject, expires, id }: ReadToken,
    [key]: [TokenKey, ...TokenKey[]],
    hmac: Hmac,
): string {
    const signed = ['read', key.id, expires, id, subject].join('.')
    return signed + '.' + encodeBase64url(hmac(key.bytes, signed))
}

/**
 * Verifies a token.
 *
 * @param now seconds since 1970
 * @throws RefusedToken
 */
export function verifyReadToken(
    token: string,
    keys: TokenKey[],
    hmac: Hmac,
    now: number,
    revocations: Revocations,
): ReadToken {
    const refuse = (message: string) => new RefusedToken(message, 'Use a new token for reading.')
    const parts = partsOf(token)
    if (parts === undefined) throw refuse('it does not have the form of a token for reading')
    const [, signed, keyId, expires, id, subject, signature] = parts
    const key = keys.filter((each) => each.id === keyId)[0]
    if (key === undefined) throw refuse(`its key is ${quoted(keyId)}, which is none of the keys of this index`)
    const bytes = decodeBase64url(signature!)
    if (bytes === undefined || !hasSignature(key, signed!, bytes, hmac)) throw refuse('its signature is wrong')
    const end = Number(expires)
    if (now >= end) throw refuse(`it has expired: its time was ${dateOf(end)}, and it is ${dateOf(now)}`)
    if (revokes(revocations, subject!, id!))
        throw refuse(`the token ${quoted(id)} of ${quoted(subject)} has been revoked`)
    return { subject: subject!, expires: end, id: id! }
}
