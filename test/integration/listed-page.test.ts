// A folder that holds files and no page, as `aws s3 cp` leaves it, is a page: made from S3's listing.

import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { clientOf, environmentOf, makeBucket } from '../support/s3/bucket.js'
import { pipEnvironment } from '../support/python/pip.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { startFaultProxy, type FaultProxy } from '../support/upstreams/fault-proxy.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'

const json = 'application/vnd.pypi.simple.v1+json'
const v1html = 'application/vnd.pypi.simple.v1+html'

const wheel = makeWheel({ name: 'acme', version: '1.0' })
const local = makeWheel({ name: 'acme', version: '2.0+cu12', requiresPython: '>=3.8' })

/** A folder of every kind of object. */
const acme = {
    [`acme/${wheel.filename}`]: wheel.bytes,
    [`acme/${local.filename}`]: local.bytes,
    [`acme/${local.filename}.metadata`]:
        'Metadata-Version: 2.1\nName: acme\nVersion: 2.0+cu12\nRequires-Python: >=3.8\n',
    'acme/acme-0.9.tar.gz': 'bytes',
    'acme/acme-0.9.tar.gz.yanked': 'broken',
    'acme/acme-1.10.zip': '',
    'acme/acme-1.9!.zip': 'no version',
    'acme/other-1.0.tar.gz': 'of another project',
    'acme/acme-1.0-py3-none-any.whl.asc': 'signature',
    'acme/README & <b>"é"\'+%2B.txt': 'hostile',
    'acme/acme-3.0.tar.gz\n': 'hostile',
    'acme/acme-4.0.tar.gz/': '',
    'acme/deeper/acme-5.0.tar.gz': 'below',
    'acme/constructor.yanked': '',
    'acme/__proto__.metadata': 'x',
}

const files = ['acme-0.9.tar.gz', wheel.filename, 'acme-1.10.zip', local.filename]

async function get(index: Index, target: string, headers: Record<string, string> = {}, method = 'GET') {
    return request(index.port, target, { headers, method })
}

/** Installs with this machine's pip and returns its words. */
async function pipInstall(url: string, ...words: string[]): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pip-'))
    const env = pipEnvironment(folder)
    const install = ['-m', 'pip', 'install', '--target', `${folder}/target`, '--index-url', `${url}/simple/`]
    try {
        const { stdout, stderr } = await promisify(execFile)('/usr/bin/python3', [...install, ...words], { env })
        return stdout + stderr + (await readFile(`${folder}/target/acme/__init__.py`, 'utf8'))
    } finally {
        await rm(folder, { recursive: true })
    }
}

