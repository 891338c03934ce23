import { canonicalPath } from '../../core/canonical-path.js'
import { bucketFrom } from '../signing/bucket-name.js'
import type { Credentials } from '../signing/credentials.js'
import { decodePlace } from '../signing/nginx-variables.js'
import * as sigv2 from '../signing/sigv2.js'
import * as sigv4 from '../signing/sigv4.js'
import type { Header } from '../signing/sigv4.js'

/** A request to S3 before it is signed. */
export interface S3Request {
    method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
    /** Without the bucket; empty for the bucket itself. */
    key: string
    /** Without encoding. */
    query?: [name: string, value: string][]
    /** Names in lower case, see `uploadHeaders`. */
    headers?: Header[]
    body?: Buffer
    /** Send the body of the client's request, which nginx has in a file. */
    ownBody?: boolean
    /** SHA-256 of the body, hex; required when there is one. */
    payloadHash?: string
}

/** Where to send a request, and who signs it. */
export interface S3Place {
    signature: 'V4' | 'V2'
    region: string
    /** The Host header. */
    host: string
    bucket: string
    isVirtualHost: boolean
}

/** @param encodedPlace see nginx-variables @param override `AWS_S3_BUCKET` @throws Error when that is no bucket's name */
export function placeOf(encodedPlace: string, override: string | undefined, signature: 'V4' | 'V2'): S3Place {
    const { region, endpoint, bucket: configured, addressing } = decodePlace(encodedPlace)
    const bucket = bucketFrom(override, configured)
    const isVirtualHost = addressing === 'virtual'
    return { signature, region, bucket, isVirtualHost, host: isVirtualHost ? `${bucket}.${endpoint}` : endpoint }
}

/** A request as nginx sends it. */
export interface SignedRequest {
    /** `PATH[?QUERY]` */
    target: string
    headers: Header[]
}

/**
 * Signs a request with all its headers.
 *
 * @see AWS, "Create a signed AWS API request"; for version 2 "Signing and authenticating REST requests"
 */
export function signRequest(place: S3Place, credentials: Credentials, request: S3Request, now: Date): SignedRequest {
    const path = (place.isVirtualHost ? '/' : `/${place.bucket}/`) + canonicalPath(request.key)
    const query = (request.query ?? [])
        .map(([name, value]) => [encode(name), encode(value)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1))
    const sent = query.map(([name, value]) => `${name}=${value}`).join('&')
    const headers = [...(request.headers ?? [])]
    if (credentials.sessionToken !== '') headers.push(['x-amz-security-token', credentials.sessionToken])
    const signed = place.signature === 'V4' ? signV4 : signV2
    return {
        target: sent === '' ? path : `${path}?${sent}`,
        headers: signed(place, credentials, request, headers, path, query, now),
    }
}

type Query = (readonly [name: string, value: string])[]

function signV4(
    place: S3Place,
    credentials: Credentials,
    request: S3Request,
    given: Header[],
    path: string,
    query: Query,
    now: Date,
): Header[] {
    const date = now.toISOString().replace(/[:-]|\.\d{3}/g, '')
    const payloadHash = request.payloadHash ?? sigv4.emptyPayloadHash
    const headers: Header[] = [
        ...given,
        ['host', place.host],
        ['x-amz-content-sha256', payloadHash],
        ['x-amz-date', date],
    ]
    headers.sort(([one], [other]) => (one < other ? -1 : 1))
    const signedHeaders = sigv4.signedHeaders(headers)
    const canonicalRequest = sigv4.canonicalRequest({
        method: request.method,
        path,
        query: query.map(([name, value]) => `${name}=${value}`).join('&'),
        headers: sigv4.headerLines(headers),
        signedHeaders,
        payloadHash,
    })
    const scope = sigv4.credentialScope(date, place.region)
    const key = sigv4.signingKey(credentials.secretAccessKey, scope)
    const signature = sigv4.signature(key, sigv4.stringToSign(date, scope, sigv4.sha256(canonicalRequest)))
    return [
        ...headers,
        ['authorization', sigv4.authorization(credentials.accessKeyId, scope, signedHeaders, signature)],
    ]
}

/** The parameters that version 2 signs, of those that this program sends. */
const subresources = ['partNumber', 'uploadId', 'uploads']

function signV2(
    place: S3Place,
    credentials: Credentials,
    request: S3Request,
    given: Header[],
    path: string,
    query: Query,
    now: Date,
): Header[] {
    const headers: Header[] = [...given, ['x-amz-date', now.toUTCString()]]
    headers.sort(([one], [other]) => (one < other ? -1 : 1))
    const value = (wanted: string) => headers.find(([name]) => name === wanted)?.[1] ?? ''
    const signedQuery = query
        .filter(([name]) => subresources.indexOf(name) >= 0)
        .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
        .join('&')
    const toSign = sigv2.stringToSign({
        method: request.method,
        contentMd5: value('content-md5'),
        contentType: value('content-type'),
        date: '',
        amzHeaders: sigv4.headerLines(headers.filter(([name]) => name.startsWith('x-amz-'))),
        resource:
            (place.isVirtualHost ? `/${place.bucket}` : '') + path + (signedQuery === '' ? '' : `?${signedQuery}`),
    })
    const signature = sigv2.signature(credentials.secretAccessKey, toSign)
    return [
        ...headers,
        ['host', place.host],
        ['authorization', sigv2.authorization(credentials.accessKeyId, signature)],
    ]
}

/** Encodes a parameter: unlike in a path, a slash too. */
function encode(text: string): string {
    return canonicalPath(text).split('/').join('%2F')
}
