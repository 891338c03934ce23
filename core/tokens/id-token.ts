import type { IssuerAlgorithm, IssuerKey, IssuerKeys } from './issuer-keys.js'
import { clockSkew, parseJws, type Jws } from './jws.js'
import { dateOf, quoted } from './quoted.js'
import { RefusedToken } from './refused-token.js'
import type { JsonObject } from './strict-json.js'

/** An OIDC issuer that the index trusts to name CI jobs. */
export interface TrustedIssuer {
    /** As the publishers of the configuration name it. */
    name: string
    /** `iss` of its tokens, exactly. */
    url: string
    /** The only algorithm that its tokens may have. */
    algorithm: IssuerAlgorithm
}

/** What verifying a token needs of the world. */
export interface IdTokenContext {
    issuers: TrustedIssuer[]
    /** `aud` of tokens for this index. */
    audience: string
    /** Seconds since 1970. */
    now: number
    /** Undefined as long as they have not been fetched, or when they are too old. */
    keysOf: (issuer: TrustedIssuer) => IssuerKeys | undefined
    /** Called when an issuer has signed with a key that is not known: it may have new ones. */
    wantKeys: (issuer: TrustedIssuer) => void
    /** @returns whether this key made the signature of that text; rejects for a key that cannot be used */
    verify: (algorithm: IssuerAlgorithm, key: IssuerKey, signature: Uint8Array, text: string) => Promise<boolean>
}

/** A token whose signature and claims are right. */
export interface IdToken {
    issuer: TrustedIssuer
    claims: JsonObject
    subject: string
    /** Unique for the token; empty if the issuer gives none. */
    id: string
    /** Seconds since 1970. */
    expires: number
}

/** Seconds. GitLab's tokens live as long as their job may. */
export const maxIdTokenLifetime = 24 * 3600

/**
 * Verifies an ID token of a CI system.
 *
 * @throws RefusedToken
 * @see OpenID Connect Core 1.0, 3.1.3.7; RFC 8725
 */
export async function verifyIdToken(token: unknown, context: IdTokenContext): Promise<IdToken> {
    const jws = parseJws(token)
    const issuer = issuerOf(jws, context.issuers)
    if (jws.algorithm !== issuer.algorithm) {
        throw refused(`alg is ${quoted(jws.algorithm)}, and tokens of ${issuer.name} have "${issuer.algorithm}"`)
    }
    if (jws.type !== '' && jws.type !== 'jwt') throw refused(`typ is ${quoted(jws.type)} instead of "JWT"`)
    const key = keyFor(jws, issuer, context)
    if (!(await hasSigned(jws, key, issuer, context))) {
        throw refused(`the signature is not that of the key ${quoted(jws.keyId)} of ${issuer.name}`)
    }
    return checkClaims(jws.claims, issuer, context)
}

function issuerOf({ claims }: Jws, issuers: TrustedIssuer[]): TrustedIssuer {
    const issuer = issuers.filter(({ url }) => url === claims.iss)[0]
    if (issuer) return issuer
    const names = issuers.map(({ name }) => name).join(', ')
    throw refused(`iss is ${quoted(claims.iss)}, and this index trusts ${names}`, 'Add the issuer to the publishers.')
}

function keyFor(jws: Jws, issuer: TrustedIssuer, context: IdTokenContext): IssuerKey {
    const { keyId } = jws
    if (keyId === '') throw refused('the header of the token has no kid')
    const known = context.keysOf(issuer)
    if (known === undefined) {
        context.wantKeys(issuer)
        const cure = 'Try again in a minute. If it lasts, the error log of nginx has the cause.'
        throw new RefusedToken(`the keys of ${issuer.name} have not been fetched, or are too old`, cure, 'unavailable')
    }
    const key = known.keys.filter(({ kid }) => kid === keyId)[0]
    if (key) return key
    const unusable = known.unusable.filter(({ kid }) => kid === keyId)[0]
    if (unusable) throw refused(`the key ${quoted(keyId)} of ${issuer.name} cannot be used: ${unusable.reason}`)
    context.wantKeys(issuer)
    const cure = 'If the issuer has just changed its keys, run the job again in a minute.'
    throw refused(`kid is ${quoted(keyId)}, which is none of the keys of ${issuer.name}`, cure)
}

