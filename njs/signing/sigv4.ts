import { canonicalPath } from '../../core/canonical-path.js'
import crypto from 'crypto'

/** A request as it goes over the wire, in the form in which it is signed. */
export interface CanonicalRequest {
    method: string
    /** The canonical path, from `canonicalPath`. */
    path: string
    /** `a=1&b=2`, encoded and sorted; empty for none. */
    query: string
    /** `name:value\n` of each header that is signed, the names in lower case and sorted; `host` is one of them. */
    headers: string
    /** Their names: `host;x-amz-date`. */
    signedHeaders: string
    /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`. */
    payloadHash: string
}

/** A header's name in lower case and its value without white space around it. */
export type Header = [name: string, value: string]

/** Headers as `headers` of a canonical request. */
export function headerLines(headers: Header[]): string {
    return headers.map((header) => `${header[0]}:${header[1]}\n`).join('')
}

/** Headers as `signedHeaders` of a canonical request. */
export function signedHeaders(headers: Header[]): string {
    return headers.map((header) => header[0]).join(';')
}

/** SHA-256 of no bytes, in hex: the payload hash of every GET and HEAD. */
export const emptyPayloadHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/**
 * The request for an object or a bucket, without its method and its path, which are empty. It is written out, since njs
 * takes longer to put headers together than to hash.
 *
 * @param amzDate `20130524T000000Z`, UTC
 * @param token the session token, empty for none
 */
export function objectRequest(host: string, amzDate: string, token: string): CanonicalRequest {
    return {
        method: '',
        path: '',
        query: '',
        headers: ''.concat(
            'host:',
            host,
            '\nx-amz-content-sha256:',
            emptyPayloadHash,
            '\nx-amz-date:',
            amzDate,
            token ? '\nx-amz-security-token:' + token + '\n' : '\n',
        ),
        signedHeaders: token
            ? 'host;x-amz-content-sha256;x-amz-date;x-amz-security-token'
            : 'host;x-amz-content-sha256;x-amz-date',
        payloadHash: emptyPayloadHash,
    }
}

/** The canonical request of AWS, "Create a signed AWS API request", step 1. */
export function canonicalRequest(request: CanonicalRequest): string {
    // One call: a chain of +, which templates become, copies its beginning again and again.
    return ''.concat(
        request.method,
        '\n',
        request.path,
        '\n',
        request.query,
        '\n',
        request.headers,
        '\n',
        request.signedHeaders,
        '\n',
        request.payloadHash,
    )
}

/** The credential scope: `20130524/us-east-1/s3/aws4_request`. @param amzDate `20130524T000000Z`, UTC */
export function credentialScope(amzDate: string, region: string): string {
    return amzDate.slice(0, 8) + '/' + region + '/s3/aws4_request'
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
    return crypto.createHash('sha256').update(text).digest('hex')
}

/** The string to sign of step 3. @param hash SHA-256 of the canonical request, in hex */
export function stringToSign(amzDate: string, scope: string, hash: string): string {
    return ''.concat('AWS4-HMAC-SHA256\n', amzDate, '\n', scope, '\n', hash)
}

/** The signing key of step 4: 32 bytes that depend on the secret and the scope, thus good for one UTC day. */
export function signingKey(secretAccessKey: string, scope: string): Buffer {
    return scope
        .split('/')
        .reduce<string | Buffer>(
            (key, part) => crypto.createHmac('sha256', key).update(part).digest(),
            'AWS4' + secretAccessKey,
        ) as Buffer
}

/** The signature: 64 hexadecimal digits. */
export function signature(key: Buffer, toSign: string): string {
    return crypto.createHmac('sha256', key).update(toSign).digest('hex')
}

/** The value of the `Authorization` header. @param scope `credentialScope` of the date that is signed */
export function authorization(accessKeyId: string, scope: string, signedHeaders: string, signature: string): string {
    return ''.concat(
        'AWS4-HMAC-SHA256 Credential=',
        accessKeyId,
        '/',
        scope,
        ',SignedHeaders=',
        signedHeaders,
        ',Signature=',
        signature,
    )
}

/**
 * The query of a presigned URL, without the signature; encoded and sorted, so it is canonical.
 *
 * @param expires seconds after `amzDate`, 604,800 at most
 * @param token the session token, empty for none
 * @param others parameters that sort after those of the signature, encoded and sorted; empty for none
 * @see AWS, "Authenticating Requests: Using Query Parameters"
 */
export function presignedQuery(
    accessKeyId: string,
    scope: string,
    amzDate: string,
    expires: number,
    token: string,
    others: string,
): string {
    return ''.concat(
        'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=',
        queryValue(accessKeyId + '/' + scope),
        '&X-Amz-Date=',
        amzDate,
        '&X-Amz-Expires=',
        String(expires),
        token ? '&X-Amz-Security-Token=' + queryValue(token) : '',
        '&X-Amz-SignedHeaders=host',
        others ? '&' + others : '',
    )
}

/** A value as AWS's UriEncode writes it in a query: unlike in a path, the slash is encoded. */
function queryValue(text: string): string {
    return canonicalPath(text).split('/').join('%2F')
}
