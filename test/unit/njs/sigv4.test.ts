import { HttpRequest } from '@smithy/core/protocols'
import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import crypto from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { canonicalPath } from '../../../njs/key-path.js'
import * as sigv4 from '../../../njs/sigv4.js'
import vectors from '../../fixtures/signing-vectors.json' with { type: 'json' }
import { hostileNames } from '../../support/hostile-keys.js'

const sha256 = (text: string) => crypto.createHash('sha256').update(text).digest('hex')

describe.each(vectors.sigv4)('published vectors: $source', (suite) => {
    const credentials = {
        accessKeyId: suite.accessKeyId,
        secretAccessKey: suite.secretAccessKey,
        sessionToken: '',
    }
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
        const toSign = sigv4.stringToSign(suite.amzDate, scope, canonical)

        if (vector.canonicalSha256 !== undefined) expect(sha256(canonical)).toBe(vector.canonicalSha256)
        expect(toSign).toBe(`AWS4-HMAC-SHA256\n${suite.amzDate}\n${scope}\n${sha256(canonical)}`)
        expect(sigv4.signature(key, toSign)).toBe(vector.signature)
        expect(sigv4.authorization(request, credentials, suite.amzDate, scope, key)).toBe(
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

describe('an independent signer agrees', () => {
    const keys = [...hostileNames, ...randomKeys(200)]

    test.each(['', 'a/session+token=='])('with session token "%s"', async (sessionToken) => {
        for (const key of keys) {
            const path = '/bucket/' + canonicalPath(key, () => Buffer.from(key))
            const ours = ourAuthorization(path, sessionToken)
            expect(ours, key).toBe(await smithyAuthorization(path, sessionToken))
            expect(ours, key).not.toBe(ourAuthorization(path + 'x', sessionToken))
        }
    })
})

const now = new Date('2026-02-28T23:59:59Z')
const signer = { accessKeyId: 'AKID', secretAccessKey: 'a/secret+with spaces' }

function ourAuthorization(path: string, sessionToken: string): string {
    const amzDate = '20260228T235959Z'
    const scope = sigv4.credentialScope(amzDate, 'eu-west-3')
    const key = sigv4.signingKey(signer.secretAccessKey, scope)
    const request = sigv4.objectRequest('GET', 's3.example.com:9000', path, amzDate, sessionToken)
    return sigv4.authorization(request, { ...signer, sessionToken }, amzDate, scope, key)
}

async function smithyAuthorization(path: string, sessionToken: string): Promise<string> {
    const smithy = new SignatureV4({
        credentials: sessionToken ? { ...signer, sessionToken } : signer,
        region: 'eu-west-3',
        service: 's3',
        sha256: Hash.bind(null, 'sha256'),
        uriEscapePath: false,
    })
    const request = new HttpRequest({ method: 'GET', path, headers: { host: 's3.example.com:9000' } })
    const signed = await smithy.sign(request, { signingDate: now })
    return signed.headers.authorization!.replaceAll(', ', ',')
}

/** Keys of random characters from all of Unicode; the seed makes a failure repeat. */
function randomKeys(count: number): string[] {
    let seed = 20260228
    const random = (limit: number) => (seed = (seed * 48271) % 0x7fffffff) % limit
    const character = () => {
        const code = [random(0x80), random(0x800), random(0xd800), 0x10000 + random(0x100000)][random(4)]!
        return String.fromCodePoint(code || 1)
    }
    return Array.from({ length: count }, () => Array.from({ length: 1 + random(30) }, character).join(''))
}