async function hasSigned(jws: Jws, key: IssuerKey, issuer: TrustedIssuer, context: IdTokenContext): Promise<boolean> {
    const { signature } = jws
    // Raw, not DER. @see RFC 7518, 3.4
    if (issuer.algorithm === 'ES256' && signature.length !== 64) {
        throw refused(`the signature has ${signature.length} bytes, and one of ES256 has 64`)
    }
    if (issuer.algorithm === 'RS256' && (signature.length < 256 || signature.length > 1024)) {
        throw refused(`the signature has ${signature.length} bytes, and one of RS256 has 256 to 1024`)
    }
    try {
        return (await context.verify(issuer.algorithm, key, signature, jws.signingInput)) === true
    } catch (error) {
        const log = `the key ${quoted(key.kid)} of ${issuer.name} cannot be used: ${(error as Error).message}`
        throw new RefusedToken('the signature cannot be verified', reRun, 'invalid-token', log)
    }
}

const reRun = 'Run the job again, for a new token.'

function refused(message: string, cure = reRun): RefusedToken {
    return new RefusedToken(message, cure)
}

/**
 * Checks the claims that each token has: its audience, its times, its subject.
 *
 * @throws RefusedToken
 */
export function checkClaims(
    claims: JsonObject,
    issuer: TrustedIssuer,
    { audience, now }: Pick<IdTokenContext, 'audience' | 'now'>,
): IdToken {
    // Only a token for this index alone: another party that it is for could use it here.
    const { aud } = claims
    const isList = Array.isArray(aud)
    if (isList && aud.length !== 1) {
        throw refused(`aud is a list of ${aud.length}, instead of ${quoted(audience)} alone`)
    }
    const given = isList ? aud[0] : aud
    if (given !== audience) {
        const cure = `Request a token for the audience ${quoted(audience)}.`
        throw refused(`aud is ${quoted(given)} instead of ${quoted(audience)}`, cure)
    }
    const expires = timeOf(claims, 'exp')
    const issued = timeOf(claims, 'iat')
    const current = `and it is ${dateOf(now)}`
    if (now >= expires + clockSkew) throw refused(`exp is ${dateOf(expires)}, ${current}: the token has expired`)
    if (issued > now + clockSkew) throw refused(`iat is ${dateOf(issued)}, ${current}: the token is of the future`)
    if (claims.nbf !== undefined) {
        const notBefore = timeOf(claims, 'nbf')
        if (notBefore > now + clockSkew) throw refused(`nbf is ${dateOf(notBefore)}, ${current}: it is not valid yet`)
    }
    const lifetime = expires - issued
    if (lifetime <= 0 || lifetime > maxIdTokenLifetime) {
        throw refused(`exp is ${lifetime} seconds after iat: 1 to ${maxIdTokenLifetime} are allowed`)
    }
    const { sub, jti } = claims
    if (typeof sub !== 'string' || sub === '') throw refused(`sub is ${quoted(sub)}: a token names its subject`)
    if (jti !== undefined && (typeof jti !== 'string' || jti.length > 256)) {
        throw refused(`jti is ${quoted(jti)}: it has at most 256 characters`)
    }
    return { issuer, claims, subject: sub, id: jti ?? '', expires }
}

/** Seconds since 1970. */
function timeOf(claims: JsonObject, name: string): number {
    const value = claims[name]
    if (typeof value === 'number' && isFinite(value) && value >= 0 && value < 1e11) return value
    throw refused(`${name} is ${quoted(value)}: a token has the seconds since 1970 there`)
}
