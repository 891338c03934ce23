import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseRevocations } from '../../../../core/tokens/revocations.js'
import { RefusedToken } from '../../../../core/tokens/refused-token.js'
import { parseTokenKeys } from '../../../../core/tokens/token-keys.js'
import {
    isUploadToken,
    mayUploadTo,
    signUploadToken,
    verifyUploadToken,
    type UploadToken,
} from '../../../../core/tokens/upload-token.js'
import { encoded, hmacToken, newSigningKey, signToken } from '../../../support/tokens/issuer-keys.js'

const now = 1_800_000_000
const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()
const secrets = [1, 2, 3].map((count) => createHmac('sha256', String(count)).digest('base64'))
const keysOf = (...texts: string[]) => parseTokenKeys(texts.join('\n'), 'token-keys', hmac)
const keys = keysOf(secrets[0]!)
const token: UploadToken = {
    subject: 'release-bot',
    projects: ['acme-*', 'tools'],
    issued: now,
    expires: now + 900,
    id: 'id-1',
    job: { issuer: 'github', repository: 'acme/tools' },
}
const verify = (text: string, with_ = keys, at = now, revoked = '') =>
    verifyUploadToken(text, with_, hmac, at, parseRevocations(revoked))

test('a token is verified as it was signed', () => {
    const signed = signUploadToken(token, keys, hmac)
    expect(verify(signed)).toEqual(token)
    expect(isUploadToken(signed)).toBe(true)
    expect(mayUploadTo(token, 'acme-x')).toBe(true)
    expect(mayUploadTo(token, 'tools')).toBe(true)
    expect(mayUploadTo(token, 'tools-x')).toBe(false)
    const [header] = signed.split('.')
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).toEqual({
        alg: 'HS256',
        kid: keys[0].id,
        typ: 'pypi+jwt',
    })
})

test.each(['p@ss', '', 'pypi-AgEIcHlwaS5vcmc', 'eyJhbGciOiJIUzI1NiJ9', 'eyJ.eyJ', 'a.eyJ.c'])(
    '%j is a password',
    (text) => {
        expect(isUploadToken(text)).toBe(false)
    },
)

test('rotation: the first key signs, all verify', () => {
    const old = signUploadToken(token, keys, hmac)
    const both = keysOf(`${secrets[1]} # of today`, '', `# old:`, secrets[0]!)
    const young = signUploadToken(token, both, hmac)
    expect([verify(old, both), verify(young, both)]).toEqual([token, token])
    expect(() => verify(young)).toThrow(/^kid is "[\w-]{8}", which is none of the keys/)
    expect(() => verify(old, keysOf(secrets[1]!))).toThrow(/^kid is/)
})

test('revoked by identifier or subject', () => {
    const signed = signUploadToken(token, keys, hmac)
    expect(verify(signed, keys, now, '# none\nid-11\nrelease\n')).toEqual(token)
    for (const text of ['id-1', 'release-bot # left', 'x\r\nid-1\r\n', '\ufeffid-1', 'hub:repo:a/b:ref:x\nid-1']) {
        expect(() => verify(signed, keys, now, text)).toThrow('the token "id-1" of "release-bot" has been revoked')
    }
})

test.each([
    ['two identifiers', 'ok\nid-1 id-2', /^line 2 has more than one word/],
    ['a token', `ok\n${signUploadToken(token, keys, hmac)}`, /^line 2 is a token: write its identifier/],
    ['quotes', '"id-1"', /^line 1 is no identifier of a token and no user name/],
    ['a comma', 'id-1,', /^line 1 is no identifier/],
    ['a comment without a space', 'id-1#lost', /^line 1 is no identifier/],
    ['UTF-16', Buffer.from('\ufeffid-1\n', 'utf16le').toString(), /^line 1 is no identifier/],
    ['a zero byte', 'id-1\0', /^line 1 is no identifier/],
])('a list of revoked tokens with %s is refused: nothing is overlooked', (_name, text, message) => {
    expect(() => parseRevocations(text)).toThrow(message)
    expect(() => parseRevocations(text)).not.toThrow(/id-1|eyJ/)
})

