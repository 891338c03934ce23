// Signs requests, and keeps signatures for a minute.

import type { Credentials } from './credentials.js'
import { canonicalPath } from '../../core/canonical-path.js'
import { prepare, type SigningContext } from './signing-context.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'
import { decodeRequest, encodeSigned, type SignableRequest } from './nginx-variables.js'

/** Memory that the workers of nginx share. An entry expires a minute after it was set. */
export interface SignatureMemory {
    get(name: string): unknown
    set(name: string, value: string): unknown
    /** Bytes never used so far. */
    freeSpace(): number
    clear(): void
}

/** A request to sign, the credentials, and the time. */
export interface SigningInput {
    version: 'V4' | 'V2'
    /** An encoded `SignableRequest`. */
    request: string
    /** Replaces the bucket of the request; empty for none. */
    bucketOverride: string
    /** Unique per credential set, so that it can be part of a cache key. */
    serializedCredentials: string
    /** @returns undefined when the credentials cannot be used */
    parseCredentials: (serialized: string) => Credentials | undefined
    /** Milliseconds since 1970. */
    now: number
}

/**
 * Signs a request.
 *
 * @returns a signed request, see nginx-variables; empty when the credentials cannot be used
 * @throws Error when the override cannot be a bucket, or when the request would list the whole bucket
 */
export function signOnce(input: SigningInput): string {
    const request = decodeRequest(input.request)
    const context = contextFor(input, request.place, input.now)
    return context ? sign(input.version, request, context) : ''
}

/**
 * Signs a request for a minute, and keeps the signature and the signing context of that minute.
 *
 * @param minute minutes since 1970; the signature has the date of its first second
 * @param cacheKey of the signature
 */
export function signAndKeep(input: SigningInput, minute: number, cacheKey: string, memory: SignatureMemory): string {
    const request = decodeRequest(input.request)
    const contextKey = [
        String(minute) + input.version,
        request.place,
        input.bucketOverride,
        input.serializedCredentials,
    ].join('\t')
    const kept = memory.get(contextKey) as string | undefined
    let context = kept && (kept.split('\t') as SigningContext)
    if (!context) {
        context = contextFor(input, request.place, minute * 60000)
        if (!context) return ''
        keep(memory, contextKey, context.join('\t'))
    }
    const signed = sign(input.version, request, context)
    keep(memory, cacheKey, signed)
    return signed
}

function contextFor(input: SigningInput, place: string, time: number): SigningContext | undefined {
    const credentials = input.parseCredentials(input.serializedCredentials)
    return credentials && prepare(input.version, place, input.bucketOverride, credentials, new Date(time))
}

function sign(version: 'V4' | 'V2', request: SignableRequest, context: SigningContext): string {
    const [root, beforePath, afterPath, beforeHash, signingKey, beforeSignature, afterSignature] = context
    const { method, key, query } = request
    if (!key && !query && method !== 'HEAD') throw new Error('$s3_request has no key: GET of a bucket would list it')
    const path = root + canonicalPath(key)
    const target = query ? path + '?' + query : path
    if (version === 'V2') {
        // Version 2 signs no query but subresources, such as ?acl.
        const signature = sigv2.signature(signingKey, ''.concat(method, beforePath, path, afterPath))
        return encodeSigned(target, beforeSignature, signature, afterSignature)
    }
    // In the canonical request the query stands on the line after the path.
    const afterQuery = query ? '\n' + query + afterPath.slice(1) : afterPath
    const canonicalRequest = ''.concat(method, beforePath, path, afterQuery)
    const stringToSign = beforeHash + sigv4.sha256(canonicalRequest)
    const signature = sigv4.signature(Buffer.from(signingKey, 'hex'), stringToSign)
    return encodeSigned(target, beforeSignature, signature, afterSignature)
}

/** Keeps an entry until its time is over, or until the memory is full. */
export function keep(memory: SignatureMemory, name: string, value: string): void {
    // "evict" alone would do, but njs 0.8 logs each eviction: up to a hundred lines a second with a crawler.
    if (memory.freeSpace() < 32768) memory.clear()
    try {
        memory.set(name, value)
    } catch {
        // Too large for the zone: the next request signs anew.
    }
}
