import { HttpRequest } from '@smithy/core/protocols'
import { Hash } from '@smithy/hash-node'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, test } from 'vitest'
import { lastsLongEnough, presign, type PresigningInput } from '../../../../njs/signing/presigning.js'
import * as sigv4 from '../../../../njs/signing/sigv4.js'
import { hostileNames } from '../../../support/requests/hostile-keys.js'

test('the published vector: AWS, "Authenticating Requests: Using Query Parameters"', () => {
    const [date, host] = ['20130524T000000Z', 'examplebucket.s3.amazonaws.com']
    const scope = sigv4.credentialScope(date, 'us-east-1')
    const query = sigv4.presignedQuery('AKIAIOSFODNN7EXAMPLE', scope, date, 86400, '', '')
    expect(query).toBe(
        'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
            '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host',
    )
    const canonical = sigv4.canonicalRequest({
        ...{ method: 'GET', path: '/test.txt', query, headers: `host:${host}\n` },
        ...{ signedHeaders: 'host', payloadHash: 'UNSIGNED-PAYLOAD' },
    })
    const hash = sigv4.sha256(canonical)
    expect(hash).toBe('3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04')
    const key = sigv4.signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope)
    const signature = sigv4.signature(key, sigv4.stringToSign(date, scope, hash))
    expect(signature).toBe('aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404')
    const other = sigv4.presignedQuery('AKIAIOSFODNN7EXAMPLE', scope, date, 86401, '', '')
    expect(sigv4.sha256(canonical.replace(query, other))).not.toBe(hash)
})

const start = Date.parse('2026-02-28T23:00:00Z')
const signer = { accessKeyId: 'AK/ID', secretAccessKey: 'a/secret+with spaces' }
const host = 's3.example.com:9000'
const overrides = 'response-cache-control=max-age%3D1%2Cprivate&response-content-type=a%2Fb'

function asking(key: string, others: Partial<PresigningInput> = {}, place = 'bucket path'): PresigningInput {
    return {
        request: `GET\teu-west-3 ${host} ${place}\t${key}\t${overrides}`,
        bucketOverride: '',
        serializedCredentials: 'current',
        parseCredentials: () => ({ ...signer, sessionToken: '' }),
        end: 0,
        window: start / 3600_000,
        ...others,
    }
}

const urlOf = (input: PresigningInput) => new URL(`https://${presign(input, 'name', undefined)}`)
const expiresOf = (input: PresigningInput) => Number(urlOf(input).searchParams.get('X-Amz-Expires'))

describe.each(['', 'a/session+token=='])('with session token "%s"', (sessionToken) => {
    test.each([
        ['in the path', 'bucket path', host, '/bucket/'],
        ['in the host', 'bucket virtual', `bucket.${host}`, '/'],
    ])('the bucket %s: an independent signer agrees', async (_name, place, expectedHost, root) => {
        const smithy = new SignatureV4({
            credentials: sessionToken ? { ...signer, sessionToken } : signer,
            ...{ region: 'eu-west-3', service: 's3', sha256: Hash.bind(null, 'sha256'), uriEscapePath: false },
        })
        const end = sessionToken ? start + 7200_000 : 0
        for (const key of hostileNames) {
            const input = asking(key, { end, parseCredentials: () => ({ ...signer, sessionToken }) }, place)
            const url = presign(input, 'name', undefined)
            expect(url.startsWith(expectedHost + root)).toBe(true)
            const path = url.slice(expectedHost.length, url.indexOf('?'))
            expect(decodeURIComponent(path)).toBe(root + key)
            const query = { 'response-cache-control': 'max-age=1,private', 'response-content-type': 'a/b' }
            // Names the payload hash, and is itself neither sent nor signed.
            const headers = { host: expectedHost, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
            const unsigned = new HttpRequest({ method: 'GET', path, query, headers })
            const named = new Set(['x-amz-content-sha256'])
            const options = {
                ...{ signingDate: new Date(start), expiresIn: 5400 },
                ...{ unhoistableHeaders: named, unsignableHeaders: named },
            }
            const { query: signed } = await smithy.presign(unsigned, options)
            const parameters = new URL(`https://${url}`).searchParams
            expect(Object.fromEntries(parameters), key).toEqual(signed)
        }
    })
})

test('a URL ends with its credentials, and lives for an hour and a half at most', () => {
    const session = { parseCredentials: () => ({ ...signer, sessionToken: 'token' }) }
    expect(expiresOf(asking('a', { ...session, end: start + 86_400_000 }))).toBe(5400)
    expect(expiresOf(asking('a', { ...session, end: start + 3_000_999 }))).toBe(3000)
    expect(expiresOf(asking('a'))).toBe(5400)
    // The twin: nobody knows when these end.
    expect(presign(asking('a', session), 'name', undefined)).toBe('')
})

test.each([
    [0, true],
    [start + 300_000, true],
    [start + 299_999, false],
    [start - 1, false],
])('credentials that end at %d', (end, enough) => {
    expect(lastsLongEnough(end, start)).toBe(enough)
})

test('no URL without credentials, of a bucket, or of a bucket that cannot be one', () => {
    expect(presign(asking('a', { parseCredentials: () => undefined }), 'name', undefined)).toBe('')
    expect(() => presign(asking(''), 'name', undefined)).toThrow('list')
    expect(() => presign(asking('a', { bucketOverride: '../b' }), 'name', undefined)).toThrow('AWS_S3_BUCKET')
    expect(urlOf(asking('a', { bucketOverride: 'other' })).pathname).toBe('/other/a')
})

test('memory: a kept URL is that of a new signature, and credentials are read once for a window', () => {
    const content = new Map<string, string>()
    const memory = {
        get: (name: string) => content.get(name),
        set: (name: string, value: string) => content.set(name, value),
        freeSpace: () => 1e6,
        clear: () => content.clear(),
    }
    let read = 0
    const counted = { parseCredentials: () => (read++, { ...signer, sessionToken: '' }) }
    const url = presign(asking('a', counted), 'a', memory)
    expect(content.get('a')).toBe(url)
    expect(url).toBe(presign(asking('a'), 'a', undefined))
    expect(presign(asking('b', counted), 'b', memory)).not.toBe(url)
    expect(read).toBe(1)
    presign(asking('b', { ...counted, serializedCredentials: 'others' }), 'c', memory)
    expect(read).toBe(2)
    presign(asking('b', { ...counted, window: start / 3600_000 + 1 }), 'd', memory)
    expect(read).toBe(3)
})
