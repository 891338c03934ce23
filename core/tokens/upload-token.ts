import { matchesProject, normalizeProjectPattern } from '../project-patterns.js'
import { encodeUtf8 } from '../utf8.js'
import { encodeBase64url } from './base64url.js'
import { clockSkew, parseJws } from './jws.js'
import { dateOf, quoted } from './quoted.js'
import { RefusedToken } from './refused-token.js'
import { revokes, type Revocations } from './revocations.js'
import type { JsonValue } from './strict-json.js'
import { hasSignature, type Hmac, type TokenKey } from './token-keys.js'

/** A token that uploads: a JWS with HMAC-SHA-256 (HS256). */
export interface UploadToken {
    /** Who has it: a person, a program, or the CI job. */
    subject: string
    /** Patterns of normalised names. */
    projects: string[]
    /** Seconds since 1970. */
    issued: number
    expires: number
    /** Unique. */
    id: string
    /** The CI job, for a token that was minted for one. */
    job?: Record<string, string> | undefined
}

/** Only tokens of this kind have it, so that no other JWT can be taken for one. @see RFC 8725, 3.11 */
const tokenType = 'pypi+jwt'
const tokenIssuer = 'nginx-s3-pypi'

/** Characters: nginx reads header lines of at most 8 kB, and Basic authentication makes a token longer by a third. */
export const maxUploadTokenLength = 5000

/** Seconds. */
const longestLifetime = 10 * 366 * 24 * 3600

/** Whether a password looks like one of these tokens. Others are passwords of the user `__token__`. */
export function isUploadToken(password: string): boolean {
    return /^eyJ[A-Za-z0-9_-]+\.eyJ/.test(password)
}

/**
 * Signs a token with the first key.
 *
 * @throws RefusedToken if it would be longer than nginx takes
 */
export function signUploadToken(token: UploadToken, keys: [TokenKey, ...TokenKey[]], hmac: Hmac): string {
    const header = { alg: 'HS256', kid: keys[0].id, typ: tokenType }
    const claims = {
        iss: tokenIssuer,
        sub: token.subject,
        projects: token.projects,
        iat: token.issued,
        exp: token.expires,
        jti: token.id,
        ...(token.job && { job: token.job }),
    }
    const parts = [header, claims].map((part) => encodeBase64url(encodeUtf8(JSON.stringify(part))))
    const signingInput = parts.join('.')
    const signed = signingInput + '.' + encodeBase64url(hmac(keys[0].bytes, signingInput))
    if (signed.length > maxUploadTokenLength) {
        throw new RefusedToken(
            `the token would have ${signed.length} characters, and nginx takes ${maxUploadTokenLength}`,
            'Name fewer projects, or patterns for them: acme-*',
        )
    }
    return signed
}

/**
 * Verifies a token.
 *
 * @param now seconds since 1970
 * @throws RefusedToken
 */
export function verifyUploadToken(
    token: string,
    keys: TokenKey[],
    hmac: Hmac,
    now: number,
    revocations: Revocations,
): UploadToken {
    if (token.length > maxUploadTokenLength) {
        throw refused(`the token has ${token.length} characters, and at most ${maxUploadTokenLength} are read`)
    }
    const jws = parseJws(token)
    if (jws.algorithm !== 'HS256')
        throw refused(`alg is ${quoted(jws.algorithm)}, and tokens of this index have "HS256"`)
    if (jws.type !== tokenType) throw refused(`typ is ${quoted(jws.type)} instead of "${tokenType}"`)
    const key = keys.filter(({ id }) => id === jws.keyId)[0]
    if (key === undefined) throw refused(`kid is ${quoted(jws.keyId)}, which is none of the keys of this index`)
    if (!hasSignature(key, jws.signingInput, jws.signature, hmac)) throw refused('the signature of the token is wrong')
    const { iss, sub, projects, iat, exp, jti, job } = jws.claims
    // Only a holder of the key could get these wrong, or another program with the same key.
    if (iss !== tokenIssuer) throw refused(`iss is ${quoted(iss)} instead of "${tokenIssuer}"`)
    if (typeof sub !== 'string' || sub === '') throw refused(`sub is ${quoted(sub)}: a token names its subject`)
    if (!isPatternList(projects)) throw refused(`projects is ${quoted(projects)}: a token has a list of patterns`)
    if (typeof jti !== 'string' || jti === '') throw refused(`jti is ${quoted(jti)}: a token has an identifier`)
    const [issued, expires] = [iat, exp].map((time, index) => {
        if (typeof time === 'number' && isFinite(time) && time >= 0 && time < 1e11) return time
        throw refused(`${index === 0 ? 'iat' : 'exp'} is ${quoted(time)}: a token has the seconds since 1970 there`)
    }) as [number, number]
    if (now >= expires) throw refused(`the token has expired: exp is ${dateOf(expires)}, and it is ${dateOf(now)}`)
    if (issued > now + clockSkew) throw refused(`iat is ${dateOf(issued)}, and it is ${dateOf(now)}`)
    if (expires - issued > longestLifetime) throw refused(`exp is ${dateOf(expires)}: that is too long after iat`)
    if (revokes(revocations, sub, jti)) {
        throw refused(`the token ${quoted(jti)} of ${quoted(sub)} has been revoked`, 'Ask the operator for a new one.')
    }
    return { subject: sub, projects, issued, expires, id: jti, job: jobOf(job) }
}

/** @param project normalised */
export function mayUploadTo({ projects }: UploadToken, project: string): boolean {
    return matchesProject(projects, project)
}

function refused(message: string, cure = 'Use a new token.'): RefusedToken {
    return new RefusedToken(message, cure)
}

function isPatternList(value: JsonValue | undefined): value is string[] {
    return (
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((each) => typeof each === 'string' && normalizeProjectPattern(each) === each)
    )
}

function jobOf(value: JsonValue | undefined): Record<string, string> | undefined {
    if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
    const job: Record<string, string> = {}
    Object.keys(value).forEach((name) => {
        if (typeof value[name] === 'string') job[name] = value[name]
    })
    return job
}