describe.each<[string, Partial<IndexOptions>, string]>([
    ['direct', {}, ''],
    ['cached', { cached: true }, ''],
    ['direct, below a prefix', {}, 'team-a/'],
    ['cached, below a prefix', { cached: true }, 'team-a/'],
    ['direct, with SigV2', { signature: 'v2' }, ''],
    ['cached, with SigV2', { cached: true, signature: 'v2' }, ''],
])('%s', (_name, options, prefix) => {
    let s3: S3Server
    let index: Index

    beforeAll(async () => {
        s3 = await startS3('embedded')
        const objects = { ...acme, 'junk/readme.txt': 'x', 'empty/': '', 'deep/er/deep-1.0.tar.gz': 'x' }
        const below = Object.fromEntries(Object.entries(objects).map(([key, body]) => [prefix + key, body]))
        const bucket = await makeBucket(s3, below)
        const place = { endpointUrl: s3.endpoint, bucket, prefix, environment: environmentOf(s3) }
        index = await startIndex({ ...place, ...options, fallback: true })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })

    test('JSON: files in the order of their versions, without a hash', async () => {
        for (const target of ['/acme/', '/simple/acme/', '/acme/index.html', `/acme/?format=${json}`]) {
            const answer = await get(index, target, { Accept: target.includes('format') ? 'text/html' : json })
            expect([answer.status, answer.headers['content-type']], target).toEqual([200, json])
            expect(answer.headers).toMatchObject({
                'cache-control': 'no-cache',
                'x-content-type-options': 'nosniff',
                'content-security-policy': expect.stringContaining("default-src 'none'"),
            })
            expect(answer.headers.vary).toContain('Accept')
            const page = JSON.parse(answer.body.toString())
            expect(page).toMatchObject({
                meta: { 'api-version': '1.4' },
                name: 'acme',
                'project-status': { status: 'active' },
                versions: ['0.9', '1.0', '1.10', '2.0+cu12'],
            })
            expect(page.files.map(({ filename }: { filename: string }) => filename)).toEqual(files)
            const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
            expect(page.files[0]).toEqual({
                filename: 'acme-0.9.tar.gz',
                url: 'acme-0.9.tar.gz',
                hashes: {},
                size: 5,
                'upload-time': time,
                yanked: true,
            })
            expect(page.files[3]).toEqual({
                filename: local.filename,
                url: local.filename.replace('+', '%2B'),
                hashes: {},
                size: local.bytes.length,
                'upload-time': time,
                'core-metadata': true,
                yanked: false,
            })
        }
    })

    test('HTML: the same files, the newest first, and no hash in an address', async () => {
        for (const [accept, type] of [
            ['text/html', 'text/html; charset=utf-8'],
            ['*/*', 'text/html; charset=utf-8'],
            [v1html, `${v1html}; charset=utf-8`],
        ]) {
            const answer = await get(index, '/simple/acme/', { Accept: accept! })
            expect([answer.status, answer.headers['content-type']]).toEqual([200, type])
            const html = answer.body.toString()
            expect(html.match(/(?<=">)acme-[^<]+(?=<\/a>)/g)).toEqual([...files].reverse())
            expect(html).toContain(`<a href="${local.filename.replace('+', '%2B')}" data-core-metadata="true">`)
            expect(html).toContain('<a href="acme-0.9.tar.gz" data-yanked="">')
            expect(html).not.toContain('sha256')
        }
    })

    test('conditional requests and HEAD', async () => {
        const etags = await Promise.all(
            [json, 'text/html', v1html].map(async (accept) => {
                const { headers, body } = await get(index, '/acme/', { Accept: accept })
                expect(headers.etag).toMatch(/^"[0-9a-f]+"$/)
                for (const known of [headers.etag!, `"x", W/${headers.etag}`, '*']) {
                    const again = await get(index, '/acme/', { Accept: accept, 'If-None-Match': known })
                    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
                    expect(again.headers['cache-control']).toBe('no-cache')
                }
                expect((await get(index, '/acme/', { Accept: accept, 'If-None-Match': '"x"' })).status).toBe(200)
                const head = await get(index, '/acme/', { Accept: accept }, 'HEAD')
                expect([head.status, head.body.length]).toEqual([200, 0])
                expect(head.headers).toMatchObject({ etag: headers.etag, 'content-length': String(body.length) })
                const zipped = await get(index, '/acme/', { Accept: accept, 'Accept-Encoding': 'gzip' })
                if (body.length > 1024) {
                    // Compressed by nginx: another representation.
                    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', etag: `W/${headers.etag}` })
                }
                return headers.etag
            }),
        )
        expect(new Set(etags).size).toBe(3)
    })

    test('pip installs the file', async () => {
        const words = await pipInstall(index.url, 'acme')
        expect(words).toContain('version = "2.0+cu12"')
        expect(await pipInstall(index.url, 'acme==1.0')).toContain('version = "1.0"')
        await expect(pipInstall(index.url, 'acme==3.0')).rejects.toThrow('No matching distribution')
    })

    test('a claimed name without a file is told from one that is not there', async () => {
        for (const accept of ['text/html', json]) {
            for (const project of ['junk', 'empty', 'deep']) {
                const answer = await get(index, `/${project}/`, { Accept: accept })
                expect([answer.status, answer.headers.location], project).toEqual([404, undefined])
                expect(answer.body.toString()).toContain('neither a page nor a wheel or sdist')
            }
            expect((await get(index, '/acm/', { Accept: accept })).status).toBe(302)
        }
    })

    test('internal addresses are not reachable', async () => {
        for (const target of ['/-/listed-page', '/-/listed-page?acme', '/-/s3-listing']) {
            expect((await get(index, target)).status, target).toBe(404)
        }
    })
})

describe.each([false, true])('2,500 objects in a folder, cached: %s', (cached) => {
    const names = Array.from({ length: 2500 }, (_, number) => `acme-0.${number}.tar.gz`)
    let s3: S3Server
    let proxy: FaultProxy
    let index: Index
    let listed: number
    let fault: 'pass' | '503' | '500' | 'cut' | 'cut answer' = 'pass'

    beforeAll(async () => {
        s3 = await startS3('embedded')
        const bucket = await makeBucket(s3, { [`acme/${wheel.filename}`]: wheel.bytes })
        const client = clientOf(s3)
        for (let from = 0; from < names.length; from += 50) {
            const some = names.slice(from, from + 50)
            await Promise.all(
                some.map((name) =>
                    client.send(new PutObjectCommand({ Bucket: bucket, Key: `acme/${name}`, Body: 'x' })),
                ),
            )
        }
        client.destroy()
        proxy = await startFaultProxy(s3.endpoint, ({ url }) => {
            if (url.includes('max-keys=1000')) listed++
            return url.includes('continuation-token') ? fault : 'pass'
        })
        const options = { endpointUrl: proxy.endpoint, bucket, environment: environmentOf(s3), cached }
        index = await startIndex({ ...options, fallback: true })
    })
    beforeEach(() => {
        listed = 0
        fault = 'pass'
    })
    afterAll(async () => {
        await index.stop()
        await proxy.close()
        await s3.close()
    })

    test.each(['500', '503', 'cut', 'cut answer'] as const)(
        'the second page fails (%s): no page at all',
        async (fate) => {
            fault = fate
            for (const accept of [json, 'text/html']) {
                const answer = await get(index, '/acme/', { Accept: accept })
                expect([answer.status, answer.headers.location]).toEqual([503, undefined])
                expect(answer.headers['retry-after']).toMatch(/^\d+$/)
                expect(answer.headers['cache-control'] ?? '').not.toContain('max-age')
                expect(answer.body.toString()).not.toContain('acme-')
            }
            expect(listed).toBeGreaterThan(1)
        },
    )

    test('all of them are listed, and pip installs one', async () => {
        const page = JSON.parse((await get(index, '/acme/', { Accept: json })).body.toString())
        expect(page.files.map(({ filename }: { filename: string }) => filename)).toEqual([...names, wheel.filename])
        expect(page.versions).toEqual([...names.map((_name, number) => `0.${number}`), '1.0'])
        const html = (await get(index, '/acme/', { Accept: 'text/html' })).body.toString()
        expect(html.match(/<a /g)).toHaveLength(2501)
        expect(await pipInstall(index.url, 'acme')).toContain('version = "1.0"')
    })

    if (cached) {
        test('clients at the same time share one listing, which is kept', async () => {
            // Another form than above: not in the cache yet.
            const answers = await Promise.all(Array.from({ length: 8 }, () => get(index, '/acme/', { Accept: v1html })))
            expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
            expect(listed).toBe(3)
        })
    } else {
        test('the twin: without a cache each request lists the folder', async () => {
            for (let times = 0; times < 2; times++) await get(index, '/acme/', { Accept: v1html })
            // The first listing of a request ends when it is clear that there are more.
            expect(listed).toBe(8)
        })
    }
})

describe.each([false, true])('a listing from a hostile S3, cached: %s', (cached) => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

    /** Asks for a project whose folder has a file and no page, and lists it as `answer` says. */
    async function ask(answer: (url: URL, page: number) => string, forms = [json, 'text/html']) {
        let page = 0
        const s3 = await startRecordingUpstream((asked, response) => {
            const url = new URL(asked.url!, 'http://s3')
            if (url.pathname === '/my-pypi/' && url.search === '') response.end()
            else if (!url.searchParams.has('list-type')) response.writeHead(404).end()
            else if (url.searchParams.get('max-keys') === '2') response.end(list(['acme/acme-1.0.zip']))
            else response.end(answer(url, ++page))
        })
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, fallback: true })
        try {
            const answers = []
            for (const accept of forms) {
                page = 0
                answers.push(await get(index, '/acme/', { Accept: accept }))
            }
            return { answers, requests: s3.requests.map(({ target }) => target) }
        } finally {
            await index.stop()
            await s3.close()
        }
    }

    const list = (keys: string[], token = '', count = keys.length) =>
        '<ListBucketResult><EncodingType>url</EncodingType>' +
        `<KeyCount>${count}</KeyCount><IsTruncated>${token !== ''}</IsTruncated>` +
        (token && `<NextContinuationToken>${token}</NextContinuationToken>`) +
        keys
            .map(
                (key) =>
                    `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05Z</LastModified><Size>1</Size></Contents>`,
            )
            .join('') +
        '</ListBucketResult>'
    const one = (name = 'acme-1.0.zip') => list([`acme/${name}`])

    test('the twin: a listing without fault, whose token is hostile', async () => {
        const token = "a b+c/d=&amp;list-type=1\u00e9%2F'\t"
        const pages = [list(['acme/acme-1.0.zip'], token), one('acme-2.0.zip')]
        const { answers, requests } = await ask((url, page) => {
            const sent = url.searchParams.get('continuation-token')
            const isRight = sent === null || sent === token.replace('&amp;', '&')
            // Without a cache, the first page is requested twice.
            return isRight ? pages[sent === null ? 0 : 1]! : `<Error>${page}</Error>`
        })
        for (const { status, body } of answers) {
            expect(status).toBe(200)
            expect(body.toString().match(/acme-\d\.0\.zip(?=<\/a>|","url)/g)).toHaveLength(2)
        }
        expect(requests.join('\n')).toContain('continuation-token=a%20b%2Bc%2Fd%3D%26list-type%3D1%C3%A9%252F%27%09&')
    })

    test.each<[string, (url: URL, page: number) => string]>([
        ['no body', () => ''],
        ['a web page', () => '<html>Sign in</html>'],
        ['a listing that is cut', () => one().slice(0, -5)],
        ['another folder', () => list(['other/acme-1.0.zip'])],
        ['a count of more', () => list(['acme/acme-1.0.zip'], '', 2)],
        ['a comment', () => one().replace('<Contents>', '<!-- --><Contents>')],
        ['a key twice', () => list(['acme/acme-1.0.zip', 'acme/acme-1.0.zip'])],
        [
            'a key again on the second page',
            (url) => list(['acme/acme-1.0.zip'], url.search.includes('token') ? '' : 'x'),
        ],
        [
            'an error on the second page',
            (url) => (url.search.includes('token') ? '<Error/>' : list(['acme/acme-1.0.zip'], 'x')),
        ],
        ['a page that comes again', () => list([], 'x')],
        ['a page that was written meanwhile', () => list(['acme/acme-1.0.zip', 'acme/index.json'])],
    ])('%s: 503, and nobody is sent elsewhere', async (_about, answer) => {
        for (const { status, headers, body } of (await ask(answer)).answers) {
            expect([status, headers.location]).toEqual([503, undefined])
            expect(headers['retry-after']).toMatch(/^\d+$/)
            expect(headers.vary).toContain('Accept')
            expect(body.toString()).not.toContain('acme-1.0')
        }
    })

    test('a listing that becomes empty: 404, and nobody is sent elsewhere', async () => {
        for (const { status, headers } of (await ask(() => list([]))).answers) {
            expect([status, headers.location]).toEqual([404, undefined])
        }
    })

    test('a listing without end: the answer names the cure', async () => {
        const { answers, requests } = await ask((_url, page) => list([`acme/acme-${page}.0.zip`], `token-${page}`))
        for (const { status, headers, body } of answers) {
            expect([status, headers.location]).toEqual([507, undefined])
            expect(body.toString()).toContain('manage-index rebuild')
        }
        expect(requests.filter((target) => target.includes('max-keys=1000')).length).toBe(cached ? 6 : 8)
    })
})

