import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const json = 'application/vnd.pypi.simple.v1+json'
const v1html = 'application/vnd.pypi.simple.v1+html'
const pip = `${json}, ${v1html}; q=0.1, text/html; q=0.01`
const uv = `${json}, ${v1html};q=0.2, text/html;q=0.01`

const objects = {
    'index.html': '<a href="demo/">demo</a>',
    'index.json': '{"projects":[{"name":"demo"}]}',
    'demo/index.html': '<a href="demo-1.0.tar.gz">demo-1.0.tar.gz</a>' + ' '.repeat(2000),
    'demo/index.json': '{"name":"demo"}' + ' '.repeat(2000),
    'demo/demo-1.0.tar.gz': 'the bytes',
    'demo/demo-1.0-py3-none-any.whl.metadata': 'Metadata-Version: 2.1\n',
    'demo/page-1.0.html': '<script>alert(1)</script>',
    // As the recipe of 2018 left them.
    'old/index.html': '<a href="old-1.0.tar.gz">old-1.0.tar.gz</a>',
}

describe.each([['without a cache'], ['with a cache']])('%s', (mode) => {
    let s3: S3Server
    let index: Index

    beforeAll(async () => {
        s3 = await startS3('embedded')
        const bucket = await makeBucket(s3, objects)
        const cached = mode === 'with a cache'
        index = await startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), cached })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each([
        [undefined, 'text/html; charset=utf-8', 'index.html'],
        ['*/*', 'text/html; charset=utf-8', 'index.html'],
        ['text/html, text/plain;q=0.5, */*;q=0.1', 'text/html; charset=utf-8', 'index.html'],
        [json, json, 'index.json'],
        [pip, json, 'index.json'],
        [uv, json, 'index.json'],
        [`${json}, */*;q=0.1`, json, 'index.json'],
        [`${json};q=0.1, text/html;q=0.9`, 'text/html; charset=utf-8', 'index.html'],
        ['application/vnd.pypi.simple.latest+json', json, 'index.json'],
        [v1html, `${v1html}; charset=utf-8`, 'index.html'],
        ['image/png', 'text/html; charset=utf-8', 'index.html'],
    ])('Accept: %s', async (accept, type, file) => {
        for (const [path, folder] of [
            ['/demo/', 'demo/'],
            ['/simple/demo/', 'demo/'],
            ['/', ''],
            ['/simple/', ''],
        ]) {
            for (const method of ['GET', 'HEAD']) {
                const answer = await request(index.port, path!, { method, headers: accept ? { Accept: accept } : {} })
                expect(answer.status).toBe(200)
                expect(answer.headers['content-type']).toBe(type)
                expect(answer.headers.vary).toMatch(/\bAccept\b(?!-)/)
                expect(answer.headers['cache-control']).toBe('no-cache')
                const body = objects[`${folder}${file}` as keyof typeof objects]
                expect(answer.body.toString()).toBe(method === 'GET' ? body : '')
            }
        }
    })

    test.each([
        [`?format=${json}`, json],
        [`?format=${encodeURIComponent(json)}`, json],
        ['?format=text/html', 'text/html; charset=utf-8'],
        ['?format=nonsense', 'text/html; charset=utf-8'],
    ])('%s', async (query, type) => {
        const answer = await request(index.port, `/demo/${query}`)
        expect([answer.status, answer.headers['content-type']]).toEqual([200, type])
    })

    test('each form has its own ETag, and 304 for it', async () => {
        const etags: string[] = []
        for (const accept of ['text/html', json]) {
            const first = await request(index.port, '/demo/', { headers: { Accept: accept } })
            const etag = first.headers.etag!
            etags.push(etag)
            const again = await request(index.port, '/demo/', { headers: { Accept: accept, 'If-None-Match': etag } })
            expect([again.status, again.headers.etag, again.body.length]).toEqual([304, etag, 0])
            expect(again.headers.vary).toContain('Accept')
            const other = await request(index.port, '/demo/', { headers: { Accept: accept, 'If-None-Match': '"x"' } })
            expect(other.status).toBe(200)
        }
        expect(etags[0]).not.toBe(etags[1])
    })

    test('a page that is sent compressed keeps its 304', async () => {
        const headers = { Accept: json, 'Accept-Encoding': 'gzip' }
        const first = await request(index.port, '/demo/', { headers })
        expect(first.headers['content-encoding']).toBe('gzip')
        expect(gunzipSync(first.body).toString()).toBe(objects['demo/index.json'])
        const etag = first.headers.etag!
        expect(etag).toMatch(/^W\//)
        const again = await request(index.port, '/demo/', { headers: { ...headers, 'If-None-Match': etag } })
        expect(again.status).toBe(304)
    })

    test('a project of a bucket of 2018 has HTML for every client', async () => {
        for (const accept of [pip, uv, json, 'text/html']) {
            const answer = await request(index.port, '/old/', { headers: { Accept: accept } })
            expect(answer.status, accept).toBe(200)
            expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
            expect(answer.headers.vary).toContain('Accept')
            expect(answer.body.toString()).toBe(objects['old/index.html'])
        }
    })

    test('a project that is not there is not found, in any form', async () => {
        for (const accept of [pip, json, 'text/html']) {
            expect((await request(index.port, '/nothing/', { headers: { Accept: accept } })).status).toBe(404)
        }
        expect((await request(index.port, '/-/html')).status).toBe(404)
        expect((await request(index.port, '/-/s3-bucket')).status).toBe(404)
    })

    test.each([
        ['/demo/demo-1.0.tar.gz', 'application/octet-stream'],
        ['/demo/demo-1.0-py3-none-any.whl.metadata', 'text/plain; charset=utf-8'],
        // Stored as text/html: in the index it must not become a page.
        ['/demo/page-1.0.html', 'application/octet-stream'],
    ])('the headers of %s', async (path, type) => {
        const answer = await request(index.port, path, { headers: { 'Accept-Encoding': 'gzip' } })
        expect(answer.status).toBe(200)
        expect(answer.headers).toMatchObject({
            'content-type': type,
            'content-length': String(answer.body.length),
            'cache-control': 'max-age=31536000, immutable',
            'accept-ranges': 'bytes',
            'x-content-type-options': 'nosniff',
        })
        expect(answer.headers.etag).toMatch(/^"/)
        expect(answer.headers['last-modified']).toBeDefined()
        expect(answer.headers['content-encoding']).toBeUndefined()
        expect(answer.headers.vary ?? '').not.toContain('Accept,')
        const part = await request(index.port, path, { headers: { Range: 'bytes=4-6' } })
        expect([part.status, part.body.toString()]).toEqual([206, answer.body.toString().slice(4, 7)])
        const ifRange = { Range: 'bytes=4-6', 'If-Range': '"another"' }
        expect((await request(index.port, path, { headers: ifRange })).status).toBe(200)
        const head = await request(index.port, path, { method: 'HEAD' })
        expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
            200,
            String(answer.body.length),
            0,
        ])
        const again = await request(index.port, path, { headers: { 'If-None-Match': answer.headers.etag } })
        expect(again.status).toBe(304)
    })
})
