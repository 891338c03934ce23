// Report: review of November 2026 (L5, L13, U14). A publisher that was killed between index.json and index.html left HTML
// clients to the public index (dependency confusion); so did files put there by `aws s3 cp`, and the pages of s3pypi, which
// are at the key of the folder itself. The list of an empty bucket was 404.
// Right: only a folder in which S3 lists nothing may be looked for elsewhere. A page of any form is served, and files
// without a page are listed.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { listing } from '../support/upstreams/listing.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const json = 'application/vnd.pypi.simple.v1+json'
const pip = `${json}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`
const accepts = ['text/html', json, pip, '*/*', undefined]
const html = 'text/html; charset=utf-8'

const objects = {
    'killed/index.json': '{"meta":{"api-version":"1.4"},"name":"killed","versions":[],"files":[]}',
    'copied/copied-1.0-py3-none-any.whl': 'bytes',
    'made-in-a-console/': '',
    's3pypi/': '<a href="s3pypi-1.0.tar.gz">s3pypi-1.0.tar.gz</a>',
    's3pypi/s3pypi-1.0.tar.gz': 'bytes',
    's3pypi-alone/': '<a href="x-1.0.tar.gz">x-1.0.tar.gz</a>',
    'marked/': '',
    'marked/marked-1.0.tar.gz': 'bytes',
    'plus-more/plus-more-1.0.tar.gz': 'bytes',
    'odd/some & <thing> é.txt': 'x',
}

/** [project, form: status, type] */
const cases: [project: string, [status: number, type: string]][] = [
    ['copied', [200, 'listed']],
    ['made-in-a-console', [404, 'text/plain']],
    ['s3pypi', [200, html]],
    ['s3pypi-alone', [200, html]],
    ['marked', [200, 'listed']],
    ['odd', [404, 'text/plain']],
    // Not a project, though one begins with its name.
    ['plus', [302, 'text/html']],
    ['plus-mor', [302, 'text/html']],
    ['nothing', [302, 'text/html']],
]

describe.each([
    ['direct', {}, ''],
    ['cached', { cached: true }, ''],
    ['direct, below a prefix', {}, 'team-a/'],
    ['cached, below a prefix', { cached: true }, 'team-a/'],
    ['direct, with SigV2', { signature: 'v2' as const }, ''],
])('%s', (_name, options, prefix) => {
    let s3: S3Server
    let index: Index

    beforeAll(async () => {
        s3 = await startS3('embedded')
        const below = Object.fromEntries(Object.entries(objects).map(([key, body]) => [prefix + key, body]))
        const bucket = await makeBucket(s3, below)
        const place = { endpointUrl: s3.endpoint, bucket, prefix, environment: environmentOf(s3) }
        index = await startIndex({ ...place, ...options, fallback: true })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test.each(cases)('%s', async (project, [status, type]) => {
        for (const accept of accepts) {
            for (const path of [`/${project}/`, `/simple/${project}/`]) {
                const answer = await request(index.port, path, { headers: accept ? { Accept: accept } : {} })
                const expected = type !== 'listed' ? type : accept?.includes('json') ? json : html
                expect([answer.status, answer.headers['content-type']], accept).toEqual([status, expected])
                if (type === 'listed') expect(answer.body.toString()).toContain(`${project}-1.0`)
                else if (status === 200) expect(answer.body.toString()).toBe(objects[`${project}/` as 's3pypi/'])
                expect(answer.headers.vary).toContain('Accept')
                const location = status === 302 ? `https://pypi.org/simple/${project}/` : undefined
                expect(answer.headers.location).toBe(location)
            }
        }
    })

    test('index.json alone: JSON is served, HTML is told to ask again, and nobody is sent elsewhere', async () => {
        for (const accept of accepts) {
            const answer = await request(index.port, '/killed/', { headers: accept ? { Accept: accept } : {} })
            expect(answer.status, accept).toBe(accept?.includes('json') ? 200 : 503)
            if (answer.status === 503) expect(answer.body.toString()).toContain('manage-index rebuild')
        }
    })

    test('a list that is missing is not taken for an empty one', async () => {
        const answer = await request(index.port, '/simple/')
        expect(answer.status).toBe(404)
        expect(answer.body.toString()).toContain('manage-index rebuild')
    })
})

describe.each([false, true])('an empty bucket, cached: %s', (cached) => {
    test.each(['', 'team-a/'])('is an empty index, prefix "%s"', async (prefix) => {
        const s3 = await startS3('embedded')
        const bucket = await makeBucket(s3, prefix ? { 'elsewhere/x-1.0.tar.gz': 'x' } : {})
        const options = { endpointUrl: s3.endpoint, bucket, prefix, environment: environmentOf(s3), cached }
        const index = await startIndex({ ...options, fallback: true })
        for (const path of ['/', '/simple/']) {
            const asJson = await request(index.port, path, { headers: { Accept: pip } })
            expect([asJson.status, asJson.headers['content-type']]).toEqual([200, json])
            expect(JSON.parse(asJson.body.toString())).toEqual({ meta: { 'api-version': '1.4' }, projects: [] })
            expect(asJson.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'Accept' })
            const page = await request(index.port, path)
            expect([page.status, page.headers['content-type']]).toEqual([200, html])
            expect(page.body.toString()).not.toContain('<a')
            expect((await request(index.port, path, { method: 'HEAD' })).status).toBe(200)
        }
        expect((await request(index.port, '/acme/')).status).toBe(302)
        await index.stop()
        // The twin: a bucket that is not there, or may not be listed, is no empty index.
        for (const change of [
            { bucket: 'no-such-bucket' },
            { environment: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' } },
        ]) {
            const broken = await startIndex({ ...options, ...change, fallback: true })
            for (const path of ['/simple/', '/acme/']) {
                expect((await request(broken.port, path)).status, path).toBeOneOf([502, 503])
            }
            await broken.stop()
        }
        await s3.close()
    })
})

describe.each([false, true])('a listing that says nothing certain, cached: %s', (cached) => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
    test.each([
        ['no body', ''],
        ['a web page', '<html>Sign in</html>'],
        ['JSON', '{"Contents":[]}'],
        ['an error with status 200', '<Error><Code>SlowDown</Code></Error>'],
        ['a listing that was cut', listing([]).slice(0, -5)],
        ['a count without keys', listing([]).replace('<KeyCount>0', '<KeyCount>1')],
        ['more to come', listing([]).replace('<IsTruncated>false', '<IsTruncated>true')],
        ['more than is read', listing(Array<string>(2000).fill('arrow/x'))],
    ])('%s: nobody is sent elsewhere', async (_name, body) => {
        const s3 = await startRecordingUpstream((asked, response) => {
            if (asked.url!.includes('list-type')) response.end(body)
            else response.writeHead(404).end()
        })
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, fallback: true })
        for (const accept of ['text/html', json]) {
            // An older njs closes the connection where the listing is longer than what it may read.
            const answer = await request(index.port, '/arrow/', { headers: { Accept: accept } }).catch(() => undefined)
            if (answer === undefined && body.length > 16_384) continue
            expect(answer!.status).toBeOneOf([404, 502, 503])
            expect(answer!.headers.location).toBeUndefined()
        }
        await index.stop()
        await s3.close()
    })
})
