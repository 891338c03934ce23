// Signs what was not asked for in this minute.

import type { Credentials } from './credentials.js'
import { canonicalPath } from './key-path.js'
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

/**
 * Signs a request.
 *
 * @param request `METHOD\tPLACE\tKEY`, see prepare for the place
 * @param bucketOverride a bucket to ask in place of that one, or empty
 * @param now milliseconds since 1970
 * @returns `PATH\nHOST\nDATE\nAUTHORIZATION\nSESSION TOKEN`; empty when the credentials cannot be used
 * @throws Error when the override could not be a bucket
 */
export function signOnce(
    version: 'V4' | 'V2',
    request: string,
    bucketOverride: string,
    current: string,
    read: (current: string) => Credentials | undefined,
    now: number,
): string {
    const credentials = read(current)
    if (!credentials) return ''
    const parts = request.split('\t')
    return complete(version, parts, prepare(version, parts[1]!, bucketOverride, credentials, new Date(now)))
}

/**
 * The same, and keeps the signature, and what all signatures of a minute have in common. They have the date of its begin.
 *
 * @param name under which the signature is kept
 */
export function signAndKeep(
    version: 'V4' | 'V2',
    request: string,
    bucketOverride: string,
    current: string,
    read: (current: string) => Credentials | undefined,
    now: number,
    name: string,
    memory: SignatureMemory,
): string {
    const parts = request.split('\t')
    const place = parts[1]!
    const minute = Math.floor(now / 60000)
    const contextName = ''.concat(String(minute), version, '\t', place, '\t', bucketOverride, '\t', current)
    const kept = memory.get(contextName) as string | undefined
    let context = kept && (kept.split('\t') as SigningContext)
    if (!context) {
        const credentials = read(current)
        if (!credentials) return ''
        context = prepare(version, place, bucketOverride, credentials, new Date(minute * 60000))
        keep(memory, contextName, context.join('\t'))
    }
    const signature = complete(version, parts, context)
    keep(memory, name, signature)
    return signature
}

/** @param parts of the request @returns what is returned for the request */
function complete(version: 'V4' | 'V2', parts: string[], context: SigningContext): string {
    const path = context[0] + canonicalPath(parts[2]!)
    const text = ''.concat(parts[0]!, context[1], path, context[2])
    const signature =
        version === 'V4'
            ? sigv4.signature(Buffer.from(context[4], 'hex'), context[3] + sigv4.sha256(text))
            : sigv2.signature(context[4], text)
    return ''.concat(path, context[5], signature, context[6])
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
