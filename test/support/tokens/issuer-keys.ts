import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** A key pair of an issuer. */
export interface SigningKey {
    kid: string
    algorithm: 'RS256' | 'ES256'
    privateKey: KeyObject
    /** As the issuer publishes it. */
    jwk: Record<string, unknown>
    /** PEM, which a verifier that confuses algorithms takes for the secret of an HMAC. */
    publicPem: string
}

/** Generates a key pair. */
export function newSigningKey(kid: string, algorithm: 'RS256' | 'ES256' = 'RS256', bits = 2048): SigningKey {
    const { publicKey, privateKey } =
        algorithm === 'RS256'
            ? generateKeyPairSync('rsa', { modulusLength: bits })
            : generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return {
        kid,
        algorithm,
        privateKey,
        jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm },
        publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    }
}

/** base64url of bytes, of a text, or of an object as JSON. */
export function encoded(part: unknown): string {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
    return bytes.toString('base64url')
}

/** Signs a token. @param header and claims: objects, or texts to sign as they are */
export function signToken(key: SigningKey, claims: unknown, header: unknown = {}): string {
    const full =
        typeof header === 'string' ? header : { typ: 'JWT', alg: key.algorithm, kid: key.kid, ...(header as object) }
    const input = `${encoded(full)}.${encoded(claims)}`
    return `${input}.${encoded(rawSignature(key, input))}`
}

/** A signature as RFC 7518 has it. */
export function rawSignature({ algorithm, privateKey }: SigningKey, input: string): Buffer {
    return algorithm === 'RS256'
        ? sign('sha256', Buffer.from(input), privateKey)
        : sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

/** Signs with HMAC-SHA-256. */
export function hmacToken(secret: string | Buffer, header: unknown, claims: unknown): string {
    const input = `${encoded(header)}.${encoded(claims)}`
    return `${input}.${encoded(createHmac('sha256', secret).update(input).digest())}`
}
