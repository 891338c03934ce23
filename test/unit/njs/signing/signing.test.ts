import { HttpRequest } from '@smithy/core/protocols'
import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import crypto from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signAndKeep, signOnce, type SigningInput } from '../../../../njs/signing/signing.js'
import { hostileNames } from '../../../support/requests/hostile-keys.js'

const now = new Date('2026-02-28T23:59:59Z')
const signer = { accessKeyId: 'AKID', secretAccessKey: 'a/secret+with spaces' }
const host = 's3.example.com:9000'

const minute = now.getTime() / 60_000 - 59 / 60

/** A GET of a key in a bucket in path style, with SigV4 and no session. */
function asking(key: string, others: Partial<SigningInput> = {}): SigningInput {
    return {
        version: 'V4',
        request: `GET\teu-west-3 ${host} bucket path\t${key}`,
        bucketOverride: '',
        serializedCredentials: 'current',
        parseCredentials: () => ({ ...signer, sessionToken: '' }),
        now: now.getTime(),
        ...others,
    }
}

/** What is asked for and sent, from what is returned for a request. */
function signed(version: 'V4' | 'V2', key: string, sessionToken = '', place = 'bucket path', override = '') {
    const request = `GET\teu-west-3 ${host} ${place}\t${key}`
    const answer = signOnce(
        asking(key, {
            version,
            request,
            bucketOverride: override,
            parseCredentials: () => ({ ...signer, sessionToken }),
        }),
    )
    const [path, sentHost, date, authorization, token, ...rest] = answer.split('\n')
    expect([token, rest]).toEqual([sessionToken, []])
    return { path: path!, host: sentHost!, date: date!, authorization: authorization! }
}

describe.each(['', 'a/session+token=='])('with session token "%s"', (sessionToken) => {
    test.each([
        ['in the path', 'bucket path', host, '/bucket/'],
        ['in the host', 'bucket virtual', `bucket.${host}`, '/'],
    ])('V4, the bucket %s: an independent signer agrees', async (_name, place, expectedHost, root) => {
        for (const key of [...hostileNames, ...randomKeys(200)]) {
            const ours = signed('V4', key, sessionToken, place)
            expect([ours.host, ours.date]).toEqual([expectedHost, '20260228T235959Z'])
            expect(decodeURIComponent(ours.path)).toBe(root + key)
            expect(ours.authorization, key).toBe(await smithyAuthorization(ours.path, expectedHost, sessionToken))
            expect(ours.authorization, key).not.toBe(signed('V4', key + 'x', sessionToken, place).authorization)
        }
    })

    test.each([
        ['in the path', 'bucket path', host, '/bucket/a%2Bb'],
        ['in the host', 'bucket virtual', `bucket.${host}`, '/a%2Bb'],
    ])('V2, the bucket %s', (_name, place, expectedHost, path) => {
        const date = 'Sat, 28 Feb 2026 23:59:59 GMT'
        const token = sessionToken ? `x-amz-security-token:${sessionToken}\n` : ''
        const signature = crypto
            .createHmac('sha1', signer.secretAccessKey)
            .update(`GET\n\n\n\nx-amz-date:${date}\n${token}/bucket/a%2Bb`)
            .digest('base64')
        const authorization = `AWS AKID:${signature}`
        expect(signed('V2', 'a+b', sessionToken, place)).toEqual({ path, host: expectedHost, date, authorization })
        expect(signed('V2', 'a b', sessionToken, place).authorization).not.toBe(authorization)
    })
})

test.each(['V4', 'V2'] as const)('%s: another bucket of the environment is asked instead', (version) => {
    expect(signed(version, 'key', '', 'bucket path', 'other')).toEqual(signed(version, 'key', '', 'other path'))
    expect(signed(version, 'key', '', 'bucket virtual', 'other')).toEqual(signed(version, 'key', '', 'other virtual'))
    expect(() => signed(version, 'key', '', 'bucket path', 'not/one')).toThrow('AWS_S3_BUCKET')
})

