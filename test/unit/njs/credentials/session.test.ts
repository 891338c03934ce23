import { describe, expect, test } from 'vitest'
import {
    decodeSession,
    encodeSession,
    isValid,
    parseExpiration,
    sessionOf,
} from '../../../../njs/credentials/session.js'

const noon = Date.UTC(2026, 10, 25, 12)

describe('the end of a session', () => {
    test.each([
        ['as AWS writes it', '2026-11-25T12:00:00Z', noon],
        ['with a fraction', '2026-11-25T12:00:00.250Z', noon + 250],
        ['with nanoseconds, as Ceph writes it', '2026-11-25T12:00:00.123456789Z', noon + 123],
        ['with an offset', '2026-11-25T13:30:00+01:30', noon],
        ['west of Greenwich', '2026-11-25T04:00:00-08:00', noon],
        ['with an offset without a colon', '2026-11-25T12:00:00+0000', noon],
        ['in lower case', '2026-11-25t12:00:00z', noon],
        ['with a space', '2026-11-25 12:00:00Z', noon],
        ['with white space around it', ' 2026-11-25T12:00:00Z\n', noon],
        ['in seconds since 1970', noon / 1000, noon],
        ['in seconds with a fraction', noon / 1000 + 0.5, noon + 500],
        ['on a leap day', '2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ])('%s', (_name, text, time) => expect(parseExpiration(text)).toBe(time))

    test.each([
        ...['', 'tomorrow', '2026-11-25', '2026-11-25T12:00:00', '2026-13-01T00:00:00Z', '25 Nov 2026 12:00:00 GMT'],
        ...[undefined, null, NaN, Infinity, true, {}, '1795608000'],
    ])('%j is none', (text) => expect(() => parseExpiration(text)).toThrow('the expiration is not a timestamp'))
})

describe('a session', () => {
    test('is as the provider gave it', () => {
        expect(sessionOf('AKID', 's+/=', 'token', '2026-11-25T12:00:00Z', noon - 1)).toEqual({
            ...{ accessKeyId: 'AKID', secretAccessKey: 's+/=', sessionToken: 'token', expires: noon },
        })
    })

    test.each([
        ['no key id', [undefined, 's', 't']],
        ['no secret', ['AKID', undefined, 't']],
        ['numbers', [1, 2, 3]],
        ['a line break in the token', ['AKID', 's', 'a\nb']],
        ['a line break in the secret', ['AKID', 's\nx', 'a']],
    ])('with %s is refused, without showing it', (_name, [id, secret, token]) => {
        const refused = () => sessionOf(id, secret, token, '2026-11-25T12:00:00Z', 0)
        expect(refused).toThrow('the response has no valid access key ID and secret access key')
    })

    test('that has ended is refused', () => {
        expect(() => sessionOf('AKID', 's', 't', '2026-11-25T12:00:00Z', noon)).toThrow(
            'the session expired at 2026-11-25T12:00:00.000Z',
        )
    })

    test('is the same after it was in memory', () => {
        const session = { accessKeyId: 'AKID', secretAccessKey: 's+/=', sessionToken: '', expires: noon }
        expect(decodeSession(encodeSession(session))).toEqual(session)
    })

    test('is valid until it ends; without an end, always', () => {
        const session = { accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: '', expires: noon }
        expect([isValid(session.expires, noon - 1), isValid(session.expires, noon)]).toEqual([true, false])
        expect(isValid(0, noon)).toBe(true)
    })
})
