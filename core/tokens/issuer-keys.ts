import { decodeBase64url } from './base64url.js'
import { quoted } from './quoted.js'
import { parseJsonObject, type JsonObject, type JsonValue } from './strict-json.js'

/** The algorithms of issuers, each pinned by the configuration. @see RFC 7518, 3.1 */
export type IssuerAlgorithm = 'RS256' | 'ES256'

/** A public key of an issuer, with what WebCrypto needs of it and nothing else. */
export type IssuerKey = { kid: string } & (
    { kty: 'RSA'; n: string; e: string } | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
)

/** The keys of an issuer. */
export interface IssuerKeys {
    keys: IssuerKey[]
    /** Those that are not used, with the reason. */
    unusable: { kid: string; reason: string }[]
}

/** Bytes of a key set. */
export const maxKeySetSize = 256 * 1024
const maxKeys = 100

/**
 * Reads a key set (RFC 7517) for an issuer with that algorithm.
 *
 * @throws Error for what is no key set, or one without a usable key: the keys before stay in use then
 */
export function parseKeySet(text: string, algorithm: IssuerAlgorithm): IssuerKeys {
    if (text.length > maxKeySetSize) throw new Error(`the key set has more than ${maxKeySetSize} bytes`)
    const { keys: list } = parseJsonObject(text)
    if (!Array.isArray(list)) throw new Error('the key set has no list "keys"')
    if (list.length > maxKeys) throw new Error(`the key set has ${list.length} keys, and at most ${maxKeys} are read`)
    const found: IssuerKeys = { keys: [], unusable: [] }
    const named = list.map(asObject)
    named.forEach((jwk) => {
        const kid = jwk.kid
        // A key without a name cannot be asked for.
        if (typeof kid !== 'string' || kid === '' || kid.length > 256) return
        const isTwice = named.filter((other) => other.kid === kid).length > 1
        const key = isTwice ? 'it is in the key set twice' : keyOf(kid, jwk, algorithm)
        if (typeof key === 'string') found.unusable.push({ kid, reason: key })
        else found.keys.push(key)
    })
    if (found.keys.length > 0) return found
    const reasons = found.unusable.map(({ kid, reason }) => `${quoted(kid)}: ${reason}`)
    throw new Error(`the key set has no key for ${algorithm}` + (reasons.length > 0 ? ` (${reasons.join('; ')})` : ''))
}

function asObject(value: JsonValue): JsonObject {
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}

/** @returns the key, or why it cannot be used */
function keyOf(kid: string, jwk: JsonObject, algorithm: IssuerAlgorithm): IssuerKey | string {
    const { kty, use, alg, key_ops: operations } = jwk
    const wantedType = algorithm === 'RS256' ? 'RSA' : 'EC'
    if (kty !== wantedType) return `its kty is ${quoted(kty)}, and ${algorithm} needs "${wantedType}"`
    if (use !== undefined && use !== 'sig') return `its use is ${quoted(use)} instead of "sig"`
    if (alg !== undefined && alg !== algorithm) return `its alg is ${quoted(alg)} instead of "${algorithm}"`
    const mayVerify = operations === undefined || (Array.isArray(operations) && operations.indexOf('verify') >= 0)
    if (!mayVerify) return 'its key_ops lack "verify"'
    return algorithm === 'RS256' ? rsaKey(kid, jwk) : ecKey(kid, jwk)
}

function rsaKey(kid: string, { n, e }: JsonObject): IssuerKey | string {
    const modulus = typeof n === 'string' ? decodeBase64url(n) : undefined
    const exponent = typeof e === 'string' ? decodeBase64url(e) : undefined
    if (!modulus || !exponent) return 'its n or e is not base64url'
    const bits = bitLength(modulus)
    if (bits < 2048 || bits > 8192) return `it has ${bits} bits, and RSA keys of 2048 to 8192 bits are used`
    // With an exponent of 1, each text is its own signature.
    const isOdd = exponent.length > 0 && (exponent[exponent.length - 1]! & 1) === 1
    if (!isOdd || bitLength(exponent) < 2 || exponent.length > 8) return 'its exponent is even, 1 or too large'
    return { kid, kty: 'RSA', n: n as string, e: e as string }
}

function ecKey(kid: string, { crv, x, y }: JsonObject): IssuerKey | string {
    if (crv !== 'P-256') return `its crv is ${quoted(crv)}, and ES256 needs "P-256"`
    const isCoordinate = (text: JsonValue | undefined) =>
        typeof text === 'string' && decodeBase64url(text)?.length === 32
    if (!isCoordinate(x) || !isCoordinate(y)) return 'its x and y are not 32 bytes each'
    return { kid, kty: 'EC', crv: 'P-256', x: x as string, y: y as string }
}

function bitLength(bytes: Uint8Array): number {
    let first = 0
    while (first < bytes.length && bytes[first] === 0) first++
    if (first === bytes.length) return 0
    return (bytes.length - first - 1) * 8 + bytes[first]!.toString(2).length
}
