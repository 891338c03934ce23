import { expect, test } from 'vitest'
import * as sigv2 from '../../../../njs/signing/sigv2.js'
import vectors from '../../../fixtures/signing-vectors.json' with { type: 'json' }

for (const suite of vectors.sigv2) {
    test.each(suite.cases)('$name', ({ stringToSign, signature }) => {
        const request = parts(stringToSign)

        expect(sigv2.stringToSign(request)).toBe(stringToSign)
        expect(sigv2.signature(suite.secretAccessKey, stringToSign)).toBe(signature)
        expect(sigv2.authorization(suite.accessKeyId, signature)).toBe(`AWS ${suite.accessKeyId}:${signature}`)
        expect(sigv2.signature(suite.secretAccessKey + 'x', stringToSign)).not.toBe(signature)
    })
}

/** The parts of a string to sign, which lie on lines of their own. */
function parts(stringToSign: string): sigv2.SignedRequest {
    const [method, contentMd5, contentType, date, ...rest] = stringToSign.split('\n')
    const resource = rest.pop()!
    const amzHeaders = rest.map((line) => line + '\n').join('')
    return { method: method!, contentMd5: contentMd5!, contentType: contentType!, date: date!, amzHeaders, resource }
}
