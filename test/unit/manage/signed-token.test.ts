import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { verifyReadToken } from '../../../core/tokens/read-token.js'
import { verifyUploadToken } from '../../../core/tokens/upload-token.js'
import { makeReadToken, makeUploadToken, readTokenKeys } from '../../../scripts/manage/signed-token.js'

const now = 1_800_000_000
const key = createHmac('sha256', 'x').digest('base64')
const keys = readTokenKeys(undefined, { PYPI_TOKEN_KEYS: key })
const hmac = (secret: Uint8Array, text: string) => createHmac('sha256', secret).update(text).digest()

test.each([
    ['90d', 90 * 86400],
    ['12h', 12 * 3600],
    ['30m', 1800],
])('a token for %s', (expires, seconds) => {
    const made = makeUploadToken('ci', { projects: ['Acme_*', 'tools'], expires, keys, now })
    expect(made.projects).toEqual(['acme-*', 'tools'])
    expect(verifyUploadToken(made.token, keys, hmac, now, [])).toMatchObject({
        ...{ subject: 'ci', projects: ['acme-*', 'tools'], id: made.id, expires: now + seconds },
        job: undefined,
    })
    expect(() => verifyUploadToken(made.token, keys, hmac, now, [made.id])).toThrow(/revoked/)
})

test('a token that reads', () => {
    const made = makeReadToken('ci', { expires: '1d', keys, now })
    expect(verifyReadToken(made.token, keys, hmac, now, [])).toEqual({
        ...{ subject: 'ci', id: made.id, expires: now + 86400 },
    })
    const read = () => verifyReadToken(made.token, keys, hmac, now, [made.id])
    expect(read).toThrow(`the token "${made.id}" of "ci" has been revoked`)
    expect(() => verifyUploadToken(made.token, keys, hmac, now, [])).toThrow()
    const { token } = makeReadToken('n'.repeat(128), { expires: '1d', keys, now })
    expect(verifyReadToken(token, keys, hmac, now, [])).toMatchObject({ subject: 'n'.repeat(128) })
    expect(() => makeReadToken('a b', { expires: '1d', keys, now })).toThrow(/not a valid user name/)
    expect(() => makeReadToken('ci', { expires: '0d', keys, now })).toThrow(/--expires "0d" is not/)
})

test.each([
    [{ expires: '0d' }, /--expires "0d" is not/],
    [{ expires: '90' }, /--expires "90" is not/],
    [{ expires: '99999d' }, /--expires "99999d" is not/],
    [{ projects: ['a/b'] }, /--projects "a\/b" is no pattern/],
])('refused: %j', (changes, message) => {
    expect(() => makeUploadToken('ci', { projects: ['x'], expires: '1d', keys, now, ...changes })).toThrow(message)
})

test('names and keys', () => {
    expect(() => makeUploadToken('a b', { projects: ['x'], expires: '1d', keys, now })).toThrow(/not a valid user name/)
    expect(() => readTokenKeys(undefined, {})).toThrow(/there is none/)
    expect(() => readTokenKeys(undefined, { PYPI_TOKEN_KEYS: 'changeme' })).toThrow(/key 1 of PYPI_TOKEN_KEYS/)
    expect(() => readTokenKeys('/nowhere', {})).toThrow('--token-keys /nowhere cannot be read: ENOENT')
})
