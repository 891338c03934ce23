import { credentialsOf, type Credentials } from '../signing/credentials.js'

/** Credentials that a provider gave, and how long it gave them for. */
export interface Session extends Credentials {
    /** In milliseconds since 1970; 0 when they have no end that is known. */
    expires: number
}

/** A date and time of RFC 3339, which is what AWS's services write; a space may stand for its `T`. */
const timestamp = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?\s*(?:[Zz]|([+-]\d\d):?(\d\d))$/

/**
 * The end of a session, as providers write it: RFC 3339 with `Z` or an offset, or seconds since 1970.
 *
 * @returns milliseconds since 1970
 * @throws Error for anything else; a session without an end that is known would be used past it
 */
export function parseExpiration(value: unknown): number {
    if (typeof value === 'number' && isFinite(value)) return Math.floor(value * 1000)
    const match = typeof value === 'string' ? timestamp.exec(value.trim()) : null
    const utc = match ? Date.parse(match[1] + 'T' + match[2] + 'Z') : NaN
    if (!match || isNaN(utc)) throw new Error('its expiration is no timestamp')
    const milliseconds = Math.floor(Number('0' + (match[3] || '.0')) * 1000)
    const sign = (match[4] || '+').charAt(0) === '-' ? -1 : 1
    const offset = match[4] ? sign * (Number(match[4].slice(1)) * 60 + Number(match[5])) : 0
    return utc + milliseconds - offset * 60000
}

/**
 * A session from what a provider said.
 *
 * @param now milliseconds since 1970
 * @throws Error that says what is wrong, and nothing of what was said
 */
export function sessionOf(
    accessKeyId: unknown,
    secretAccessKey: unknown,
    sessionToken: unknown,
    expiration: unknown,
    now: number,
): Session {
    const credentials = credentialsOf(textOf(accessKeyId), textOf(secretAccessKey), textOf(sessionToken))
    if (!credentials) throw new Error('it holds no access key id and secret that could be used')
    const expires = parseExpiration(expiration)
    if (expires <= now) throw new Error('it expired at ' + new Date(expires).toISOString() + ', and it is later')
    return sessionUntil(expires, credentials)
}

/** Credentials with their end: milliseconds since 1970, or 0 when it is not known. */
export function sessionUntil(expires: number, credentials: Credentials): Session {
    return Object.assign({ expires }, credentials)
}

function textOf(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined
}

/** The session as one string, for memory that workers share. None of its parts can hold a line break. */
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

/** Whether S3 would still take a session with this end. @param now milliseconds since 1970 */
export function isValid(expires: number, now: number): boolean {
    return expires === 0 || now < expires
}
