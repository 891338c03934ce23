// What the signatures of a minute have in common.

import { bucketFrom } from './bucket-name.js'
import type { Credentials } from './credentials.js'
import * as sigv2 from './sigv2.js'
import * as sigv4 from './sigv4.js'

/** The text around what differs from request to request, and the key. */
export type SigningContext = [
    /** Before the key in the path: `/`, or `/BUCKET/` in path style. */
    root: string,
    /** What is signed, or hashed first, is the method, this, the path, and `afterPath`. */
    beforePath: string,
    afterPath: string,
    /** Before that hash in the string to sign. Version 4 only. */
    beforeHash: string,
    /** In hex; that of version 2 is the secret. */
    signingKey: string,
    /** What follows the path in the answer: `\nHOST\nDATE\n`, and the authorization up to the signature. */
    beforeSignature: string,
    /** `\n` and the session token, which may be empty. */
    afterSignature: string,
]

/**
 * Prepares the signatures for a moment.
 *
 * @param place `REGION ENDPOINT BUCKET STYLE`; the style is `path`, or `virtual` for a host of the bucket's own
 * @param bucketOverride a bucket to ask in place of that one, or empty
 * @returns parts of which none can hold a tab
 * @throws Error when the override could not be a bucket
 */
export function prepare(
    version: 'V4' | 'V2',
    place: string,
    bucketOverride: string,
    credentials: Credentials,
    now: Date,
): SigningContext {
    const parts = place.split(' ')
    const bucket = bucketFrom(bucketOverride, parts[2]!)
    const isVirtualHost = parts[3] === 'virtual'
    const host = isVirtualHost ? bucket + '.' + parts[1]! : parts[1]!
    const root = isVirtualHost ? '/' : '/' + bucket + '/'
    if (version === 'V4') return prepareV4(host, root, parts[0]!, credentials, now)
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
        ''.concat(
            '\n',
            host,
            '\n',
            date,
            '\n',
            sigv4.authorization(signer.accessKeyId, scope, request.signedHeaders, ''),
        ),
        '\n' + signer.sessionToken,
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
        ''.concat('\n', host, '\n', date, '\n', sigv2.authorization(signer.accessKeyId, '')),
        '\n' + token,
    ]
}
