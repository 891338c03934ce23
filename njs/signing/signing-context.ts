// The parts that all signatures of a minute share.

import { bucketFrom } from './bucket-name.js'
import type { Credentials } from './credentials.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'
import { decodePlace, encodeAfterSignature, encodeBeforeSignature } from './nginx-variables.js'

/** The texts around the path and the signature, and the key. A tuple of strings, so that memory can keep it as one text. */
export type SigningContext = [
    /** Before the key in the path: `/`, or `/BUCKET/` in path style. */
    root: string,
    /** The signed text (version 4: the canonical request) is METHOD + beforePath + PATH + afterPath. */
    beforePath: string,
    afterPath: string,
    /** The string to sign is beforeHash + SHA-256 of the canonical request. Version 4 only. */
    beforeHash: string,
    /** Version 4: the derived key in hex. Version 2: the secret. */
    signingKey: string,
    /** Between the path and the signature in a signed request, and behind it: see nginx-variables. */
    beforeSignature: string,
    afterSignature: string,
]

/**
 * Prepares the signatures for a moment.
 *
 * @param encodedPlace see nginx-variables
 * @param bucketOverride a bucket to ask in place of that one, or empty
 * @returns parts of which none can hold a tab
 * @throws Error when the override could not be a bucket
 */
export function prepare(
    version: 'V4' | 'V2',
    encodedPlace: string,
    bucketOverride: string,
    credentials: Credentials,
    now: Date,
): SigningContext {
    const place = decodePlace(encodedPlace)
    const bucket = bucketFrom(bucketOverride, place.bucket)
    const isVirtualHost = place.addressing === 'virtual'
    const host = isVirtualHost ? bucket + '.' + place.endpoint : place.endpoint
    const root = isVirtualHost ? '/' : '/' + bucket + '/'
    if (version === 'V4') return prepareV4(host, root, place.region, credentials, now)
    return prepareV2(host, root, isVirtualHost ? '/' + bucket : '', credentials, now)
}

function prepareV4(host: string, root: string, region: string, signer: Credentials, now: Date): SigningContext {
    const iso = now.toISOString() // 2013-05-24T00:00:00.000Z
    const date = ''.concat(
        iso.slice(0, 4),
        iso.slice(5, 7),
        iso.slice(8, 13),
        iso.slice(14, 16),
        iso.slice(17, 19),
        'Z',
    )
    const scope = sigv4.credentialScope(date, region)
    const request = sigv4.objectRequest(host, date, signer.sessionToken)
    return [
        root,
        '\n',
        // Behind the empty method, its line break and the empty path.
        sigv4.canonicalRequest(request).slice(1),
        sigv4.stringToSign(date, scope, ''),
        sigv4.signingKey(signer.secretAccessKey, scope).toString('hex'),
        encodeBeforeSignature(host, date, sigv4.authorization(signer.accessKeyId, scope, request.signedHeaders, '')),
        encodeAfterSignature(signer.sessionToken),
    ]
}

/** @param owner `/BUCKET` where the path does not name it */
function prepareV2(host: string, root: string, owner: string, signer: Credentials, now: Date): SigningContext {
    const date = now.toUTCString()
    const token = signer.sessionToken
    const amzHeaders = 'x-amz-date:' + date + '\n' + (token ? 'x-amz-security-token:' + token + '\n' : '')
    const empty = { method: '', contentMd5: '', contentType: '', date: '', amzHeaders, resource: owner }
    return [
        root,
        sigv2.stringToSign(empty),
        '',
        '',
        signer.secretAccessKey,
        encodeBeforeSignature(host, date, sigv2.authorization(signer.accessKeyId, '')),
        encodeAfterSignature(token),
    ]
}
