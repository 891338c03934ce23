// Presigned URLs: SigV4 in the query instead of the headers, so that clients fetch a file from S3 themselves.

import { canonicalPath } from '../../core/canonical-path.js'
import { bucketFrom } from './bucket-name.js'
import type { Credentials } from './credentials.js'
import { decodePlace, decodeRequest } from './nginx-variables.js'
import { keep, type SignatureMemory } from './signing.js'
import * as sigv4 from './sigv4.js'

/** Seconds. A URL has the date of the first second of its window, so all clients of a window get the same one. */
export const windowLength = 3600

/** Seconds from that date. A URL of a window's last second is valid for half an hour; S3's clock may be 15 minutes ahead. */
const lifetime = 5400

/** Seconds that credentials must still be valid for: a URL must work when its client follows the redirect. */
const leastLifetime = 300

/** A file to make a URL for, the credentials, and the time. */
export interface PresigningInput {
    /** An encoded `SignableRequest` of an object. Its query overrides headers of the response: `response-content-type=…`. */
    request: string
    /** Replaces the bucket of the request; empty for none. */
    bucketOverride: string
    /** Unique per credential set, so that it can be part of a cache key. */
    serializedCredentials: string
    /** @returns undefined when the credentials cannot be used */
    parseCredentials: (serialized: string) => Credentials | undefined
    /** When the credentials expire, in milliseconds since 1970; 0 when that is not known. */
    end: number
    /** Hours since 1970. */
    window: number
}

/** Whether credentials are valid for long enough. @param end see PresigningInput @param now milliseconds since 1970 */
export function lastsLongEnough(end: number, now: number): boolean {
    return end === 0 || end - now >= leastLifetime * 1000
}

/** The parts that all URLs of a window share. A tuple of strings, so that memory can keep it as one text. */
type PresigningContext = [
    host: string,
    /** Before the key in the path: `/`, or `/BUCKET/` in path style. */
    root: string,
    /** The query without the signature, which is signed. */
    query: string,
    /** The string to sign up to the hash of the canonical request. */
    beforeHash: string,
    /** In hex. */
    signingKey: string,
]

/**
 * Makes the URL of a file, and keeps it.
 *
 * @param cacheKey of the URL
 * @param memory undefined before njs 0.8.0
 * @returns `HOST[:PORT]/PATH?QUERY`; empty when the credentials cannot be used, or are temporary and do not say when they
 * expire: the URL might not work when it is used
 * @throws Error when the override cannot be a bucket, or when the request has no key
 */
export function presign(input: PresigningInput, cacheKey: string, memory: SignatureMemory | undefined): string {
    const request = decodeRequest(input.request)
    if (!request.key) throw new Error('$s3_request has no key: its URL would list the bucket')
    const contextKey = [
        String(input.window),
        request.place,
        request.query,
        input.bucketOverride,
        input.serializedCredentials,
    ].join('\t')
    const kept = memory && (memory.get(contextKey) as string | undefined)
    let context = kept && (kept.split('\t') as PresigningContext)
    if (!context) {
        const credentials = input.parseCredentials(input.serializedCredentials)
        if (!credentials || (credentials.sessionToken && !input.end)) return ''
        context = prepare(input, request.place, request.query, credentials)
        if (memory) keep(memory, contextKey, context.join('\t'))
    }
    const [host, root, query, beforeHash, signingKey] = context
    const path = root + canonicalPath(request.key)
    const canonicalRequest = sigv4.canonicalRequest({
        method: 'GET',
        path,
        query,
        headers: 'host:' + host + '\n',
        signedHeaders: 'host',
        payloadHash: 'UNSIGNED-PAYLOAD',
    })
    const signature = sigv4.signature(Buffer.from(signingKey, 'hex'), beforeHash + sigv4.sha256(canonicalRequest))
    const url = ''.concat(host, path, '?', query, '&X-Amz-Signature=', signature)
    if (memory) keep(memory, cacheKey, url)
    return url
}

/** @param overrides the query of the request */
function prepare(
    input: PresigningInput,
    encodedPlace: string,
    overrides: string,
    signer: Credentials,
): PresigningContext {
    const place = decodePlace(encodedPlace)
    const bucket = bucketFrom(input.bucketOverride, place.bucket)
    const isVirtualHost = place.addressing === 'virtual'
    const start = input.window * windowLength * 1000
    const date = new Date(start).toISOString().replace(/[-:]|\.\d+/g, '')
    const scope = sigv4.credentialScope(date, place.region)
    const expires = input.end ? Math.min(lifetime, Math.floor((input.end - start) / 1000)) : lifetime
    return [
        isVirtualHost ? bucket + '.' + place.endpoint : place.endpoint,
        isVirtualHost ? '/' : '/' + bucket + '/',
        sigv4.presignedQuery(signer.accessKeyId, scope, date, expires, signer.sessionToken, overrides),
        sigv4.stringToSign(date, scope, ''),
        sigv4.signingKey(signer.secretAccessKey, scope).toString('hex'),
    ]
}
