import crypto from 'crypto'

/** A request in the form in which Signature Version 2 signs it; empty strings for headers that are not sent. */
export interface SignedRequest {
    method: string
    contentMd5: string
    contentType: string
    /** The `Date` header; empty when `x-amz-date` is sent. */
    date: string
    /** `name:value\n` of each `x-amz-*` header, lower case and sorted. */
    amzHeaders: string
    /** `/BUCKET/KEY` with the key as it is on the wire: this version signs the bytes that are sent. */
    resource: string
}

/** The string to sign. @see AWS S3 API reference, "Signing and authenticating REST requests" */
export function stringToSign(request: SignedRequest): string {
    return ''.concat(
        request.method,
        '\n',
        request.contentMd5,
        '\n',
        request.contentType,
        '\n',
        request.date,
        '\n',
        request.amzHeaders,
        request.resource,
    )
}

/** The signature: HMAC-SHA1 in base64. */
export function signature(secretAccessKey: string, toSign: string): string {
    return crypto.createHmac('sha1', secretAccessKey).update(toSign).digest('base64')
}

/** The value of the `Authorization` header. */
export function authorization(accessKeyId: string, signature: string): string {
    return 'AWS ' + accessKeyId + ':' + signature
}