test('credentials that cannot be used sign nothing', () => {
    const asked = asking('key', { parseCredentials: () => undefined })
    expect(signOnce(asked)).toBe('')
    expect(signAndKeep(asked, minute, 'name', memoryOf(1e6))).toBe('')
})

test('a bucket is asked for, and never listed', () => {
    const bucket = (method: string) => asking('', { request: `${method}\teu-west-3 ${host} bucket path\t` })
    expect(signOnce(bucket('HEAD'))).toMatch(/^\/bucket\/\n/)
    expect(() => signOnce(bucket('GET'))).toThrow('list')
    expect(() => signAndKeep(bucket('GET'), minute, 'name', memoryOf(1e6))).toThrow('list')
})

describe('memory', () => {
    const sign = (memory: TestMemory, key: string, serializedCredentials = 'current', later = 0) =>
        signAndKeep(asking(key, { serializedCredentials }), minute + later, key, memory)

    test('a signature that is kept is that of the begin of its minute', () => {
        const memory = memoryOf(1e6)
        const answer = sign(memory, 'a')
        expect(answer).toBe(signOnce(asking('a', { now: Date.parse('2026-02-28T23:59:00Z') })))
        expect(answer).not.toBe(signOnce(asking('a')))
        expect(memory.content.get('a')).toBe(answer)
    })

    test('what signatures have in common is made once for a minute and for credentials', () => {
        const memory = memoryOf(1e6)
        sign(memory, 'a')
        expect(memory.content.size).toBe(2)
        sign(memory, 'b')
        expect(memory.content.size).toBe(3)
        sign(memory, 'c', 'others')
        expect(memory.content.size).toBe(5)
        sign(memory, 'd', 'others', 1)
        expect(memory.content.size).toBe(7)
    })

    test('it is emptied when it is full, and may be too small for anything', () => {
        const memory = memoryOf(33_000)
        const first = sign(memory, 'a')
        for (let number = 0; number < 10; number++) sign(memory, `b${number}`)
        expect(memory.content.has('a')).toBe(false)
        expect(sign(memory, 'a')).toBe(first)
        expect(sign(memoryOf(0), 'a')).toBe(first)
    })
})

type TestMemory = ReturnType<typeof memoryOf>

/** Shared memory of so many bytes, as nginx has it: it refuses what it has no room for. */
function memoryOf(bytes: number) {
    const content = new Map<string, string>()
    const used = () => [...content].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    return {
        content,
        get: (name: string) => content.get(name),
        set: (name: string, value: string) => {
            if (used() + name.length + value.length > bytes) throw new Error('no memory')
            content.set(name, value)
        },
        freeSpace: () => bytes - used(),
        clear: () => content.clear(),
    }
}

async function smithyAuthorization(path: string, toHost: string, sessionToken: string): Promise<string> {
    const smithy = new SignatureV4({
        credentials: sessionToken ? { ...signer, sessionToken } : signer,
        region: 'eu-west-3',
        service: 's3',
        sha256: Hash.bind(null, 'sha256'),
        uriEscapePath: false,
    })
    const request = new HttpRequest({ method: 'GET', path, headers: { host: toHost } })
    const signed = await smithy.sign(request, { signingDate: new Date('2026-02-28T23:59:59Z') })
    return signed.headers.authorization!.replaceAll(', ', ',')
}

/** Keys of random characters from all of Unicode; the seed makes a failure repeat. */
function randomKeys(count: number): string[] {
    let seed = 20260228
    const random = (limit: number) => (seed = (seed * 48271) % 0x7fffffff) % limit
    const character = () => {
        const code = [random(0x80), random(0x800), random(0xd800), 0x10000 + random(0x100000)][random(4)]!
        return String.fromCodePoint(Math.max(code, 32))
    }
    return Array.from({ length: count }, () => Array.from({ length: 1 + random(30) }, character).join(''))
}
