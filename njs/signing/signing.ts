// Signs what was not asked for in this minute.

import type { Credentials } from './credentials.js'
import { canonicalPath } from '../../core/canonical-path.js'
import { prepare, type SigningContext } from './signing-context.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'

/** Memory that nginx's workers share. Its content is gone a minute after it was set. */
export interface SignatureMemory {
    get(name: string): unknown
    set(name: string, value: string): unknown
    /** Bytes that were never used. */
    freeSpace(): number
    clear(): void
}

/** What is to be signed, by whom, and when. */
export interface Asked {
    version: 'V4' | 'V2'
    /** `METHOD\tPLACE\tKEY` or `METHOD\tPLACE\t\tQUERY`, see prepare for the place. */
    request: string
    /** A bucket to ask in place of that one, or empty. */
    bucketOverride: string
    /** The credentials, as a text that differs from that of any others, and what reads them out of it. */
    current: string
    read: (current: string) => Credentials | undefined
    /** Milliseconds since 1970. */
    now: number
}

/**
 * Signs a request.
 *
 * @returns `PATH[?QUERY]\nHOST\nDATE\nAUTHORIZATION\nSESSION TOKEN`; empty when the credentials cannot be used
 * @throws Error when the override could not be a bucket, or when the whole bucket would be listed
 */
export function signOnce(asked: Asked): string {
    const parts = asked.request.split('\t')
    const context = contextFor(asked, parts[1]!, asked.now)
    return context ? complete(asked.version, parts, context) : ''
}

/**
 * The same, and keeps the signature, and what all signatures of a minute have in common. They have the date of its begin.
 *
 * @param minute minutes since 1970
 * @param name under which the signature is kept
 */
export function signAndKeep(asked: Asked, minute: number, name: string, memory: SignatureMemory): string {
    const parts = asked.request.split('\t')
    const place = parts[1]!
    const contextName = [String(minute) + asked.version, place, asked.bucketOverride, asked.current].join('\t')
    const kept = memory.get(contextName) as string | undefined
    let context = kept && (kept.split('\t') as SigningContext)
    if (!context) {
        context = contextFor(asked, place, minute * 60000)
        if (!context) return ''
        keep(memory, contextName, context.join('\t'))
    }
    const signature = complete(asked.version, parts, context)
    keep(memory, name, signature)
    return signature
}

function contextFor(asked: Asked, place: string, time: number): SigningContext | undefined {
    const credentials = asked.read(asked.current)
    return credentials && prepare(asked.version, place, asked.bucketOverride, credentials, new Date(time))
}

/** @param parts of the request @returns what is returned for the request */
function complete(version: 'V4' | 'V2', parts: string[], context: SigningContext): string {
    const method = parts[0]!
    const key = parts[2]!
    const query = parts[3]
    if (!key && !query && method !== 'HEAD') throw new Error('$s3_request has no key: GET of a bucket would list it')
    const path = context[0] + canonicalPath(key)
    // Version 4 signs the query behind the path; version 2 signs none but that of subresources, such as ?acl.
    const afterPath = query && version === 'V4' ? '\n' + query + context[2].slice(1) : context[2]
    const text = ''.concat(method, context[1], path, afterPath)
    const signature =
        version === 'V4'
            ? sigv4.signature(Buffer.from(context[4], 'hex'), context[3] + sigv4.sha256(text))
            : sigv2.signature(context[4], text)
    return ''.concat(query ? path + '?' + query : path, context[5], signature, context[6])
}

function keep(memory: SignatureMemory, name: string, value: string): void {
    // Not left to "evict", of which njs 0.8 logs each time that there was no memory: with a crawler, a hundred a second.
    if (memory.freeSpace() < 32768) memory.clear()
    try {
        memory.set(name, value)
    } catch {
        // There is no room for it at all: the next request signs anew.
    }
}
