import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withCachedIndex } from '../support/nginx/cached-index.js'
import { request } from '../support/requests/raw-request.js'
import type { RecordedRequest } from '../support/upstreams/recording-upstream.js'

const file = '/demo/demo-1.0+x.tar.gz'
const key = 'demo/demo-1.0%2Bx.tar.gz'

/** So old may a signature be, in seconds; freshness.test.ts moves the clock to see that none is older. */
const freshness = 75

/** How long ago a request was signed, in seconds. */
function ageOf(sent: RecordedRequest): number {
    const date = sent.header('x-amz-date')!.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5')
    return (Date.now() - Date.parse(date)) / 1000
}

/** Makes every function of the script say that it was called. */
const talkative = (name: string, content: string) =>
    name === 'nginx-s3-pypi.js'
        ? content.replace(/^function (\w+)\(r(?:, \w+)*\) \{/gm, '$&\n    r.error("script: $1");')
        : content

test('what is cached is not asked for again, and runs no script', async () => {
    await withCachedIndex({ [key]: 'bytes', 'demo/index.html': 'page' }, { edit: talkative }, async (index, s3) => {
        for (const path of [file, '/demo/']) {
            s3.requests.length = 0
            expect((await request(index.port, path)).status).toBe(200)
            expect(s3.requests).toHaveLength(1)
            expect(index.log()).toMatch(/script: \w+/)

            const before = index.log().length
            for (const method of ['GET', 'HEAD', 'GET']) {
                expect((await request(index.port, path, { method })).status).toBe(200)
            }
            const range = { Range: 'bytes=1-2' }
            expect((await request(index.port, path, { headers: range })).status).toBe(206)
            const json = { Accept: 'application/vnd.pypi.simple.v1+json, */*;q=0.1' }
            if (path === file) expect((await request(index.port, path, { headers: json })).status).toBe(200)
            expect(s3.requests).toHaveLength(1)
            expect(index.log().slice(before)).toBe('')
        }
    })
})

test('a page is revalidated with a fresh signature when its time is over', async () => {
    await withCachedIndex({ 'demo/index.html': 'old' }, { pageTtl: '1' }, async (index, s3) => {
        expect((await request(index.port, '/demo/')).body.toString()).toBe('old')
        await sleep(3_600) // longer than it may be served while it is renewed
        expect((await request(index.port, '/demo/')).body.toString()).toBe('old')
        expect(s3.requests).toHaveLength(2)
        expect(s3.requests[1]!.header('if-none-match')).toMatch(/^"/)
        expect(ageOf(s3.requests[1]!)).toBeLessThan(freshness)

        s3.objects['demo/index.html'] = 'new'
        await sleep(3_600)
        expect((await request(index.port, '/demo/')).body.toString()).toBe('new')
        expect((await request(index.port, '/demo/')).body.toString()).toBe('new')
        expect(s3.requests).toHaveLength(3)
    })
})

test('a page that is renewed in the background has a fresh signature', async () => {
    await withCachedIndex({ 'demo/index.html': 'old' }, { pageTtl: '2' }, async (index, s3) => {
        await request(index.port, '/demo/')
        s3.objects['demo/index.html'] = 'new'
        // No client waits for S3, though it is slow: what is served meanwhile is the old page.
        s3.delay = 500
        const times: number[] = []
        let page = ''
        for (const end = Date.now() + 8_000; page !== 'new' && Date.now() < end; await sleep(100)) {
            const start = Date.now()
            page = (await request(index.port, '/demo/')).body.toString()
            times.push(Date.now() - start)
        }
        expect(page).toBe('new')
        expect(Math.max(...times)).toBeLessThan(s3.delay)
        expect(s3.requests.map((sent) => sent.method)).toEqual(['GET', 'GET'])
        expect(ageOf(s3.requests[1]!)).toBeLessThan(freshness)
    })
})

test('many clients who miss at once are one request to S3', async () => {
    await withCachedIndex({ [key]: 'bytes', 'demo/index.html': 'page' }, {}, async (index, s3) => {
        s3.delay = 300
        for (const path of [file, '/demo/']) {
            s3.requests.length = 0
            const answers = await Promise.all(Array.from({ length: 20 }, () => request(index.port, path)))
            expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
            expect(s3.requests).toHaveLength(1)
        }
    })
})

test('HEAD of what is not cached yet is answered as GET would be', async () => {
    await withCachedIndex({ [key]: 'bytes' }, {}, async (index, s3) => {
        const head = await request(index.port, file, { method: 'HEAD' })
        expect([head.status, head.headers['content-length']]).toEqual([200, '5'])
        expect((await request(index.port, file)).body.toString()).toBe('bytes')
        expect(s3.requests.map(({ method }) => method)).toEqual(['GET'])
    })
})

test('a range of a large file that is not cached takes its slice from S3, not the file', async () => {
    const bytes = Buffer.alloc(30 * 1024 * 1024, 'wheel ')
    await withCachedIndex({ [key]: bytes }, {}, async (index, s3) => {
        const start = 20 * 1024 * 1024
        const answer = await request(index.port, file, { headers: { Range: `bytes=${start}-${start + 9}` } })
        expect(answer.status).toBe(206)
        expect(answer.headers['content-range']).toBe(`bytes ${start}-${start + 9}/${bytes.length}`)
        expect(answer.body).toEqual(bytes.subarray(start, start + 10))
        const slice = 8 * 1024 * 1024
        expect(s3.requests.map((sent) => sent.header('range'))).toEqual([`bytes=${2 * slice}-${3 * slice - 1}`])

        const whole = await request(index.port, file)
        expect([whole.status, whole.headers['content-length']]).toEqual([200, String(bytes.length)])
        expect(whole.body.equals(bytes)).toBe(true)
        expect(s3.requests).toHaveLength(4)
    })
})

test.each([403, 404, 500, 503, 'cut'] as const)('S3 fails once with %s: the failure is not kept', async (failure) => {
    await withCachedIndex({ [key]: 'bytes', 'demo/index.html': 'page' }, {}, async (index, s3) => {
        for (const path of [file, '/demo/']) {
            s3.failure = failure
            expect((await request(index.port, path)).status).toBeGreaterThanOrEqual(failure === 404 ? 404 : 502)
            s3.failure = undefined
            expect((await request(index.port, path)).status).toBe(200)
        }
    })
})

test.each([true, false])('while S3 is down, with --stale %s', async (stale) => {
    const objects = { [key]: 'bytes', 'demo/index.html': 'page' }
    await withCachedIndex(objects, { pageTtl: '1', ...(stale && { stale }) }, async (index, s3) => {
        for (const path of [file, '/demo/']) expect((await request(index.port, path)).status).toBe(200)
        await sleep(3_600)
        for (const failure of [500, 503, 'cut'] as const) {
            s3.failure = failure
            const page = await request(index.port, '/demo/')
            expect(page.status, String(failure)).toBe(stale ? 200 : 503)
            if (stale) expect(page.body.toString()).toBe('page')
            expect((await request(index.port, file)).status).toBe(200) // its time is not over
            expect((await request(index.port, '/other/')).status).toBe(503)
        }
        s3.failure = undefined
        delete (s3.objects as Record<string, string>)['demo/index.html']
        expect((await request(index.port, '/demo/')).status, 'a removed project is gone').toBe(404)
    })
})

test('the server that signs for the cache signs no other method, whoever asks it', async () => {
    await withCachedIndex({ [key]: 'bytes' }, {}, async (index, s3) => {
        const configuration = await readFile(`${index.folder}/maps.conf`, 'utf8')
        const socketPath = /^ +server +unix:(\S+);$/m.exec(configuration)![1]!
        const ask = async (method: string) => {
            const [response] = (await once(
                http.request({ socketPath, method, path: `/${key}`, headers: { 'Content-Length': 0 } }).end(),
                'response',
            )) as [http.IncomingMessage]
            response.resume()
            return response.statusCode
        }
        for (const method of ['PUT', 'DELETE', 'POST', 'PATCH', 'OPTIONS']) expect(await ask(method), method).toBe(405)
        expect(s3.requests).toEqual([])
        // The twin: it signs what reads.
        expect([await ask('GET'), await ask('HEAD')]).toEqual([200, 200])
        expect(s3.requests.map(({ method }) => method)).toEqual(['GET', 'HEAD'])
    })
})
