import crypto from 'node:crypto'
import { expect, test } from 'vitest'
import * as sigv2 from '../../../njs/sigv2.js'
import vectors from '../../fixtures/signing-vectors.json' with { type: 'json' }

for (const suite of vectors.sigv2) {
    const credentials = { accessKeyId: suite.accessKeyId, secretAccessKey: suite.secretAccessKey, sessionToken: '' }

    test.each(suite.cases)('$name', ({ stringToSign, signature }) => {
        const request = parts(stringToSign)

        expect(sigv2.stringToSign(request)).toBe(stringToSign)
        expect(sigv2.signature(suite.secretAccessKey, stringToSign)).toBe(signature)
        expect(sigv2.authorization(request, credentials)).toBe(`AWS ${suite.accessKeyId}:${signature}`)
        expect(sigv2.signature(suite.secretAccessKey + 'x', stringToSign)).not.toBe(signature)
    })
}

test('a session token is signed', () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }
    const request = {
        method: 'GET',
        contentMd5: '',
        contentType: '',
        date: '',
        amzHeaders: 'x-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\nx-amz-security-token:token\n',
        resource: '/bucket/key',
    }
    const expected = crypto
        .createHmac('sha1', 'secret')
        .update('GET\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 GMT\nx-amz-security-token:token\n/bucket/key')
        .digest('base64')

    expect(sigv2.authorization(request, credentials)).toBe(`AWS AKID:${expected}`)
})

/** The parts of a string to sign, which lie on lines of their own. */
function parts(stringToSign: string): sigv2.SignedRequest {
    const [method, contentMd5, contentType, date, ...rest] = stringToSign.split('\n')
    const resource = rest.pop()!
    const amzHeaders = rest.map((line) => line + '\n').join('')
    return { method: method!, contentMd5: contentMd5!, contentType: contentType!, date: date!, amzHeaders, resource }
}
