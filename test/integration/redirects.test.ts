import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request, type Answer } from '../support/requests/raw-request.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const wheel = '/demo/demo-1.0%2Bx-py3-none-any.whl'
const large = Buffer.alloc(20 * 1024 * 1024, 'large')
const objects = {
    'demo/demo-1.0+x-py3-none-any.whl': 'the bytes',
    'demo/demo-1.0+x-py3-none-any.whl.metadata': 'Name: demo',
    'demo/index.html': '<a href="demo-1.0%2Bx-py3-none-any.whl">demo</a>',
    'demo/demo-2.0.tar.gz': large,
}

let s3: S3Server
let bucket: string
let htpasswd: string
let index: Index | undefined

beforeAll(async () => {
    s3 = await startS3('embedded')
    bucket = await makeBucket(s3, objects)
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    htpasswd = path.join(folder, 'htpasswd')
    await writeFile(htpasswd, 'ci:{PLAIN}right\nother:{PLAIN}right\n')
})
afterEach(async () => {
    await index?.stop()
    index = undefined
})
afterAll(() => s3.close())

const basic = (user: string, password: string) => ({
    Authorization: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64'),
})

async function start(options: Partial<IndexOptions> = {}): Promise<Index> {
    index = await startIndex({
        ...{ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), delivery: 'redirect' },
        ...options,
    })
    return index
}

/** Where a request is sent, after the answer is seen to be a redirect that nobody may keep. */
async function locationOf(path: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await request(index!.port, path, { headers })
    expect([answer.status, answer.headers['cache-control']]).toEqual([302, 'no-store'])
    return answer.headers.location!
}

/** What S3 answers to a presigned URL. */
function follow(url: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
    const { port, pathname, search } = new URL(url)
    return request(Number(port), pathname + search, options)
}

