import { expect, test } from 'vitest'
import {
    decodePlace,
    decodeRequest,
    encodeAfterSignature,
    encodeBeforeSignature,
    encodePlace,
    encodeRequest,
    encodeSigned,
    signedPattern,
    type BucketPlace,
} from '../../../../njs/signing/nginx-variables.js'

const place: BucketPlace = {
    region: 'eu-west-3',
    endpoint: 's3.example.com:9000',
    bucket: 'my-pypi',
    addressing: 'virtual',
}

test('a place is read as it was written', () => {
    expect(decodePlace(encodePlace(place))).toEqual(place)
    expect(decodePlace(encodePlace({ ...place, addressing: 'path' }))).not.toEqual(place)
})

test.each([
    { method: 'GET', key: 'demo/a b+c%é.whl', query: '' },
    { method: 'HEAD', key: '', query: '' },
    { method: 'GET', key: '', query: 'list-type=2&prefix=demo%2F' },
])('a request is read as it was written: %j', (request) => {
    const encoded = encodeRequest({ ...request, place: encodePlace(place) })
    expect(decodeRequest(encoded)).toEqual({ ...request, place: encodePlace(place) })
})

/** As nginx matches it: PCRE's `\z` is the end of the text. */
const nginxPattern = new RegExp(signedPattern.replace('\\z', '$(?![^])'))

test.each(['', 'a/token+of==a/session'])('nginx takes a signed request apart, with the session token "%s"', (token) => {
    const before = encodeBeforeSignature('s3.example.com', '20260228T235959Z', 'AWS4-HMAC-SHA256 Signature=')
    const signed = encodeSigned('/my-pypi/demo/a%2Bb?x=1', before, 'abc', encodeAfterSignature(token))
    expect(nginxPattern.exec(signed)?.groups).toEqual({
        s3_target: '/my-pypi/demo/a%2Bb?x=1',
        s3_host: 's3.example.com',
        s3_date: '20260228T235959Z',
        s3_authorization: 'AWS4-HMAC-SHA256 Signature=abc',
        s3_session_token: token,
    })
})

test.each(['', '\n\n\n\n', '/path\nhost\ndate\nauthorization', '/path\nhost\ndate\nauthorization\ntoken\nmore'])(
    '%j is no signed request: nginx sends nothing',
    (text) => expect(nginxPattern.test(text)).toBe(false),
)
