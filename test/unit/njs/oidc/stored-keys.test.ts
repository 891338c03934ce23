import { expect, test } from 'vitest'
import { decodeKeys, encodeKeys, maxKeyAge, type Issuer } from '../../../../njs/oidc/stored-keys.js'

const issuer: Issuer = { name: 'hub', url: 'https://hub.example.com', algorithm: 'RS256', jwks: '' }
const keys = { keys: [{ kid: 'a', kty: 'RSA' as const, n: 'AA', e: 'AQAB' }], unusable: [{ kid: 'b', reason: 'weak' }] }
const fetched = 1_800_000_000_000
const stored = encodeKeys(issuer, keys, fetched)

test.each([
    ['at once', fetched],
    ['after almost a day', fetched + maxKeyAge - 1],
    ['when the clock was set back a little', fetched - 60_000],
])('keys are used %s', (_when, now) => {
    expect(decodeKeys(issuer, stored, now)).toEqual(keys)
})

test.each([
    ['after a day', issuer, stored, fetched + maxKeyAge],
    ['when the clock was set back', issuer, stored, fetched - 60_001],
    ['before the first success', issuer, undefined, fetched],
    ['of another address', { ...issuer, url: 'https://hub.example.com/' }, stored, fetched],
    ['of another algorithm', { ...issuer, algorithm: 'ES256' as const }, stored, fetched],
    ['of another place', { ...issuer, jwks: 'https://hub.example.com/keys' }, stored, fetched],
])('keys are not used %s', (_when, asking, text, now) => {
    expect(decodeKeys(asking, text, now)).toBeUndefined()
})