describe.each([false, true])('cached: %s', (cached) => {
    test('a file is fetched from S3, with the headers of one that is streamed', async () => {
        await start({ cached })
        const answer = await request(index!.port, wheel)
        expect(answer.status).toBe(302)
        const url = answer.headers.location!
        expect(url).toMatch(
            new RegExp(`^${s3.endpoint}/${bucket}/demo/demo-1.0%2Bx-py3-none-any.whl\\?X-Amz-Algorithm=`),
        )
        expect(answer.headers['referrer-policy']).toBe('no-referrer')
        expect(answer.body.toString()).not.toContain('X-Amz')
        const file = await follow(url)
        expect([file.status, file.body.toString()]).toEqual([200, 'the bytes'])
        expect(file.headers).toMatchObject({
            'cache-control': 'max-age=31536000,immutable',
            'content-disposition': 'attachment',
            'content-encoding': 'identity',
            'content-type': 'application/octet-stream',
        })
        const part = await follow(url, { headers: { Range: 'bytes=4-' } })
        expect([part.status, part.body.toString()]).toEqual([206, 'bytes'])
    })

    test('S3 refuses a URL that was changed, and any other method', async () => {
        await start({ cached })
        const url = await locationOf(wheel)
        for (const [from, to] of [
            ['demo-1.0%2Bx-py3-none-any.whl?', 'demo-2.0.tar.gz?'],
            ['X-Amz-Expires=5400', 'X-Amz-Expires=86400'],
            ['octet-stream', 'x-html'],
            [/Signature=./, 'Signature=x'],
            [/&X-Amz-Signature=.*/, ''],
        ] as const) {
            const changed = url.replace(from, to)
            expect(changed).not.toBe(url)
            expect([400, 403], String(from)).toContain((await follow(changed)).status)
        }
        for (const method of ['PUT', 'DELETE', 'HEAD']) expect((await follow(url, { method })).status).toBe(403)
        expect((await follow(url)).status).toBe(200)
    })

    test('HEAD, ranges, .metadata, pages and what is not there pass through nginx, or are redirected nowhere', async () => {
        await start({ cached })
        const part = await request(index!.port, wheel, { headers: { Range: 'bytes=4-' } })
        expect([part.status, part.body.toString()]).toEqual([206, 'bytes'])
        const head = await request(index!.port, wheel, { method: 'HEAD' })
        expect([head.status, head.headers['content-length']]).toEqual([200, '9'])
        for (const path of [`${wheel}.metadata`, '/demo/', '/simple/demo/', '/-/readyz', '/-/healthz']) {
            const answer = await request(index!.port, path)
            expect([path, answer.status, answer.headers.location]).toEqual([path, 200, undefined])
        }
        for (const path of ['/-/redirect', '/-/file', '/demo/x.yanked', '/a/b/c', '/demo/index.json']) {
            const answer = await request(index!.port, path)
            expect([path, answer.status, answer.headers.location]).toEqual([path, 404, undefined])
        }
        expect((await request(index!.port, wheel, { method: 'PUT' })).status).toBe(405)
        // S3 says that a file is missing.
        expect((await follow(await locationOf('/demo/missing-1.0.tar.gz'))).status).toBe(404)
    })

    test('all clients get the same URL, which is in no log; without the password there is none, and no script', async () => {
        const edit = (name: string, content: string) =>
            name.endsWith('.js')
                ? content.replace(/^function \w+\(r\b.*\) \{/gm, "$& r.error('the script ran');")
                : content
        const { port } = await start({ cached, htpasswd, edit })
        for (const headers of [{}, basic('ci', 'wrong'), { 'User-Agent': 'uv/1' }]) {
            for (const path of [wheel, `/simple${wheel}`]) {
                const refused = await request(port, path, { headers })
                expect([refused.status, refused.headers.location]).toEqual([401, undefined])
            }
        }
        expect(index!.log()).not.toContain('the script ran')
        const urls = new Set<string>()
        for (const headers of [basic('ci', 'right'), basic('other', 'right')])
            for (const path of [wheel, `/simple${wheel}`, `${wheel}?x=1`]) urls.add(await locationOf(path, headers))
        expect(index!.log()).toContain('the script ran')
        expect(urls.size).toBe(1)
        const file = await follow([...urls][0]!)
        expect([file.status, file.headers['cache-control']]).toEqual([200, 'max-age=31536000,immutable,private'])
        const { log, accessLog, stop } = index!
        await stop()
        index = undefined
        expect(accessLog()).toContain('"status":302')
        expect(log() + accessLog()).not.toMatch(/X-Amz|[0-9a-f]{64}/)
    })

    test('an address that is not allowed gets no URL', async () => {
        await start({ cached, allow: ['10.0.0.0/8'] })
        const refused = await request(index!.port, wheel)
        expect([refused.status, refused.headers.location]).toEqual([403, undefined])
        await index!.stop()
        await start({ cached, allow: ['127.0.0.1'] })
        expect((await follow(await locationOf(wheel))).status).toBe(200)
    })

    test.each([
        ['no credentials', {}],
        ['half of them', { AWS_ACCESS_KEY_ID: 'AKID' }],
        ['a bucket that cannot be one', { AWS_S3_BUCKET: '../other' }],
    ])('%s: 503 and no URL', async (name, environment) => {
        const base = name.startsWith('a bucket') ? environmentOf(s3) : {}
        await start({ cached, environment: { ...base, ...environment } })
        const answer = await request(index!.port, wheel)
        expect([answer.status, answer.headers.location]).toEqual([503, undefined])
        expect(answer.body.toString()).not.toContain('X-Amz')
    })

    test('AWS_S3_BUCKET is asked', async () => {
        await start({ cached, bucket: 'another', environment: { ...environmentOf(s3), AWS_S3_BUCKET: bucket } })
        const url = await locationOf(wheel)
        expect(url).toContain(`/${bucket}/demo/`)
        expect((await follow(url)).status).toBe(200)
    })

    test('auto redirects uv and poetry, and streams to the rest', async () => {
        await start({ cached, delivery: 'auto' })
        const statusFor = async (agent: string, method = 'GET') =>
            (await request(index!.port, wheel, { method, headers: { 'User-Agent': agent } })).status
        for (const agent of ['uv/0.13.9 {"installer":{"name":"uv"}}', 'poetry/2.5.1 CPython/3.11.2']) {
            expect([agent, await statusFor(agent)]).toEqual([agent, 302])
            expect(await statusFor(agent, 'HEAD')).toBe(200)
        }
        for (const agent of ['', 'pip/26.3 {}', 'pdm/2.29.3', 'my-uv/1', 'uv', 'UV/1', 'curl/8'])
            expect([agent, await statusFor(agent)]).toEqual([agent, 200])
    })

    test('stream: no file is redirected', async () => {
        await start({ cached, delivery: 'stream' })
        const answer = await request(index!.port, wheel)
        expect([answer.status, answer.body.toString()]).toEqual([200, 'the bytes'])
        expect(answer.headers['referrer-policy']).toBeUndefined()
    })
})

test('what is streamed beside redirects comes from the cache, whose hits run no script; redirects do not enter it', async () => {
    const edit = (name: string, content: string) =>
        name.endsWith('.js') ? content.replace(/^function \w+\(r\b.*\) \{/gm, "$& r.error('the script ran');") : content
    await start({ cached: true, delivery: 'auto', htpasswd, edit })
    const agent = (name: string) => ({ ...basic('ci', 'right'), 'User-Agent': name })
    const file = '/demo/demo-2.0.tar.gz'
    expect((await follow(await locationOf(file, agent('uv/1')))).body.equals(large)).toBe(true)
    const ask = (name: string, more = {}) => request(index!.port, file, { headers: { ...agent(name), ...more } })
    for (let time = 0; time < 2; time++) expect((await ask('pip/26')).body.equals(large)).toBe(true)
    const ran = index!.log().split('the script ran').length
    expect((await ask('pip/26')).body.equals(large)).toBe(true)
    const part = await ask('pip/26', { Range: 'bytes=10000000-10000004' })
    expect([part.status, part.body.length]).toEqual([206, 5])
    expect(index!.log().split('the script ran').length).toBe(ran)
    const { accessLog, stop } = index!
    await stop()
    index = undefined
    const lines = accessLog().trim().split('\n')
    const caches = lines.map((line) => (JSON.parse(line) as { cache: string }).cache)
    expect(caches).toEqual(['', 'MISS', 'HIT', 'HIT', 'HIT'])
})
