import { describe, expect, test } from 'vitest'
import { createAuthority } from '../support/machine/certificates.js'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { startIndex } from '../support/nginx/start-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3 } from '../support/s3/s3-servers.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'
import { startStatusServer } from '../support/upstreams/status-server.js'

const json = 'application/vnd.pypi.simple.v1+json'
const asJson = { headers: { Accept: json } }
const six = pypiPage('six', [pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z')])
const file = six.files[0]!
const filePath = file.url.replace(pypiFiles, '/packages/')

/** nginx waits a second for an upstream, not half a minute. */
const impatient = (_name: string, content: string) =>
    content.replaceAll(/proxy_read_timeout( +)30s;/g, 'proxy_read_timeout$11s;')

const targets = (pypi: PypiServer) => pypi.requests.map(({ target }) => target)

const statusOf = async (port: number, path: string) =>
    (await request(port, path, asJson).catch(() => ({ status: 'cut' }))).status

describe('a public index that', () => {
    const failures: [string, NonNullable<PypiServer['interfere']>][] = [
        ['answers 403', (_asked, response) => !!response.writeHead(403).end()],
        ['answers 429', (_asked, response) => !!response.writeHead(429, { 'Retry-After': '1' }).end()],
        ['answers 500', (_asked, response) => !!response.writeHead(500).end()],
        ['closes the connection', (_asked, response) => !!response.destroy()],
        ['sends nothing', () => true],
        [
            'stops in the middle',
            (_asked, response) => {
                response.writeHead(200, { 'Content-Type': json, 'Content-Length': 1000 })
                return response.write('{"meta":{},')
            },
        ],
        [
            'is cut in the middle',
            (_asked, response) => {
                response.writeHead(200, { 'Content-Type': json, 'Content-Length': 1000 })
                return response.write('{"meta":{},', () => response.destroy())
            },
        ],
        [
            'sends something else',
            (_asked, response) => !!response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>login'),
        ],
        ...[301, 400, 403, 410, 503].map((status): (typeof failures)[number] => [
            `answers ${status}, to be kept for an hour`,
            (_asked, response) => !!response.writeHead(status, { 'Cache-Control': 'max-age=3600' }).end(),
        ]),
    ]
    test.each(failures)('%s: 5xx, never 404; the next answer is right', async (_name, interfere) => {
        await withPublicIndex({}, { edit: impatient }, async (index, pypi) => {
            publish(pypi, six)
            pypi.interfere = (asked, response) => asked.url !== filePath && interfere(asked, response)
            expect(await statusOf(index.port, '/simple/six/')).toSatisfy((status) => status === 502 || status === 504)
            pypi.interfere = undefined
            expect(await statusOf(index.port, '/simple/six/')).toBe(200)
        })
    })

    test('says for an hour that a project is missing: it is found when it is there', async () => {
        const edit = (_name: string, content: string) => content.replaceAll('max-age=60', 'max-age=1')
        await withPublicIndex({}, { edit }, async (index, pypi) => {
            pypi.interfere = (_asked, response) => !!response.writeHead(404, { 'Cache-Control': 'max-age=3600' }).end()
            expect(await statusOf(index.port, '/simple/six/')).toBe(404)
            publish(pypi, six)
            pypi.interfere = undefined
            await expect.poll(() => statusOf(index.port, '/simple/six/'), { timeout: 20_000 }).toBe(200)
        })
    })

    test.each(failures.slice(0, 7))('%s: no part of a file is kept', async (_name, interfere) => {
        await withPublicIndex({}, { edit: impatient }, async (index, pypi) => {
            publish(pypi, six)
            pypi.interfere = interfere
            const answer = await request(index.port, filePath).catch(() => ({ status: 'cut', body: '' }))
            expect(answer.body.toString()).not.toBe(file.filename)
            expect(answer.status).not.toBe(404)
            pypi.interfere = undefined
            const whole = await request(index.port, filePath)
            expect([whole.status, whole.body.toString()]).toEqual([200, file.filename])
        })
    })

    test('redirects: clients are not sent elsewhere, nor is nginx', async () => {
        const elsewhere = await startPypi()
        await withPublicIndex({}, {}, async (index, pypi) => {
            publish(elsewhere, six)
            pypi.interfere = (asked, response) =>
                !!response.writeHead(302, { Location: `${elsewhere.endpoint}${asked.url}` }).end()
            for (const path of ['/simple/six/', filePath]) {
                const { status, headers } = await request(index.port, path, asJson)
                expect([path, status, headers.location]).toEqual([path, 502, undefined])
            }
        })
        expect(targets(elsewhere)).toEqual([])
        await elsewhere.close()
    })

    const authority = createAuthority()
    test.each([
        ['has a valid certificate', {}, 'localhost', 200],
        ['has an expired certificate', { expired: true }, 'localhost', 502],
        ['has the certificate of another host', {}, 'other.example', 502],
    ])('%s', async (_name, options, host, status) => {
        const tls = authority.issue(host, options)
        const pypi = await startPypi({ tls })
        const s3 = await startS3('embedded')
        const bucket = await makeBucket(s3, {})
        const url = pypi.url.replace('127.0.0.1', 'localhost')
        publish(pypi, six)
        pypi.pages.six = String(pypi.pages.six).replaceAll('127.0.0.1', 'localhost')
        const more = { public: url, publicCaBundle: authority.file, cached: true }
        const index = await startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), ...more })
        try {
            for (const path of ['/simple/six/', filePath])
                expect([path, await statusOf(index.port, path)]).toEqual([path, status])
            expect(pypi.requests.length > 0).toBe(status === 200)
        } finally {
            await index.stop()
            await pypi.close()
            await s3.close()
        }
    })

    test('is gone: what was served is served on, other things are 502', async () => {
        await withPublicIndex({}, {}, async (index, pypi) => {
            publish(pypi, six)
            const before = [await request(index.port, '/simple/six/', asJson), await request(index.port, filePath)]
            await pypi.close()
            const after = [await request(index.port, '/simple/six/', asJson), await request(index.port, filePath)]
            expect(after.map(({ body }) => body.toString())).toEqual(before.map(({ body }) => body.toString()))
            expect(await statusOf(index.port, '/simple/other/')).toBe(502)
            // The fixture closes it again.
            Object.assign(pypi, { close: async () => {} })
        })
    })
})

