import { expect, test } from 'vitest'
import { parseKeySet } from '../../../../core/tokens/issuer-keys.js'
import { encoded, newSigningKey } from '../../../support/tokens/issuer-keys.js'

const { jwk: rsa } = newSigningKey('rsa')
const { jwk: ec } = newSigningKey('ec', 'ES256')
const set = (...keys: unknown[]) => JSON.stringify({ keys })

test('a key set of several types: those of the algorithm, with what WebCrypto needs', () => {
    const more = { ...rsa, x5c: ['MII'], x5t: 'x', key_ops: ['verify'] }
    expect(parseKeySet(set(more, ec), 'RS256').keys).toEqual([{ kid: 'rsa', kty: 'RSA', n: rsa.n, e: 'AQAB' }])
    expect(parseKeySet(set(rsa, ec), 'ES256').keys).toEqual([{ kid: 'ec', kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y }])
    expect(parseKeySet(set({ ...rsa, use: undefined, alg: undefined }), 'RS256').keys.length).toBe(1)
})

const others = [1, null, 'x', {}, { ...rsa, kid: undefined }, { ...rsa, kid: '' }, { ...rsa, kid: 1 }]

test.each<[string, Record<string, unknown>, RegExp]>([
    ['for encryption', { ...rsa, use: 'enc' }, /its use is "enc"/],
    ['of another algorithm', { ...rsa, alg: 'RS512' }, /its alg is "RS512" instead of "RS256"/],
    ['that only signs', { ...rsa, key_ops: ['sign'] }, /lack "verify"/],
    ['whose key_ops are no list', { ...rsa, key_ops: 'sign' }, /lack "verify"/],
    ['of 1024 bits', newSigningKey('rsa', 'RS256', 1024).jwk, /it has 1024 bits/],
    ['of 1024 bits after zeros', { ...rsa, n: encoded(Buffer.alloc(256, 0).fill(255, 128)) }, /it has 1024 bits/],
    ['of 16384 bits', { ...rsa, n: encoded(Buffer.alloc(2048, 255)) }, /it has 16384 bits/],
    ['with the exponent 1', { ...rsa, e: 'AQ' }, /its exponent is/],
    ['with an even exponent', { ...rsa, e: 'AQAC' }, /its exponent is/],
    ['with a huge exponent', { ...rsa, e: encoded(Buffer.alloc(100, 1)) }, /its exponent is/],
    ['without a modulus', { ...rsa, n: undefined }, /its n or e is not base64url/],
    ['with padding', { ...rsa, n: `${String(rsa.n)}=` }, /its n or e is not base64url/],
    ['symmetric', { kty: 'oct', kid: 'rsa', k: 'AAAA' }, /its kty is "oct", and RS256 needs "RSA"/],
])('a key %s is not used', (_name, key, reason) => {
    const { keys, unusable } = parseKeySet(set(key, { ...rsa, kid: 'good' }, ...others), 'RS256')
    expect(keys.map(({ kid }) => kid)).toEqual(['good'])
    expect(unusable).toEqual([{ kid: 'rsa', reason: expect.stringMatching(reason) as string }])
})

test.each<[string, Record<string, unknown>]>([
    ['on another curve', { ...ec, crv: 'P-384' }],
    ['with a short coordinate', { ...ec, x: 'AAAA' }],
    ['without y', { ...ec, y: undefined }],
])('an EC key %s is not used', (_name, key) => {
    expect(() => parseKeySet(set(key), 'ES256')).toThrow(/no key for ES256 \("ec": its /)
})

test('two keys of one name: neither is used', () => {
    const { keys, unusable } = parseKeySet(set(rsa, { ...ec, kid: 'rsa' }, { ...rsa, kid: 'good' }), 'RS256')
    expect(keys.map(({ kid }) => kid)).toEqual(['good'])
    expect(unusable.map(({ reason }) => reason)).toEqual(['it is in the key set twice', 'it is in the key set twice'])
})

test.each([
    ['nothing', '', /not a JSON object/],
    ['HTML', '<html>', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['no keys', '{}', /no list "keys"/],
    ['an object of keys', '{"keys":{}}', /no list "keys"/],
    ['an empty list', '{"keys":[]}', /no key for RS256$/],
    ['keys twice', `{"keys":[],"keys":${JSON.stringify([rsa])}}`, /twice/],
    ['101 keys', JSON.stringify({ keys: Array.from({ length: 101 }, () => rsa) }), /101 keys/],
    ['a megabyte', `{"keys":[]${' '.repeat(1024 * 1024)}}`, /more than 262144 bytes/],
])('no key set: %s', (_name, text, message) => {
    expect(() => parseKeySet(text, 'RS256')).toThrow(message)
})
