import { S3Error } from './errors.js'
import { parameter } from './request-target.js'
import type { SignedRequest } from './request.js'

/** The algorithm of Signature Version 4. Version 4A, which uses elliptic curves, is not supported. */
export const algorithmV4 = 'AWS4-HMAC-SHA256'

/** The unverified Signature Version 4 fields of a request. */
export interface ClaimV4 {
    readonly accessKeyId: string
    /** The credential scope: date (YYYYMMDD), region, service and `aws4_request`. */
    readonly scope: readonly [date: string, region: string, service: string, terminator: string]
    /** The signing time. */
    readonly time: Date
    /** Lower-case names. */
    readonly signedHeaders: readonly string[]
    /** In hex. */
    readonly signature: string
    /** The hash of the payload, or a keyword such as UNSIGNED-PAYLOAD. */
    readonly payloadHash: string
    /** Lifetime of a presigned URL, in seconds; undefined for a signature in the Authorization header. */
    readonly expires: number | undefined
    readonly sessionToken: string | undefined
}

/**
 * The claim in an Authorization header. Source: AWS, "Authenticating Requests: Using the Authorization Header".
 * @throws S3Error AuthorizationHeaderMalformed, AccessDenied, InvalidRequest
 */
export function claimInHeader(request: SignedRequest): ClaimV4 {
    const authorization = (request.headers.get('authorization') ?? '').slice(algorithmV4.length)
    const fields = new Map(authorization.split(',').map((field) => splitField(field.trim())))
    const payloadHash = request.headers.get('x-amz-content-sha256')
    if (payloadHash === undefined) {
        throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
    }
    const wrong = (message: string): S3Error => new S3Error('AuthorizationHeaderMalformed', message)
    return {
        ...readFields((name) => fields.get(name), wrong),
        time: readTime(request.headers.get('x-amz-date'), wrong),
        payloadHash,
        expires: undefined,
        sessionToken: request.headers.get('x-amz-security-token'),
    }
}

/**
 * The claim in the query of a presigned URL. Source: AWS, "Authenticating Requests: Using Query Parameters".
 * @throws S3Error AuthorizationQueryParametersError
 */
export function claimInQuery(request: SignedRequest): ClaimV4 {
    const wrong = (message: string): S3Error => new S3Error('AuthorizationQueryParametersError', message)
    const get = (name: string): string | undefined => parameter(request.target.query, `X-Amz-${name}`)
    const expires = get('Expires') ?? ''
    if (get('Algorithm') !== algorithmV4) throw wrong(`X-Amz-Algorithm only supports "${algorithmV4}"`)
    if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > 604_800) {
        throw wrong('X-Amz-Expires must be a number of seconds, at least 1 and less than a week (604800)')
    }
    return {
        ...readFields(get, wrong),
        time: readTime(get('Date'), wrong),
        payloadHash: get('Content-Sha256') ?? request.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
        expires: Number(expires),
        sessionToken: get('Security-Token'),
    }
}

type Fields = Pick<ClaimV4, 'accessKeyId' | 'scope' | 'signedHeaders' | 'signature'>

function readFields(get: (name: string) => string | undefined, wrong: (message: string) => S3Error): Fields {
    const [credential, signedHeaders, signature] = ['Credential', 'SignedHeaders', 'Signature'].map(get)
    if (credential === undefined || signedHeaders === undefined || signature === undefined) {
        throw wrong('The authorization needs Credential, SignedHeaders and Signature')
    }
    // An access key may contain slashes: the scope is separated by the last four.
    const [, accessKeyId, date, region, service, terminator] =
        /^(.+)\/([^/]*)\/([^/]*)\/([^/]*)\/([^/]*)$/.exec(credential) ?? []
    if (!accessKeyId || !date || region === undefined || service === undefined || terminator === undefined) {
        throw wrong('The Credential must be "ACCESSKEY/YYYYMMDD/REGION/SERVICE/aws4_request"')
    }
    return {
        accessKeyId,
        scope: [date, region, service, terminator],
        signedHeaders: signedHeaders.split(';'),
        signature,
    }
}

function readTime(text: string | undefined, wrong: (message: string) => S3Error): Date {
    const [, year, month, day, hour, minute, second] =
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '') ?? []
    const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
    if (Number.isNaN(time.getTime()))
        throw wrong('The date must be X-Amz-Date in ISO 8601 basic form: YYYYMMDDTHHMMSSZ')
    return time
}

function splitField(field: string): [string, string] {
    const index = field.indexOf('=')
    return [field.slice(0, index), field.slice(index + 1)]
}
