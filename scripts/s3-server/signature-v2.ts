import { createHmac } from 'node:crypto'
import { S3Error } from './errors.js'
import type { Query } from './request-target.js'
import type { SignedRequest } from './request.js'

/** What a request says about its own Signature Version 2; nothing of it is verified yet. */
export interface ClaimV2 {
    readonly accessKeyId: string
    /** In base64. */
    readonly signature: string
    readonly time: Date
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

/** The claim in an Authorization header `AWS KEY:SIGNATURE`. @throws S3Error InvalidArgument, AccessDenied */
export function claimV2(request: SignedRequest): ClaimV2 {
    // The key may hold colons (OpenStack's do), the signature can't.
    const [, accessKeyId, signature] = /^AWS (.+):([^:]+)$/.exec(request.headers.get('authorization') ?? '') ?? []
    if (accessKeyId === undefined || signature === undefined) {
        throw new S3Error('InvalidArgument', 'The Authorization header must be "AWS ACCESSKEY:SIGNATURE"')
    }
    const time = new Date(request.headers.get('x-amz-date') ?? request.headers.get('date') ?? '')
    if (Number.isNaN(time.getTime())) {
        throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
    }
    return { accessKeyId, signature, time, sessionToken: request.headers.get('x-amz-security-token') }
}

/** The Signature Version 2 that the request should carry. @returns base64 */
export function signatureV2(request: SignedRequest, secret: string): string {
    return createHmac('sha1', secret).update(stringToSign(request), 'latin1').digest('base64')
}

function stringToSign(request: SignedRequest): string {
    const { headers, method } = request
    return [
        method,
        headers.get('content-md5') ?? '',
        headers.get('content-type') ?? '',
        // x-amz-date replaces Date, and is signed among the amz headers.
        headers.has('x-amz-date') ? '' : (headers.get('date') ?? ''),
        ...canonicalAmzHeaders(request),
        canonicalResource(request),
    ].join('\n')
}

function canonicalAmzHeaders({ headers }: SignedRequest): string[] {
    return [...headers]
        .filter(([name]) => name.startsWith('x-amz-'))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}:${value.replace(/\r?\n\s+/g, ' ').trim()}`)
}

/** The bucket of virtual-host style, the path's exact bytes and the parameters that select something. */
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