describe('while S3 is in doubt, nothing goes to the public index:', () => {
    test.each<[string, Record<string, string>]>([
        ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }],
        ['no credentials', { AWS_ACCESS_KEY_ID: '' }],
        ['a bucket that does not exist', { AWS_S3_BUCKET: 'no-such-bucket' }],
    ])('%s', async (_name, change) => {
        const s3 = await startS3('embedded')
        const environment = { ...environmentOf(s3), ...change }
        await withPublicIndex({}, { environment, endpointUrl: s3.endpoint }, async (index, pypi) => {
            publish(pypi, six)
            for (const path of ['/simple/six/', '/six/', filePath]) {
                for (const Accept of [json, 'text/html']) {
                    const { status } = await request(index.port, path, { headers: { Accept } })
                    expect([path, status]).toEqual([path, expect.toSatisfy((code) => code === 502 || code === 503)])
                }
            }
            expect(targets(pypi)).toEqual([])
        })
        await s3.close()
    })

    test.each([301, 400, 403, 429, 500, 503])('S3 says %d', async (status) => {
        const server = await startStatusServer('<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>')
        server.status = status
        const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
        await withPublicIndex(
            {},
            { endpointUrl: server.endpoint, bucket: 'my-pypi', environment },
            async (index, pypi) => {
                publish(pypi, six)
                expect(await statusOf(index.port, '/simple/six/')).toSatisfy((code) => code === 502 || code === 503)
                expect(targets(pypi)).toEqual([])
            },
        )
        await server.close()
    })

    test('S3 answers that a folder is not listed', async () => {
        const server = await startStatusServer('<Error>')
        server.status = 404
        const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
        await withPublicIndex(
            {},
            { endpointUrl: server.endpoint, bucket: 'my-pypi', environment },
            async (index, pypi) => {
                publish(pypi, six)
                for (const path of ['/simple/six/', filePath])
                    expect([path, await statusOf(index.port, path)]).toEqual([path, 503])
                expect(targets(pypi)).toEqual([])
            },
        )
        await server.close()
    })
})

test('/-/readyz/details tells whether the public index answers, and nothing becomes unready', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        const details = async () => {
            const { status, body } = await request(index.port, '/-/readyz/details')
            return `${status} ${body.toString()}`
        }
        expect(await details()).toMatch(/^200 S3 answers.*\nThe public index answers\.\n$/s)
        pypi.failure = 500
        await expect
            .poll(details, { timeout: 20_000 })
            .toMatch(/^200 S3 answers.*\nThe public index does not answer \(500\)\.\n$/s)
        expect(await statusOf(index.port, '/-/readyz')).toBe(200)
    })
})
