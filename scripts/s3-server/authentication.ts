import { timingSafeEqual } from 'node:crypto'
import { algorithmV4, claimInHeader, claimInQuery, type ClaimV4 } from './claim-v4.js'
import { S3Error } from './errors.js'
import type { PayloadClaim } from './payload-claim.js'
import type { SignedRequest } from './request.js'
import { claimV2InHeader, claimV2InQuery, signatureV2, type ClaimV2 } from './signature-v2.js'
import { chunkSigner, signatureV4 } from './signature-v4.js'

/** Credentials with full access. */
export interface Credential {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    /** For temporary credentials, which must send it. */
    readonly sessionToken?: string
    /** When temporary credentials expire. */
    readonly expires?: Date
}

/** The accepted credentials, and the server's region. */
export interface Realm {
    readonly credentials: readonly Credential[]
    readonly region: string
}

const maximalSkew = 15 * 60 * 1000

/**
 * Verifies the Signature Version 4 or 2 of a request, in the header or the query.
 * @param time the server's clock, in milliseconds since 1970
 * @returns the signature's claim about the body
 * @throws S3Error AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed and others
 */
export async function authenticate(request: SignedRequest, realm: Realm, time: number): Promise<PayloadClaim> {
    const authorization = request.headers.get('authorization')
    const isPresignedV4 = request.target.query.has('X-Amz-Algorithm')
    const isPresignedV2 = request.target.query.has('AWSAccessKeyId')
    if (authorization !== undefined && (isPresignedV4 || isPresignedV2)) {
        throw new S3Error('InvalidArgument', 'Only one auth mechanism allowed: the header or the query')
    }
    if (isPresignedV4) return await verifyV4(request, claimInQuery(request), realm, time)
    if (isPresignedV2) return verifyV2(request, claimV2InQuery(request), realm, time)
    if (authorization === undefined) throw new S3Error('AccessDenied', 'Access Denied')
    if (authorization.startsWith(algorithmV4)) {
        return await verifyV4(request, claimInHeader(request), realm, time)
    }
    if (authorization.startsWith('AWS ')) return verifyV2(request, claimV2InHeader(request), realm, time)
    throw new S3Error('InvalidArgument', 'Unsupported Authorization Type')
}

async function verifyV4(request: SignedRequest, claim: ClaimV4, realm: Realm, time: number): Promise<PayloadClaim> {
    verifyScope(claim, realm.region)
    verifySignedHeaders(request, claim)
    const { secretAccessKey } = findCredential(claim, realm, time)
    verifyTime(claim, time)
    const payload = payloadClaim(claim, secretAccessKey)
    requireEqual(claim.signature, await signatureV4(request, claim, secretAccessKey))
    return payload
}

function verifyV2(request: SignedRequest, claim: ClaimV2, realm: Realm, time: number): PayloadClaim {
    const { secretAccessKey } = findCredential(claim, realm, time)
    if (!claim.isPresigned) verifySkew(claim.time, time)
    else if (time > claim.time.getTime()) throw expired()
    requireEqual(claim.signature, signatureV2(request, claim, secretAccessKey))
    return { kind: 'unsigned' }
}

function findCredential(
    claim: { accessKeyId: string; sessionToken: string | undefined },
    realm: Realm,
    time: number,
): Credential {
    const credential = realm.credentials.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId)
    // Like AWS: the key of temporary credentials is unknown without their token.
    if (credential === undefined || (credential.sessionToken !== undefined && claim.sessionToken === undefined)) {
        throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
            AWSAccessKeyId: claim.accessKeyId,
        })
    }
    if (claim.sessionToken !== undefined && !isEqual(claim.sessionToken, credential.sessionToken ?? '')) {
        throw new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.')
    }
    if (credential.expires !== undefined && time >= credential.expires.getTime()) {
        throw new S3Error('ExpiredToken', 'The provided token has expired.')
    }
    return credential
}

function verifyScope({ scope, time }: ClaimV4, region: string): void {
    const [date, scopeRegion, service, terminator] = scope
    const wrong = (message: string): S3Error =>
        new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`, {
            Region: region,
        })
    if (scopeRegion !== region) throw wrong(`the region '${scopeRegion}' is wrong; expecting '${region}'`)
    if (service !== 's3') throw wrong(`incorrect service "${service}". This endpoint belongs to "s3".`)
    if (terminator !== 'aws4_request') throw wrong(`incorrect terminal "${terminator}". It must be "aws4_request".`)
    if (date !== time.toISOString().slice(0, 10).replaceAll('-', '')) {
        throw wrong(`the credential's date "${date}" is not that of X-Amz-Date.`)
    }
}

function verifySignedHeaders({ headers }: SignedRequest, { signedHeaders }: ClaimV4): void {
    // x-amz-content-sha256 need not be signed: the canonical request contains the payload hash anyway.
    const unsigned = [...headers.keys()].filter(
        (name) =>
            (name === 'host' || (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256')) &&
            !signedHeaders.includes(name),
    )
    if (unsigned.length > 0) {
        throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
            HeadersNotSigned: unsigned.join(', '),
        })
    }
    // The AWS SDK's signer, which recomputes the signature, omits this header.
    if (signedHeaders.includes('date')) {
        throw new S3Error('NotImplemented', 'This server verifies x-amz-date, not a signed Date header')
    }
}

function verifyTime(claim: ClaimV4, time: number): void {
    if (claim.expires === undefined) return verifySkew(claim.time, time)
    const age = time - claim.time.getTime()
    if (age > claim.expires * 1000) throw expired()
    if (age < -maximalSkew) throw new S3Error('AccessDenied', 'Request is not valid yet')
}

function verifySkew(signed: Date, time: number): void {
    if (Math.abs(time - signed.getTime()) <= maximalSkew) return
    throw new S3Error(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        { RequestTime: signed.toISOString(), ServerTime: new Date(time).toISOString() },
    )
}

function expired(): S3Error {
    return new S3Error('AccessDenied', 'Request has expired')
}

function payloadClaim(claim: ClaimV4, secret: string): PayloadClaim {
    const { payloadHash } = claim
    if (payloadHash === 'UNSIGNED-PAYLOAD') return { kind: 'unsigned' }
    if (/^[0-9a-f]{64}$/.test(payloadHash)) return { kind: 'sha256', sha256: payloadHash }
    const [, signed, trailer] = /^STREAMING-(AWS4-HMAC-SHA256|UNSIGNED)-PAYLOAD(-TRAILER)?$/.exec(payloadHash) ?? []
    if (signed === undefined || (signed === 'UNSIGNED' && trailer === undefined)) {
        throw new S3Error(
            'InvalidArgument',
            'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING-…-PAYLOAD or a valid sha256 value.',
        )
    }
    const signer = signed === 'UNSIGNED' ? undefined : chunkSigner(claim, secret)
    return { kind: 'chunked', signer, trailer: trailer !== undefined }
}

function requireEqual(given: string, right: string): void {
    if (isEqual(given, right)) return
    throw new S3Error(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing ' +
            'method.',
    )
}

/** Compares in constant time, against timing attacks. */
function isEqual(given: string, right: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(right)]
    return a.length === b.length && timingSafeEqual(a, b)
}
