import { asciiJson } from '../ascii-json.js'

/** Characters of a value that a message shows. */
const longest = 120

/** A value of a token for a message: one line of ASCII, cut. A stranger has chosen it. */
export function quoted(value: unknown): string {
    if (value === undefined) return 'missing'
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value)
    if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : 'an object'
    return asciiJson(value.length > longest ? value.slice(0, longest) + '...' : value)
}

/** Seconds since 1970 as a date for a message. */
export function dateOf(seconds: number): string {
    return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z')
}
