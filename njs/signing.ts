import { bucketFrom } from './bucket-name.js'
import type { Credentials } from './credentials.js'
import { canonicalPath } from './key-path.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'

/** What is asked, and whom. */
export interface S3Request {
    method: string
    region: string
    host: string
    /** Whether the host is the bucket's own, and the bucket is not in the path. */
    isVirtualHost: boolean
    bucket: string
    /** Canonical: `/KEY`, or `/BUCKET/KEY` in path style. */
    path: string
}

/** A signature and the date that is sent with it. */
export interface Signature {
    date: string
    authorization: string
}

/** Memory for signing keys, which nginx's workers share. */
export interface KeyMemory {
    get(name: string): unknown
    set(name: string, key: string): unknown
}

/**
 * The request for an object, or without a key that for the bucket itself.
 *
 * @param method of the request for an object
 * @param bytes the key as stored
 * @param place region, endpoint, bucket, and `path` or `virtual`, with spaces between
 * @param bucketOverride a bucket to ask in place of that one, or empty
 * @throws Error when the override could not be a bucket
 */
export function s3Request(
    method: string,
    key: string,
    bytes: () => Uint8Array,
    place: string,
    bucketOverride: string,
): S3Request {
    const parts = place.split(' ')
    const endpoint = parts[1]!
    const bucket = bucketOverride ? bucketFrom(bucketOverride, parts[2]!) : parts[2]!
    const isVirtualHost = parts[3] === 'virtual'
    const path = canonicalPath(key, bytes)
    return {
        // GET of a bucket would list it.
        method: key ? method : 'HEAD',
        region: parts[0]!,
        host: isVirtualHost ? bucket + '.' + endpoint : endpoint,
        isVirtualHost,
        bucket,
        path: isVirtualHost ? '/' + path : '/' + bucket + '/' + path,
    }
}

/** @param version `V4` or `V2` @param keys where a signing key is kept for its day, if there is such a place */
export function sign(
    version: string,
    request: S3Request,
    signer: Credentials,
    now: Date,
    keys: KeyMemory | undefined,
): Signature {
    return version === 'V4' ? signV4(request, signer, now, keys) : signV2(request, signer, now)
}

function signV4(request: S3Request, signer: Credentials, now: Date, keys: KeyMemory | undefined): Signature {
    const iso = now.toISOString() // 2013-05-24T00:00:00.000Z
    const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 13) + iso.slice(14, 16) + iso.slice(17, 19) + 'Z'
    const canonical = sigv4.objectRequest(request.method, request.host, request.path, date, signer.sessionToken)
    const scope = sigv4.credentialScope(date, request.region)
    const key = keys ? dailyKey(signer, scope, keys) : sigv4.signingKey(signer.secretAccessKey, scope)
    return { date, authorization: sigv4.authorization(canonical, signer, date, scope, key) }
}

function signV2(request: S3Request, signer: Credentials, now: Date): Signature {
    const date = now.toUTCString()
    const token = signer.sessionToken ? 'x-amz-security-token:' + signer.sessionToken + '\n' : ''
    const signed = {
        method: request.method,
        contentMd5: '',
        contentType: '',
        date: '',
        amzHeaders: 'x-amz-date:' + date + '\n' + token,
        resource: request.isVirtualHost ? '/' + request.bucket + request.path : request.path,
    }
    return { date, authorization: sigv2.authorization(signed, signer) }
}

/** The signing key, derived once a day. */
function dailyKey(signer: Credentials, scope: string, keys: KeyMemory): Buffer {
    // All that a key depends on is in its name, and whose it is: a rotated key can't meet its predecessor's derivative.
    const name = ''.concat(signer.accessKeyId, '/', scope, '/', signer.secretAccessKey)
    const known = keys.get(name) as string | undefined
    if (known) return Buffer.from(known, 'hex')
    const key = sigv4.signingKey(signer.secretAccessKey, scope)
    keys.set(name, key.toString('hex'))
    return key
}
