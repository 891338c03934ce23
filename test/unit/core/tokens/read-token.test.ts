import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { isReadToken, signReadToken, verifyReadToken } from '../../../../core/tokens/read-token.js'
import { parseRevocations } from '../../../../core/tokens/revocations.js'
import { parseTokenKeys } from '../../../../core/tokens/token-keys.js'
import { signUploadToken } from '../../../../core/tokens/upload-token.js'

const now = 1_800_000_000
const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()
const secrets = [1, 2].map((count) => createHmac('sha256', String(count)).digest('base64'))
const keysOf = (...texts: string[]) => parseTokenKeys(texts.join('\n'), 'token-keys', hmac)
const keys = keysOf(secrets[0]!)
const token = { subject: 'ci.of-acme_1', expires: now + 60, id: 'abcdefghij_' }
const text = signReadToken(token, keys, hmac)
const verify = (changed: string, at = now, with_ = keys, revoked = '') =>
    verifyReadToken(changed, with_, hmac, at, parseRevocations(revoked))

test('a token is verified as it was signed, with each key', () => {
    expect(isReadToken(text)).toBe(true)
    expect(verify(text)).toEqual(token)
    expect(verify(text, now, keysOf(secrets[1]!, secrets[0]!))).toEqual(token)
    expect(verify(text, now + 59)).toEqual(token)
})

test.each<[string, string, RegExp]>([
    ['another subject', text.replace('ci.of', 'me.of'), /^its signature is wrong$/],
    ['a later end', text.replace('.1800000060.', '.1900000060.'), /^its signature is wrong$/],
    ['another identifier', text.replace('abcdefghij_', 'abcdefghijk'), /^its signature is wrong$/],
    ['another signature', text.slice(0, -43) + 'A'.repeat(43), /^its signature is wrong$/],
    ['bits behind the signature', text.slice(0, -1) + '_', /^its signature is wrong$/],
    ['another key', text.replace(/^read\.[^.]+/, 'read.AAAAAAAA'), /^its key is "AAAAAAAA", which is none of the keys/],
    ['more behind it', text + 'A', /signature is wrong|form of a token/],
    ['a line break behind it', text + '\n', /the form of a token for reading$/],
    ['a space before it', ' ' + text, /the form of a token for reading$/],
    ['no subject', text.replace('ci.of-acme_1.', ''), /the form of a token for reading$/],
    ['a time with a sign', text.replace('.1800000060.', '.+800000060.'), /the form of a token for reading$/],
    ['upper case', text.replace('read.', 'READ.'), /the form of a token for reading$/],
    ['a long name', text.replace('ci.of', 'n'.repeat(140)), /the form of a token for reading$/],
    [
        'one for uploads',
        signUploadToken({ ...token, projects: ['*'], issued: now }, keys, hmac),
        /the form of a token for reading$/,
    ],
    ['nothing', '', /the form of a token for reading$/],
])('refused: %s', (_what, changed, message) => {
    expect(() => verify(changed)).toThrow(message)
})

test('refused: expired, revoked, and one of a key that is gone', () => {
    expect(() => verify(text, now + 60)).toThrow(
        'it has expired: its time was 2027-01-15T08:01:00Z, and it is 2027-01-15T08:01:00Z',
    )
    for (const revoked of ['abcdefghij_', 'ci.of-acme_1']) {
        expect(() => verify(text, now, keys, revoked)).toThrow('"ci.of-acme_1" has been revoked')
    }
    expect(verify(text, now, keys, 'ci')).toEqual(token)
    expect(() => verify(text, now, keysOf(secrets[1]!))).toThrow(/which is none of the keys of this index$/)
})
