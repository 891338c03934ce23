import { credentialsOf, type Credentials } from '../signing/credentials.js'

/** Credentials from a provider, with their expiration. */
export interface Session extends Credentials {
    /** Milliseconds since 1970; 0 when the expiration is not known. */
    expires: number
}

/** RFC 3339 date and time, as AWS services write it; a space may replace the `T`. */
const timestamp = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?\s*(?:[Zz]|([+-]\d\d):?(\d\d))$/

/**
 * Parses a session's expiration: RFC 3339 with `Z` or an offset, or seconds since 1970.
 *
 * @returns milliseconds since 1970
 * @throws Error for anything else: without its expiration, a session would be used after it expired
 */
export function parseExpiration(value: unknown): number {
    if (typeof value === 'number' && isFinite(value)) return Math.floor(value * 1000)
    const match = typeof value === 'string' ? timestamp.exec(value.trim()) : null
    const utc = match ? Date.parse(match[1] + 'T' + match[2] + 'Z') : NaN
    if (!match || isNaN(utc)) throw new Error('the expiration is not a timestamp')
    const milliseconds = Math.floor(Number('0' + (match[3] || '.0')) * 1000)
    const sign = (match[4] || '+').charAt(0) === '-' ? -1 : 1
    const offset = match[4] ? sign * (Number(match[4].slice(1)) * 60 + Number(match[5])) : 0
    return utc + milliseconds - offset * 60000
}

/**
 * Validates the fields of a provider's response.
 *
 * @param now milliseconds since 1970
 * @throws Error that names the cause and quotes nothing of the response
 */
export function sessionOf(
    accessKeyId: unknown,
    secretAccessKey: unknown,
    sessionToken: unknown,
    expiration: unknown,
    now: number,
): Session {
    const credentials = credentialsOf(textOf(accessKeyId), textOf(secretAccessKey), textOf(sessionToken))
    if (!credentials) throw new Error('the response has no valid access key ID and secret access key')
    const expires = parseExpiration(expiration)
    if (expires <= now) throw new Error('the session expired at ' + new Date(expires).toISOString())
    return sessionUntil(expires, credentials)
}

/** @param expires milliseconds since 1970; 0 when it is not known */
export function sessionUntil(expires: number, credentials: Credentials): Session {
    return Object.assign({ expires }, credentials)
}

function textOf(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined
}

/** Serializes a session for shared memory, one part a line. No part can contain a line break. */
export function encodeSession(session: Session): string {
    return [session.expires, session.accessKeyId, session.secretAccessKey, session.sessionToken].join('\n')
}

/** The reverse of `encodeSession`. */
export function decodeSession(text: string): Session {
    const parts = text.split('\n')
    return {
        expires: Number(parts[0]),
        accessKeyId: parts[1]!,
        secretAccessKey: parts[2]!,
        sessionToken: parts[3]!,
    }
}

/** `expires` of an encoded session. */
export function endOf(text: string): number {
    return Number(text.slice(0, text.indexOf('\n')))
}

/** Whether a session with this expiration is still valid. @param now milliseconds since 1970 */
export function isValid(expires: number, now: number): boolean {
    return expires === 0 || now < expires
}
