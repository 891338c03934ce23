// Report: review of November 2026 (S8, S17, S16, S7). Headers of an object reached clients: Content-Encoding on an sdist
// (uv: "Invalid gzip header"; poetry: another hash), Strict-Transport-Security: max-age=0, Access-Control-Allow-Origin: *,
// Clear-Site-Data. S3's XML was the body of 416. An empty file was 416 from the cache.
// Right: an allow-list of headers, bodies of the index's own, and no page or mark of a yank as a file kept for a year.

import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/upstreams/recording-upstream.js'
import { startS3 } from '../support/s3/s3-servers.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const bytes = gzipSync('the bytes of an sdist')

/** What S3, a publisher, or something between may send, in either case. */
const dropped = {
    'Strict-Transport-Security': 'max-age=0',
    'Access-Control-Allow-Origin': '*',
    'Clear-Site-Data': '"*"',
    'content-disposition': 'attachment; filename=evil.exe',
    'Content-Language': 'en',
    'Content-Security-Policy': 'default-src *',
    'Set-Cookie': 'a=b',
    'X-Amz-Meta-Owner': 'me',
    'x-rgw-object-type': 'Normal',
    'X-': 'y',
    Link: '</evil>; rel=preload',
    Refresh: '0; url=http://evil.example/',
    'WWW-Authenticate': 'Basic',
    Age: '5',
    Via: '1.1 varnish',
    Xylophone: 'x',
    'Alt-Svc': 'h3=":443"',
    'Service-Worker-Allowed': '/',
    SourceMap: '/x',
    'Last-Modified-By': 'me',
    Warning: '199 - "x"',
}
const kept = { ETag: '"seen"', 'last-modified': 'Mon, 02 Nov 2026 00:00:00 GMT', 'Accept-Ranges': 'bytes' }
const own = [
    ...['server', 'date', 'content-type', 'content-length', 'connection', 'keep-alive', 'transfer-encoding'],
    ...['etag', 'last-modified', 'accept-ranges', 'cache-control', 'x-content-type-options', 'content-security-policy'],
    ...['vary', 'content-encoding'],
]

describe.each([false, true])('cached: %s', (cached) => {
    let s3: RecordingUpstream
    let index: Index

    beforeAll(async () => {
        s3 = await startRecordingUpstream((_request, response) => {
            for (const [name, value] of Object.entries({ ...dropped, ...kept })) response.setHeader(name, value)
            response.setHeader('Content-Encoding', 'gzip')
            response.end(bytes)
        })
        index = await startIndex({ endpointUrl: s3.endpoint, environment, cached })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each(['/demo/demo-1.0.tar.gz', '/demo/demo-1.0-py3-none-any.whl.metadata', '/demo/', '/'])(
        '%s: a client sees only what it needs',
        async (path) => {
            for (let time = 0; time < 2; time++) {
                const { status, headers, body } = await request(index.port, path, {
                    headers: { 'Accept-Encoding': 'gzip' },
                })
                expect(status).toBe(200)
                expect(Object.keys(headers).filter((name) => !own.includes(name))).toEqual([])
                expect(headers['content-security-policy']).toMatch(/^default-src 'none'/)
                expect(body).toEqual(bytes)
                // The twin: what a client needs is there.
                expect(headers).toMatchObject({ etag: '"seen"', 'last-modified': kept['last-modified'] })
                // A file is the bytes that were published; a page may be stored compressed.
                expect(headers['content-encoding']).toBe(path.endsWith('/') ? 'gzip' : undefined)
            }
        },
    )

    test('a range that is not there, a condition that does not hold: no words of S3', async () => {
        const server = await startS3('embedded')
        const bucket = await makeBucket(server, { 'demo/demo-1.0.tar.gz': '0123456789', 'demo/empty-1.0.tar.gz': '' })
        const real = await startIndex({
            endpointUrl: server.endpoint,
            bucket,
            environment: environmentOf(server),
            cached,
        })
        const ask = (path: string, headers: Record<string, string>) => request(real.port, path, { headers })
        const beyond = await ask('/demo/demo-1.0.tar.gz', { Range: 'bytes=99999999-' })
        expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */10'])
        const other = await ask('/demo/demo-1.0.tar.gz', { 'If-Match': '"other"' })
        expect(other.status).toBe(412)
        const since = await ask('/demo/demo-1.0.tar.gz', { 'If-Unmodified-Since': 'Mon, 02 Nov 2015 00:00:00 GMT' })
        expect(since.status).toBe(412)
        for (const { body } of [beyond, other, since]) expect(body.toString()).not.toMatch(/<Error>|RequestId|test-/)

        const empty = await ask('/demo/empty-1.0.tar.gz', {})
        expect([empty.status, empty.headers['content-length'], empty.body.length]).toEqual([200, '0', 0])
        expect(empty.headers['content-type']).toBe('application/octet-stream')
        await real.stop()
        await server.close()
    })
})