describe('hostile tokens', () => {
    const header = { alg: 'HS256', kid: keys[0].id, typ: 'pypi+jwt' }
    const claims = {
        iss: 'nginx-s3-pypi',
        sub: 'x',
        projects: ['*'],
        iat: now,
        exp: now + 900,
        jti: 'j',
    }
    const own = (changes: object, headers: object = {}) =>
        hmacToken(secrets[0]!, { ...header, ...headers }, { ...claims, ...changes })
    const [h, c, s] = signUploadToken(token, keys, hmac).split('.')
    const rsa = newSigningKey(keys[0].id)
    test.each<[string, string, RegExp]>([
        ['claims of our own', `${h}.${encoded({ ...claims })}.${s}`, /^the signature of the token is wrong$/],
        ['no signature', `${h}.${c}.`, /^the signature of the token is wrong$/],
        ['half a signature', `${h}.${c}.${s!.slice(0, 20)}`, /^the signature of the token is wrong$/],
        ['alg none', `${encoded({ ...header, alg: 'none' })}.${c}.`, /^alg is "none", and .*"HS256"$/],
        ['another hash', own({}, { alg: 'HS512' }), /^alg is "HS512"/],
        ['a signature with RSA', signToken(rsa, claims, { typ: 'pypi+jwt' }), /^alg is "RS256"/],
        ['another key', hmacToken(secrets[1]!, header, claims), /^the signature of the token is wrong$/],
        ['an empty key', hmacToken('', header, claims), /^the signature of the token is wrong$/],
        ['no kid', own({}, { kid: undefined }), /^kid is ""/],
        ['kid of objects', own({}, { kid: 'constructor' }), /^kid is "constructor"/],
        ['an embedded key', own({}, { jwk: { kty: 'oct', k: 'AAAA' } }), /has "jwk"/],
        ['typ JWT', own({}, { typ: 'JWT' }), /^typ is "jwt" instead of "pypi\+jwt"$/],
        ['no typ', own({}, { typ: undefined }), /^typ is ""/],
        ['another issuer', own({ iss: 'x' }), /^iss is "x" instead of "nginx-s3-pypi"$/],
        ['no subject', own({ sub: '' }), /^sub is ""/],
        ['no projects', own({ projects: [] }), /^projects is a list/],
        ['projects is a text', own({ projects: '*' }), /^projects is "\*"/],
        ['a project that is no pattern', own({ projects: ['a', '../x'] }), /^projects is a list/],
        ['no identifier', own({ jti: undefined }), /^jti is missing/],
        [
            'expired',
            own({ iat: now - 900, exp: now }),
            /^the token has expired: exp is 2027-01-15T08:00:00Z, and it is/,
        ],
        ['no exp', own({ exp: undefined }), /^exp is missing/],
        ['exp is a text', own({ exp: '9999999999' }), /^exp is "9999999999"/],
        ['for ever', own({ exp: 9e10 }), /that is too long after iat/],
        ['of the future', own({ iat: now + 61 }), /^iat is/],
        ['exp twice', hmacToken(secrets[0]!, header, `{"exp":1,${JSON.stringify(claims).slice(1)}`), /twice/],
        ['long', own({ projects: Array.from({ length: 300 }, (_, n) => `project-${n}`) }), /at most 5000 are read$/],
    ])('%s', (_name, text, message) => {
        expect(() => verify(text)).toThrow(RefusedToken)
        expect(() => verify(text)).toThrow(message)
    })

    test('the same claims, signed, are accepted', () => {
        expect(verify(own({}))).toMatchObject({ subject: 'x', projects: ['*'], job: undefined })
    })
})

test('a token that nginx would not take is not made', () => {
    const projects = Array.from({ length: 300 }, (_, n) => `project-${n}`)
    expect(() => signUploadToken({ ...token, projects }, keys, hmac)).toThrow(/nginx takes 5000/)
})

test.each([
    ['', /token-keys has no key/],
    ['# none', /token-keys has no key/],
    ['short', /key 1 of token-keys is not 256 bits/],
    [`${secrets[0]}\nchangeme`, /key 2 of token-keys is not 256 bits/],
    ['a'.repeat(64), /key 1 of token-keys is not random/],
    [`${secrets[0]} ${secrets[0]}`, /has a key twice/],
    [`${'!'.repeat(64)}`, /key 1 of token-keys has a character that is not base64/],
    [`"${secrets[0]}"`, /has a character that is not base64/],
    [`PYPI_TOKEN_KEYS:${secrets[0]}`, /has a character that is not base64/],
    [Buffer.from(secrets[0]!, 'utf16le').toString(), /has a character that is not base64/],
    [
        Array.from({ length: 9 }, (_, n) => createHmac('sha256', `k${n}`).digest('base64')).join('\n'),
        /more than 8 keys/,
    ],
])('keys %#', (text, message) => {
    expect(() => parseTokenKeys(text, 'token-keys', hmac)).toThrow(message)
    try {
        parseTokenKeys(text, 'token-keys', hmac)
    } catch (error) {
        for (const word of text.split(/\s+/)) if (word.length > 10) expect(String(error)).not.toContain(word)
    }
})

test('keys in hex and base64url, and in a file of an editor for Windows', () => {
    const random = createHmac('sha256', 'x').digest()
    expect(keysOf('\ufeff' + secrets[0]! + '\r')).toEqual(keys)
    expect(keysOf(random.toString('hex'), random.toString('base64url')).length).toBe(2)
})
