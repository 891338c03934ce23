import { describe, expect, test } from 'vitest'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { request } from '../support/requests/raw-request.js'
import { sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import { startUploadIndex } from '../support/uploads/upload-index.js'
import { startPypi } from '../support/upstreams/pypi-server.js'

const json = 'application/vnd.pypi.simple.v1+json'
const asJson = { headers: { Accept: json } }
const six = pypiPage('six', [pypiFile('six-1.16.0-py2.py3-none-any.whl', '2020-01-02T03:04:05Z')])
const file = six.files[0]!
const filePath = file.url.replace(pypiFiles, '/packages/')

test('forms of a page are kept apart, and none is served for another', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, six)
        const forms: [string | undefined, string, string][] = [
            [json, '', json],
            ['text/html', '', 'text/html; charset=utf-8'],
            ['application/vnd.pypi.simple.v1+html', '', 'application/vnd.pypi.simple.v1+html; charset=utf-8'],
            [undefined, '', 'text/html; charset=utf-8'],
            [`${json}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`, '', json],
            ['text/html', `?format=${json.replace('+', '%2B')}`, json],
            ['text/html;q=0.1, application/vnd.pypi.simple.v1+json;q=0.9', '', json],
        ]
        for (let round = 0; round < 3; round++) {
            for (const [accept, query, type] of round === 1 ? [...forms].reverse() : forms) {
                const headers = accept === undefined ? {} : { Accept: accept }
                const answer = await request(index.port, `/simple/six/${query}`, { headers })
                expect([accept, query, answer.status, answer.headers['content-type']]).toEqual([
                    accept,
                    query,
                    200,
                    type,
                ])
                expect(answer.body.toString().startsWith(type === json ? '{' : '<!DOCTYPE html>')).toBe(true)
                expect(answer.headers.vary).toContain('Accept')
            }
        }
        expect(pypi.requests.map(({ target }) => target)).toEqual(['/simple/six/'])
    })
})

test('files: ranges, their ends, HEAD, and FILE.metadata', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, six)
        const metadata = 'Metadata-Version: 2.1\nName: six\n'
        pypi.files[`${file.url.slice(pypiFiles.length)}.metadata`] = metadata
        for (let round = 0; round < 2; round++) {
            const ask = (path: string, options: Parameters<typeof request>[2] = {}) =>
                request(index.port, path, options)
            const head = await ask(filePath, { method: 'HEAD' })
            expect([head.status, head.headers['content-length'], head.headers['accept-ranges']]).toEqual([
                200,
                String(file.filename.length),
                'bytes',
            ])
            const end = await ask(filePath, { headers: { Range: 'bytes=-4' } })
            expect([end.status, end.body.toString()]).toEqual([206, '.whl'])
            const part = await ask(filePath, { headers: { Range: 'bytes=1-2' } })
            expect([part.status, part.body.toString()]).toEqual([206, 'ix'])
            expect((await ask(filePath, { headers: { Range: 'bytes=1000-' } })).status).toBe(416)
            expect((await ask(filePath)).body.toString()).toBe(file.filename)
            expect((await ask(`${filePath}.metadata`)).body.toString()).toBe(metadata)
            expect((await ask(filePath.replace('six-', 'none-'))).status).toBe(404)
            expect((await ask(filePath, { method: 'POST' })).status).toBe(405)
        }
    })
})

test('nothing but files and pages reaches the public index', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, six)
        for (const target of [
            'http://example.com/simple/six/',
            '/simple/six/?x=http://example.com',
            '//example.com/simple/six/',
            '/simple/..%2f..%2fadmin/',
            '/simple/six%0d%0aHost:%20evil/',
            '/simple/six/..%2f..%2fpackages/',
            `${filePath}?x=1`,
            `${filePath}%00`,
            `${filePath}%20`,
            '/packages/00/00/../../simple/six/',
            '/make?index.json',
            '/free',
            '/ask-free',
            '/state',
            '/bucket/six',
            '/-/public-state',
            '/-/missing-project',
            '/decision',
        ]) {
            await request(index.port, target, asJson)
        }
        // A project may have this name.
        const allowed = new Set(['/simple/six/', '/simple/packages/', filePath])
        expect(pypi.requests.map(({ target }) => target).filter((target) => !allowed.has(target))).toEqual([])
        for (const { header } of pypi.requests) expect(header('host')).toBe(new URL(pypi.url).host)
    })
})

describe('a warm page and a warm file', () => {
    test('ask neither S3 nor the public index', async () => {
        await withPublicIndex({}, { pageTtl: '60' }, async (index, pypi) => {
            publish(pypi, six)
            for (const path of ['/simple/six/', filePath]) {
                const before = await request(index.port, path, asJson)
                const asked = pypi.requests.length
                for (let round = 0; round < 5; round++) {
                    const again = await request(index.port, path, asJson)
                    expect([again.status, again.body.equals(before.body)]).toEqual([200, true])
                }
                expect(pypi.requests).toHaveLength(asked)
            }
            await index.stop()
            const served = index
                .accessLog()
                .trim()
                .split('\n')
                .map((line) => JSON.parse(line) as Record<string, string>)
            const hits = served.filter(({ cache }) => cache === 'HIT')
            expect(hits).toHaveLength(10)
            for (const hit of hits) expect(hit).toMatchObject({ upstream_status: '' })
            Object.assign(index, { stop: async () => {} })
        })
    })
})

test('an index with a prefix in the bucket: claims are those below it', async () => {
    const objects = { 'team-a/mine/notes.txt': 'x', 'six/index.json': '{}', 'team-a/': '' }
    await withPublicIndex(objects, { prefix: 'team-a/' }, async (index, pypi) => {
        publish(pypi, six)
        publish(pypi, pypiPage('mine', []))
        for (const path of ['/simple/six/', filePath]) {
            expect([path, (await request(index.port, path, asJson)).status]).toEqual([path, 200])
        }
        expect((await request(index.port, '/simple/mine/', asJson)).status).not.toBe(200)
        expect(pypi.requests.map(({ target }) => target)).toEqual(['/simple/six/', filePath])
    })
})

test('a project that is uploaded through nginx replaces its public page at once', async () => {
    const pypi = await startPypi()
    publish(pypi, six)
    const { index, stop } = await startUploadIndex({ public: pypi.url, cached: true, pageTtl: '3600' })
    try {
        const files = async () => {
            const { body } = await request(index.port, '/simple/six/', asJson)
            return JSON.parse(body.toString()).files.map(({ filename }: { filename: string }) => filename)
        }
        expect(await files()).toEqual([file.filename])
        const own = makeWheel({ name: 'six', version: '99' })
        const { status } = await sendForm(index.port, encodeForm(uploadParts(own)))
        expect(status).toBe(200)
        expect(await files()).toEqual([own.filename])
    } finally {
        await stop()
        await pypi.close()
    }
})
