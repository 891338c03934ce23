import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { pageText } from '../support/index/pages.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const json = 'application/vnd.pypi.simple.v1+json'
const uncompressed = `<a href="old-1.0.tar.gz">old-1.0.tar.gz</a>${' '.repeat(2000)}`
const forms: [string, string][] = [
    [json, 'index.json'],
    ['text/html', 'index.html'],
]

for (const cached of [false, true]) {
    describe(`pages stored compressed, cached: ${cached}`, () => {
        let s3: S3Server
        let bucket: Bucket
        let index: Index

        beforeAll(async () => {
            s3 = await startS3('embedded')
            bucket = await newBucket(s3)
            await publish(bucket, [await wheelFile({ name: 'acme', version: '1.0' })])
            const plain = { contentType: 'text/html', cacheControl: 'no-cache' }
            await bucket.write('old/index.html', Buffer.from(uncompressed), plain)
            const encoded = { contentType: 'text/plain', cacheControl: 'no-cache', contentEncoding: 'gzip' } as const
            await bucket.write('acme/acme-0.9.tar.gz', gzipSync('a tar archive'), encoded)
            index = await startIndex({
                endpointUrl: s3.endpoint,
                bucket: bucket.name,
                environment: environmentOf(s3),
                cached,
            })
        })
        afterAll(async () => {
            await index.stop()
            await s3.close()
        })

        const get = (path: string, headers: Record<string, string>, method = 'GET') =>
            request(index.port, path, { method, headers })

        test.each(forms)('%s: a client with gzip gets the object as it is', async (accept, file) => {
            const stored = (await bucket.get(`acme/${file}`))!
            for (const encodings of ['gzip', 'gzip, deflate, zstd', 'br;q=1.0, gzip;q=0.8, *;q=0.1']) {
                for (const method of ['GET', 'HEAD', 'GET']) {
                    const headers = { Accept: accept, 'Accept-Encoding': encodings }
                    const answer = await get('/simple/acme/', headers, method)
                    expect(answer.status).toBe(200)
                    expect(answer.headers).toMatchObject({
                        'content-encoding': 'gzip',
                        'content-length': String(stored.body.length),
                        etag: `"${stored.etag}"`,
                        vary: 'Accept, Accept-Encoding',
                    })
                    expect(answer.body.equals(method === 'GET' ? stored.body : Buffer.alloc(0))).toBe(true)
                }
            }
        })

        test.each(forms)('%s: a client without gzip gets the page decompressed', async (accept, file) => {
            const page = await pageText(bucket, `acme/${file}`)
            const { etag } = (await bucket.head(`acme/${file}`))!
            for (const encodings of [undefined, 'identity', 'gzip;q=0', 'br, zstd', '']) {
                for (const method of ['GET', 'HEAD', 'GET']) {
                    const headers = {
                        Accept: accept,
                        ...(encodings === undefined ? {} : { 'Accept-Encoding': encodings }),
                    }
                    const answer = await get('/simple/acme/', headers, method)
                    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined])
                    expect(answer.headers.etag, 'another representation has another ETag').not.toBe(`"${etag}"`)
                    expect(answer.headers.vary).toBe('Accept, Accept-Encoding')
                    expect(answer.body.toString()).toBe(method === 'GET' ? page : '')
                }
            }
        })

        test.each(forms)('%s: each representation is revalidated by its ETag', async (accept) => {
            for (const encodings of ['gzip', 'identity']) {
                const headers = { Accept: accept, 'Accept-Encoding': encodings }
                const { etag } = (await get('/simple/acme/', headers)).headers
                const again = await get('/simple/acme/', { ...headers, 'If-None-Match': etag! })
                expect([again.status, again.body.length, again.headers['content-encoding']]).toEqual([
                    304,
                    0,
                    undefined,
                ])
                expect(again.headers.vary).toBe('Accept, Accept-Encoding')
                const other = await get('/simple/acme/', { ...headers, 'If-None-Match': '"other"' })
                expect(other.status).toBe(200)
            }
        })

        test('a page stored uncompressed is compressed for those who accept it', async () => {
            const { etag } = (await bucket.head('old/index.html'))!
            const plain = await get('/old/', { Accept: 'text/html' })
            expect([plain.status, plain.body.toString(), plain.headers.etag]).toEqual([200, uncompressed, `"${etag}"`])
            const zipped = await get('/old/', { Accept: 'text/html', 'Accept-Encoding': 'gzip' })
            expect([zipped.status, zipped.headers['content-encoding']]).toEqual([200, 'gzip'])
            expect(gunzipSync(zipped.body).toString()).toBe(uncompressed)
            expect(zipped.headers.etag).toBe(`W/"${etag}"`)
            for (const { headers } of [plain, zipped]) expect(headers.vary).toBe('Accept, Accept-Encoding')
        })

        test('a file is never decompressed, whatever its object says', async () => {
            const stored = (await bucket.get('acme/acme-0.9.tar.gz'))!
            for (const encodings of ['gzip', 'identity']) {
                const answer = await get('/acme/acme-0.9.tar.gz', { 'Accept-Encoding': encodings })
                expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined])
                expect(answer.body.equals(stored.body)).toBe(true)
                expect(answer.headers.etag).toBe(`"${stored.etag}"`)
            }
        })
    })
}
