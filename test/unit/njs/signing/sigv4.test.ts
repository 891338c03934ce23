import crypto from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as sigv4 from '../../../../njs/signing/sigv4.js'
import vectors from '../../../fixtures/signing-vectors.json' with { type: 'json' }

const sha256 = (text: string) => crypto.createHash('sha256').update(text).digest('hex')

describe.each(vectors.sigv4)('published vectors: $source', (suite) => {
    const scope = sigv4.credentialScope(suite.amzDate, suite.region)
    const key = sigv4.signingKey(suite.secretAccessKey, scope)

    test('the signing key', () => {
        expect(key.toString('hex')).toBe(suite.signingKeyHex)
    })

    test.each(suite.cases as VectorCase[])('$name', (vector) => {
        const payloadHash = sha256(vector.body ?? '')
        const headers: sigv4.Header[] = Object.entries({
            ...vector.headers,
            host: suite.host,
            'x-amz-content-sha256': payloadHash,
            'x-amz-date': suite.amzDate,
        }).sort()
        const request = {
            ...{ method: vector.method, path: vector.path, query: vector.query, payloadHash },
            headers: sigv4.headerLines(headers),
            signedHeaders: sigv4.signedHeaders(headers),
        }
        const canonical = sigv4.canonicalRequest(request)
        const toSign = sigv4.stringToSign(suite.amzDate, scope, sigv4.sha256(canonical))

        if (vector.canonicalSha256 !== undefined) expect(sha256(canonical)).toBe(vector.canonicalSha256)
        expect(toSign).toBe(`AWS4-HMAC-SHA256\n${suite.amzDate}\n${scope}\n${sha256(canonical)}`)
        expect(sigv4.signature(key, toSign)).toBe(vector.signature)
        expect(sigv4.authorization(suite.accessKeyId, scope, request.signedHeaders, vector.signature)).toBe(
            `AWS4-HMAC-SHA256 Credential=${suite.accessKeyId}/${scope},` +
                `SignedHeaders=${headers.map(([name]) => name).join(';')},Signature=${vector.signature}`,
        )
        const otherDay = sigv4.signingKey(suite.secretAccessKey, scope.replace(/^\d+/, '19700101'))
        expect(sigv4.signature(otherDay, toSign)).not.toBe(vector.signature)
    })
})

interface VectorCase {
    name: string
    method: string
    path: string
    query: string
    body?: string
    headers: Record<string, string>
    canonicalSha256?: string
    signature: string
}
