import crypto from 'crypto'

import type { Credentials } from './credentials.js'

/** A header's name in lower case and its value without white space around it. */
export type Header = [name: string, value: string]

/** A request as it goes over the wire, in the form in which it is signed. */
export interface CanonicalRequest {
    method: string
    /** The canonical path, from `encodePath`. */
    path: string
    /** `a=1&b=2`, encoded and sorted; empty for none. */
    query: string
    /** Sorted by name; `host` is one of them. */
    headers: Header[]
    /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
    payloadHash: string
}

/** SHA-256 of no bytes, in hex: the payload hash of every GET and HEAD. */
export const emptyPayloadHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** The names of the signed headers: `host;x-amz-date`. */
export function signedHeaders(headers: Header[]): string {
    let names = headers[0]![0]
    for (let index = 1; index < headers.length; index++) names += ';' + headers[index]![0]
    return names
}

/** The canonical request of AWS, "Create a signed AWS API request", step 1. */
export function canonicalRequest(request: CanonicalRequest): string {
    let text = request.method + '\n' + request.path + '\n' + request.query + '\n'
    for (let index = 0; index < request.headers.length; index++) {
        const header = request.headers[index]!
        text += header[0] + ':' + header[1] + '\n'
    }
    return text + '\n' + signedHeaders(request.headers) + '\n' + request.payloadHash
}

/** The credential scope: `20130524/us-east-1/s3/aws4_request`. @param amzDate `20130524T000000Z`, UTC */
export function credentialScope(amzDate: string, region: string): string {
    return amzDate.slice(0, 8) + '/' + region + '/s3/aws4_request'
}

/** The string to sign of step 3. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
    return 'AWS4-HMAC-SHA256\n' + amzDate + '\n' + scope + '\n' + sha256Hex(canonical)
}

/** The signing key of step 4: 32 bytes that depend on the secret and the scope, thus good for one UTC day. */
export function signingKey(secretAccessKey: string, scope: string): Buffer {
    return scope
        .split('/')
        .reduce<string | Buffer>(
            (key, part) => hmacSha256(key).update(part).digest(),
            'AWS4' + secretAccessKey,
        ) as Buffer
}

/** The signature: 64 hexadecimal digits. */
export function signature(key: Buffer, toSign: string): string {
    return hmacSha256(key).update(toSign).digest('hex')
}

/**
 * The value of the `Authorization` header.
 *
 * @param amzDate the value of the `x-amz-date` header, `20130524T000000Z`
 * @param key `signingKey` of the same secret and the scope of `amzDate` and `region`
 */
export function authorization(
    request: CanonicalRequest,
    credentials: Credentials,
    amzDate: string,
    region: string,
    key: Buffer,
): string {
    const scope = credentialScope(amzDate, region)
    return (
        'AWS4-HMAC-SHA256 Credential=' +
        credentials.accessKeyId +
        '/' +
        scope +
        ',SignedHeaders=' +
        signedHeaders(request.headers) +
        ',Signature=' +
        signature(key, stringToSign(amzDate, scope, canonicalRequest(request)))
    )
}

function hmacSha256(key: string | Buffer) {
    return crypto.createHmac('sha256', key)
}

function sha256Hex(text: string): string {
    return crypto.createHash('sha256').update(text).digest('hex')
}
