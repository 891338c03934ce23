import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import { createHash } from 'node:crypto'
import type { ClaimV4 } from './claim-v4.js'
import type { ChunkSigner } from './payload-claim.js'
import type { Query } from './request-target.js'
import type { SignedRequest } from './request.js'

const sha256OfNothing = createHash('sha256').digest('hex')

/**
 * The expected Signature Version 4, computed by the AWS SDK's signer.
 * @returns hex
 */
export async function signatureV4(request: SignedRequest, claim: ClaimV4, secret: string): Promise<string> {
    const headers: Record<string, string> = { 'x-amz-content-sha256': claim.payloadHash }
    for (const name of claim.signedHeaders) {
        // Clients sign UTF-8, and Node's strings have one character per byte.
        headers[name] = Buffer.from(request.headers.get(name) ?? '', 'latin1').toString('utf8')
    }
    const signed = await signer(claim, secret).sign(
        {
            method: request.method,
            protocol: 'http:',
            hostname: '',
            path: canonicalPath(request.target.path),
            query: queryRecord(request.target.query),
            headers,
        },
        {
            signingDate: claim.time,
            signableHeaders: new Set(claim.signedHeaders),
            // The signer adds and signs these two headers by default, even if the client did not sign them.
            unsignableHeaders: new Set(
                ['x-amz-date', 'x-amz-content-sha256'].filter((name) => !claim.signedHeaders.includes(name)),
            ),
        },
    )
    return /Signature=(\w+)$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? ''
}

/**
 * The signer of an aws-chunked body.
 * Source: AWS, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
 */
export function chunkSigner(claim: ClaimV4, secret: string): ChunkSigner {
    const stamp = claim.time.toISOString().replace(/[-:]|\.\d+/g, '')
    const sign = (kind: string, hashes: string[]): Promise<string> =>
        signer(claim, secret).sign([`AWS4-HMAC-SHA256-${kind}`, stamp, claim.scope.join('/'), ...hashes].join('\n'), {
            signingDate: claim.time,
        })
    return {
        seed: claim.signature,
        signChunk: (previous, sha256) => sign('PAYLOAD', [previous, sha256OfNothing, sha256]),
        signTrailer: (previous, sha256) => sign('TRAILER', [previous, sha256]),
    }
}

function signer(claim: ClaimV4, secret: string): SignatureV4 {
    return new SignatureV4({
        credentials: { accessKeyId: claim.accessKeyId, secretAccessKey: secret },
        region: claim.scope[1],
        service: claim.scope[2],
        sha256: Hash.bind(null, 'sha256'),
        applyChecksum: false,
        uriEscapePath: false,
    })
}

/** The canonical form of a path: keeps slashes and the unreserved characters of RFC 3986, encodes all others. */
function canonicalPath(path: string): string {
    return path
        .split('/')
        .map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, escapeCharacter))
        .join('/')
}

function escapeCharacter(character: string): string {
    return '%' + character.charCodeAt(0).toString(16).toUpperCase()
}

function queryRecord(query: Query): Record<string, string[]> {
    const record: Record<string, string[]> = Object.create(null)
    for (const [name, values] of query) record[name] = [...values]
    return record
}