describe.each([false, true])('who may read, and what wins, cached: %s', (cached) => {
    let s3: S3Server
    let options: IndexOptions

    beforeAll(async () => {
        s3 = await startS3('embedded')
        options = {
            endpointUrl: s3.endpoint,
            bucket: await makeBucket(s3, { [`acme/${wheel.filename}`]: wheel.bytes, 'old/old-1.0.zip': 'x' }),
            environment: environmentOf(s3),
            cached,
            ...(cached && { pageTtl: '3600' }),
            fallback: true,
        }
    })
    afterAll(() => s3.close())

    test('a password is asked for', async () => {
        const folder = await mkdtemp(path.join(tmpdir(), 'htpasswd-'))
        // For nginx's workers.
        await chmod(folder, 0o755)
        await writeFile(`${folder}/htpasswd`, 'ci:{PLAIN}right\n')
        const index = await startIndex({ ...options, htpasswd: `${folder}/htpasswd` })
        const basic = (password: string) => `Basic ${Buffer.from(`ci:${password}`).toString('base64')}`
        for (const accept of [json, 'text/html']) {
            for (const [headers, status] of [
                [{}, 401],
                [{ Authorization: basic('wrong') }, 401],
                [{ Authorization: basic('right') }, 200],
            ] as const) {
                const answer = await get(index, '/acme/', { Accept: accept, ...headers })
                expect(answer.status).toBe(status)
                expect(answer.body.toString().includes('acme-1.0')).toBe(status === 200)
            }
        }
        expect(await pipInstall(index.url.replace('//', '//ci:right@'), 'acme')).toContain('version = "1.0"')
        await index.stop()
        await rm(folder, { recursive: true })
    })

    test('a strange network reads nothing', async () => {
        const index = await startIndex({ ...options, allow: ['192.0.2.0/24'] })
        const answer = await get(index, '/acme/', { Accept: json })
        expect([answer.status, answer.body.toString().includes('acme-1.0')]).toEqual([403, false])
        await index.stop()
    })

    test.each([
        ['wrong', { AWS_SECRET_ACCESS_KEY: 'wrong' }],
        ['missing', { AWS_SECRET_ACCESS_KEY: '' }],
    ])('credentials that are %s list nothing', async (_about, change) => {
        const index = await startIndex({ ...options, environment: { ...options.environment, ...change } })
        for (const accept of [json, 'text/html']) {
            const answer = await get(index, '/acme/', { Accept: accept })
            expect(answer.status).toBeOneOf([502, 503])
            expect(answer.headers.location).toBeUndefined()
        }
        await index.stop()
    })

    test('a page that is written later wins at once, also over a cached listing', async () => {
        const index = await startIndex(options)
        const client = clientOf(s3)
        for (const accept of [json, 'text/html']) {
            expect((await get(index, '/old/', { Accept: accept })).body.toString()).toContain('old-1.0.zip')
        }
        const put = (name: string) =>
            client.send(new PutObjectCommand({ Bucket: options.bucket!, Key: `old/${name}`, Body: `the ${name}` }))
        await put('index.json')
        expect((await get(index, '/old/', { Accept: json })).body.toString()).toBe('the index.json')
        // A publisher is about to write it.
        expect((await get(index, '/old/', { Accept: 'text/html' })).status).toBe(503)
        await put('index.html')
        expect((await get(index, '/old/', { Accept: 'text/html' })).body.toString()).toBe('the index.html')
        client.destroy()
        await index.stop()
    })

    test('index.json of such a folder stays unreadable', async () => {
        const index = await startIndex(options)
        expect((await get(index, '/acme/index.json')).status).toBe(404)
        expect((await get(index, `/acme/${wheel.filename}`)).status).toBe(200)
        await index.stop()
    })
})
