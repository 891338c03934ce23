import { encodeUtf8 } from '../../core/utf8.js'
import type { IssuerAlgorithm, IssuerKey } from '../../core/tokens/issuer-keys.js'

/** WebCrypto of njs and Node.js. */
export interface Subtle {
    importKey(format: 'jwk', key: object, algorithm: object, extractable: boolean, usages: string[]): Promise<unknown>
    verify(algorithm: object, key: unknown, signature: Uint8Array, data: Uint8Array): Promise<boolean>
}

const algorithms = {
    RS256: [
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    ],
    ES256: [
        { name: 'ECDSA', namedCurve: 'P-256' },
        { name: 'ECDSA', hash: 'SHA-256' },
    ],
}

/**
 * Verifies a signature. Rejects for a key that cannot be used, such as a point that is not on its curve.
 *
 * @see RFC 7518, 3.3 and 3.4
 */
export async function verifySignature(
    subtle: Subtle,
    algorithm: IssuerAlgorithm,
    issuerKey: IssuerKey,
    signature: Uint8Array,
    text: string,
): Promise<boolean> {
    const [forKey, forSignature] = algorithms[algorithm]
    // Without `kid`, which is no part of the key.
    const jwk: Record<string, string> = {}
    Object.keys(issuerKey).forEach((name) => {
        if (name !== 'kid') jwk[name] = (issuerKey as unknown as Record<string, string>)[name]!
    })
    const key = await subtle.importKey('jwk', jwk, forKey!, false, ['verify'])
    return await subtle.verify(forSignature!, key, signature, encodeUtf8(text))
}
