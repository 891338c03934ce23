import { Hash } from '@smithy/hash-node'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import crypto from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileNames, spellings } from '../support/requests/hostile-keys.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { exchange, request } from '../support/requests/raw-request.js'
import {
    startRecordingUpstream,
    type RecordedRequest,
    type RecordingUpstream,
} from '../support/upstreams/recording-upstream.js'

const environment = {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY EXAMPLE\r\n',
    AWS_SESSION_TOKEN: 'a/session+token==',
}
const secret = environment.AWS_SECRET_ACCESS_KEY.trim()

/** What nginx may send; anything else would come from a client. */
const allowedHeaders = [
    ...['host', 'authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'connection'],
    ...['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
]

describe.each(['v4', 'v2'] as const)('signature %s', (signature) => {
    let s3: RecordingUpstream
    let index: Index

    beforeAll(async () => {
        s3 = await startRecordingUpstream()
        index = await startIndex({ signature, region: 'eu-west-3', endpointUrl: s3.endpoint, environment })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each(hostileNames)('an independent signer agrees on what is sent for %s', async (name) => {
        for (const spelling of spellings(name)) {
            s3.requests.length = 0
            const method = spelling.length % 2 ? 'GET' : 'HEAD'
            await request(index.port, `/demo/${spelling}`, { method })

            expect(s3.requests).toHaveLength(1)
            const sent = s3.requests[0]!
            expect(sent.method).toBe(method)
            expect(sent.header('authorization')).toBe(await independentSignature(signature, sent))
        }
    })

    test('only what is allowed reaches S3', async () => {
        s3.requests.length = 0
        await request(index.port, '/demo/file?acl&versionId=1&uploads&X-Amz-Signature=1', {
            headers: {
                Host: 'other-bucket.s3.amazonaws.com',
                Authorization: 'Basic c2VjcmV0',
                Cookie: 'session=1',
                'X-Amz-Acl': 'public-read',
                'X-Amz-Date': '19700101T000000Z',
                'X-Amz-Security-Token': 'mine',
                'X-Amz-Copy-Source': '/other/key',
                'X-HTTP-Method-Override': 'DELETE',
                'X-Forwarded-For': '10.0.0.1',
                'Content-Type': 'text/plain',
                'Content-MD5': 'x',
                Expect: '100-continue',
                'Accept-Encoding': 'gzip',
                Range: 'bytes=0-9',
                'If-None-Match': '"etag"',
            },
        })

        const [sent] = s3.requests
        expect(sent!.target).toBe('/my-pypi/demo/file')
        expect(sent!.headers.filter(([name]) => !allowedHeaders.includes(name.toLowerCase()))).toEqual([])
        expect(sent!.header('host')).toBe(new URL(s3.endpoint).host)
        expect(sent!.header('range')).toBe('bytes=0-9')
        expect(sent!.header('if-none-match')).toBe('"etag"')
        expect(sent!.header('x-amz-security-token')).toBe(environment.AWS_SESSION_TOKEN)
    })

    test('a body does not reach S3', async () => {
        s3.requests.length = 0
        const head = `GET /demo/file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
        expect(await exchange(index.port, `${head}Content-Length: 5\r\n\r\nhello`)).toMatch(/^HTTP\/1.1 200/)
        expect(await exchange(index.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`)).toMatch(
            /^HTTP\/1.1 200/,
        )
        expect(s3.requests.map(({ body }) => body)).toEqual(['', ''])
    })

    test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'FOO'])(
        '%s is not allowed, and nothing is sent',
        async (method) => {
            s3.requests.length = 0
            const answer = await exchange(
                index.port,
                `${method} /demo/file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
            )
            expect(answer).toMatch(/^HTTP\/1.1 405 /)
            if (method !== 'TRACE') expect(answer).toMatch(/^Allow: GET, HEAD\r$/m) // nginx itself refuses TRACE
            expect(s3.requests).toEqual([])
        },
    )

    test.each([
        '/a/b/c',
        '/demo/../../other-bucket/key',
        '/demo/%2e%2e/%2e%2e/%2e%2e/other-bucket/key',
        '/demo/..%2f..%2fother-bucket%2fkey',
        '/demo/a%2fb',
        '/demo/a%0d%0aX-Injected:%20yes',
        '/demo/a%0a',
        '/demo/%7f',
        '/demo/a%00b',
        '/demo/%zz',
        '/demo/%ff%fe',
        '/demo/%c0%ae%c0%ae',
        '/-/other',
        '/.git/config',
        '/_private/',
        '/demo/' + 'x'.repeat(1_100),
        '/Demo/' + '%C3%BC'.repeat(550),
        '/demo/index.json',
        '/simple/demo/demo-1.0.whl.yanked',
        '/sitemap.xml',
        '/apple-touch-icon-120x120.png',
        '/' + 'x'.repeat(40_000),
    ])('%.60s names nothing: S3 is not asked', async (path) => {
        s3.requests.length = 0
        expect((await request(index.port, path)).status).toBeOneOf([400, 404, 414])
        expect(s3.requests).toEqual([])
    })

    test.each([
        ['/demo/./file', '/my-pypi/demo/file'],
        ['/other/../demo/file', '/my-pypi/demo/file'],
        ['//demo//file', '/my-pypi/demo/file'],
        ['/demo/..%5c..%5cother', '/my-pypi/demo/..%5C..%5Cother'],
        ['/demo/' + 'y'.repeat(1_019), '/my-pypi/demo/' + 'y'.repeat(1_019)],
        ['/simple/demo/' + '%C3%BC'.repeat(500), '/my-pypi/demo/' + '%C3%BC'.repeat(500)],
        ['/', '/my-pypi/index.html'],
        ['/simple/', '/my-pypi/index.html'],
        ['/demo/', '/my-pypi/demo/index.html'],
        ['/simple/demo/', '/my-pypi/demo/index.html'],
        ['/simple/demo/file', '/my-pypi/demo/file'],
    ])('%.60s is the object %.60s', async (path, target) => {
        s3.requests.length = 0
        expect((await request(index.port, path)).status).toBe(200)
        expect(s3.requests.map((sent) => sent.target)).toEqual([target])
    })

    test.each([
        ['/Demo', 'demo/'],
        ['/demo', 'demo/'],
        ['/De_mo..x/', '../de-mo-x/'],
        ['/simple/Demo/', '../demo/'],
        ['/simple', 'simple/'],
        ['/Demo/a%2Bb', '../demo/a%2Bb'],
        ['/Demo/a+b%20', '../demo/a%2Bb%20'],
    ])('%s redirects to %s, and S3 is not asked', async (path, location) => {
        s3.requests.length = 0
        const answer = await request(index.port, path)
        expect([answer.status, answer.headers.location]).toEqual([301, location])
        expect(s3.requests).toEqual([])
    })
})

test('the bucket of the environment overrides the one of the configuration', async () => {
    const s3 = await startRecordingUpstream()
    const other = { ...environment, AWS_S3_BUCKET: 'other-bucket' }
    const index = await startIndex({ endpointUrl: s3.endpoint, environment: other })
    await request(index.port, '/demo/file')
    await index.stop()
    await s3.close()
    expect(s3.requests.map(({ target }) => target)).toEqual(['/other-bucket/demo/file'])
})

test('a prefix is part of every key', async () => {
    const s3 = await startRecordingUpstream()
    const index = await startIndex({ endpointUrl: s3.endpoint, environment, prefix: 'team-a' })
    for (const path of ['/', '/demo/', '/demo/file']) await request(index.port, path)
    await index.stop()
    await s3.close()
    const prefix = '/my-pypi/team-a/'
    expect(s3.requests.map(({ target }) => target)).toEqual([
        `${prefix}index.html`,
        `${prefix}demo/index.html`,
        `${prefix}demo/file`,
    ])
})

/** The Authorization header that the request should have, from its raw target and headers alone. */
async function independentSignature(version: 'v4' | 'v2', sent: RecordedRequest): Promise<string> {
    const date = sent.header('x-amz-date')!
    if (version === 'v2') {
        const amzHeaders = `x-amz-date:${date}\nx-amz-security-token:${sent.header('x-amz-security-token')}\n`
        const toSign = `${sent.method}\n\n\n\n${amzHeaders}${sent.target}`
        return `AWS AKIDEXAMPLE:${crypto.createHmac('sha1', secret).update(toSign).digest('base64')}`
    }
    const smithy = new SignatureV4({
        credentials: {
            accessKeyId: environment.AWS_ACCESS_KEY_ID,
            secretAccessKey: secret,
            sessionToken: environment.AWS_SESSION_TOKEN,
        },
        region: 'eu-west-3',
        service: 's3',
        sha256: Hash.bind(null, 'sha256'),
        uriEscapePath: false,
    })
    const headers = { host: sent.header('host')! }
    const signingDate = new Date(date.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'))
    const request = new HttpRequest({ method: sent.method, path: sent.target, headers })
    const signed = await smithy.sign(request, { signingDate })
    return signed.headers.authorization!.replaceAll(', ', ',')
}
