import { createHmac } from 'node:crypto'
import { S3Error } from './errors.js'
import { parameter, type Query } from './request-target.js'
import type { Headers, SignedRequest } from './request.js'

/** The unverified Signature Version 2 fields of a request. */
export interface ClaimV2 {
    readonly accessKeyId: string
    /** In base64. */
    readonly signature: string
    /** The signing time, or the expiration of a presigned URL. */
    readonly time: Date
    readonly isPresigned: boolean
    readonly sessionToken: string | undefined
}

/** The parameters that belong to the signed resource. Source: AWS, "Signing and Authenticating REST Requests". */
const signedParameters = new Set(
    (
        'acl cors delete lifecycle location logging notification partNumber policy requestPayment restore tagging ' +
        'torrent uploadId uploads versionId versioning versions website response-cache-control ' +
        'response-content-disposition response-content-encoding response-content-language response-content-type ' +
        'response-expires'
    ).split(' '),
)

/** The claim in an Authorization header, `AWS KEY:SIGNATURE`. @throws S3Error InvalidArgument, AccessDenied */
export function claimV2InHeader({ headers }: SignedRequest): ClaimV2 {
    // The access key may contain colons, as OpenStack's do; the signature can't.
    const [, accessKeyId, signature] = /^AWS (.+):([^:]+)$/.exec(headers.get('authorization') ?? '') ?? []
    if (accessKeyId === undefined || signature === undefined) {
        throw new S3Error('InvalidArgument', 'The Authorization header must be "AWS ACCESSKEY:SIGNATURE"')
    }
    const time = new Date(headers.get('x-amz-date') ?? headers.get('date') ?? '')
    if (Number.isNaN(time.getTime())) {
        throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
    }
    return { accessKeyId, signature, time, isPresigned: false, sessionToken: headers.get('x-amz-security-token') }
}

/** The claim in the query of a presigned URL. @throws S3Error AccessDenied */
export function claimV2InQuery({ target: { query } }: SignedRequest): ClaimV2 {
    const [accessKeyId, signature, expires] = ['AWSAccessKeyId', 'Signature', 'Expires'].map((name) =>
        parameter(query, name),
    )
    if (accessKeyId === undefined || signature === undefined || !/^\d{1,11}$/.test(expires ?? '')) {
        throw new S3Error(
            'AccessDenied',
            'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
        )
    }
    const sessionToken = parameter(query, 'x-amz-security-token')
    return { accessKeyId, signature, time: new Date(Number(expires) * 1000), isPresigned: true, sessionToken }
}

/** The expected Signature Version 2. @returns base64 */
export function signatureV2(request: SignedRequest, claim: ClaimV2, secret: string): string {
    return createHmac('sha1', secret).update(stringToSign(request, claim), 'latin1').digest('base64')
}

function stringToSign(request: SignedRequest, { isPresigned, time }: ClaimV2): string {
    // A presigned URL contains the signed headers in its query.
    const headers = isPresigned ? headersInQuery(request.target.query) : request.headers
    // x-amz-date replaces Date and is signed with the x-amz headers.
    const date = headers.has('x-amz-date') ? '' : (headers.get('date') ?? '')
    return [
        request.method,
        headers.get('content-md5') ?? '',
        headers.get('content-type') ?? '',
        isPresigned ? String(time.getTime() / 1000) : date,
        ...canonicalAmzHeaders(headers),
        canonicalResource(request),
    ].join('\n')
}

function headersInQuery(query: Query): Headers {
    const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
    return new Map([...query].map(([name, values]) => [name.toLowerCase(), latin1(values.join(','))]))
}

function canonicalAmzHeaders(headers: Headers): string[] {
    return [...headers]
        .filter(([name]) => name.startsWith('x-amz-'))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}:${value.replace(/\r?\n\s+/g, ' ').trim()}`)
}

/** CanonicalizedResource: the bucket of virtual-hosted style, the path as sent, and the subresource parameters. */
function canonicalResource({ target }: SignedRequest): string {
    const bucket = target.virtualBucket === undefined ? '' : `/${target.virtualBucket}`
    const parameters = canonicalParameters(target.query)
    return bucket + target.rawPath + (parameters === '' ? '' : `?${parameters}`)
}

function canonicalParameters(query: Query): string {
    return [...query]
        .filter(([name]) => signedParameters.has(name))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, [value]]) => (value === undefined || value === '' ? name : `${name}=${value}`))
        .join('&')
}
