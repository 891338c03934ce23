import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const json = 'application/vnd.pypi.simple.v1+json'
const firefox = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const chromium = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
const pip = `${json}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`
const list = '<a href="demo/">demo</a>'
const objects = {
    'index.html': list,
    'index.json': '{"projects":[{"name":"demo"}]}',
    'demo/index.html': '<a href="demo-1.0.tar.gz">demo-1.0.tar.gz</a>',
    'demo/index.json': '{"name":"demo","files":[]}',
    '-/summaries/index.json': '{"meta":{"version":1},"summaries":{}}',
}

let s3: S3Server
let bucket: string
beforeAll(async () => {
    s3 = await startS3('embedded')
    bucket = await makeBucket(s3, objects)
})
afterAll(() => s3.close())

const start = (options: Partial<IndexOptions>): Promise<Index> =>
    startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), ...options })

const get = (index: Index, path: string, accept: string | undefined = firefox, headers: Record<string, string> = {}) =>
    request(index.port, path, { headers: { ...(accept && { Accept: accept }), ...headers } })

/** The address of the script that a page names. */
function scriptOf(page: string): string {
    return /<script type="module" src="([^"]+)">/.exec(page)![1]!
}

describe.each([
    ['without a cache', false],
    ['with a cache', true],
])('%s', (_name, cached) => {
    let index: Index
    beforeAll(async () => {
        index = await start({ cached })
    })
    afterAll(() => index.stop())

    test.each([firefox, chromium])('/ is the application for a browser: %s', async (accept) => {
        const { status, headers, body } = await get(index, '/', accept)
        expect(status).toBe(200)
        expect(headers['content-type']).toBe('text/html; charset=utf-8')
        expect(headers.vary).toMatch(/\bAccept\b(?!-)/)
        expect(headers['cache-control']).toBe('no-cache')
        expect(headers['content-security-policy']).toContain("script-src 'self';")
        expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/)
        const script = await get(index, `/${scriptOf(String(body))}`)
        expect(script.status).toBe(200)
        expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
        expect(script.headers['cache-control']).toContain('immutable')
        expect(script.headers['x-content-type-options']).toBe('nosniff')
    })

    test.each([
        ['no Accept', undefined, list],
        ['curl', '*/*', list],
        ['text/html alone', 'text/html', list],
        ['a text browser', 'text/html, text/plain, */*;q=0.01', list],
        ['pip', pip, objects['index.json']],
    ])('/ is the list of projects for %s', async (_client, accept, expected) => {
        const { status, body } = await request(index.port, '/', { headers: accept ? { Accept: accept } : {} })
        expect(status).toBe(200)
        expect(String(body)).toBe(expected)
    })

    test('?format= is obeyed, also for browsers', async () => {
        expect(String((await get(index, `/?format=${json}`)).body)).toBe(objects['index.json'])
    })

    test.each(['/simple/', '/demo/', '/simple/demo/'])('%s is plain for browsers', async (path) => {
        expect(String((await get(index, path)).body)).toContain('<a href="demo')
    })

    test.each([
        ['/-/project/demo/', '../../../'],
        ['/-/project/Demo_Pkg/', '../../../'],
        ['/-/project/demo/1.0+local/', '../../../../'],
        ['/-/project/demo/1!2.0/', '../../../../'],
    ])('%s is a page', async (path, root) => {
        const { status, body, headers } = await get(index, path)
        expect(status).toBe(200)
        expect(headers['content-security-policy']).toContain('require-trusted-types-for')
        expect(scriptOf(String(body)).startsWith(`${root}-/web/`)).toBe(true)
        expect((await get(index, new URL(scriptOf(String(body)), `http://index${path}`).pathname)).status).toBe(200)
    })

    test('without its slash, a project is redirected by a relative address', async () => {
        const { status, headers } = await get(index, '/-/project/demo')
        expect([status, headers.location]).toEqual([301, 'demo/'])
    })

    test.each([
        '/-/project/',
        '/-/project/-/',
        '/-/project/a%2Fb/',
        '/-/project/%2F%2Fevil.example/',
        '//-/project/demo/',
        '/-/project//demo/',
        '/-/project/a%2fb/1.0/',
        '/-/project/demo/1.0/x/',
        '/-/project/demo/%0a/',
        '/-/web/',
        '/-/web/0000000000000000/app.js',
    ])('%s is not there', async (path) => {
        const { status, body } = await get(index, path)
        expect(status).toBe(404)
        expect(String(body)).toMatch(/^There is nothing at this address/)
    })

    test('no other file of the folder is served', async () => {
        const script = scriptOf(String((await get(index, '/')).body))
        for (const name of [
            'index.html',
            '..%2fnginx.conf',
            '../nginx.conf',
            '%2e%2e/site.conf',
            'app.js/',
            'app.js.map',
            '',
        ]) {
            expect((await get(index, `/${script.replace('app.js', name)}`)).status, name).toBe(404)
        }
    })

    test('what is compressed for some clients varies by Accept-Encoding', async () => {
        const script = scriptOf(String((await get(index, '/')).body))
        for (const path of [`/${script}`, '/favicon.ico', '/-/summaries/index.json']) {
            expect((await get(index, path, '*/*')).headers.vary, path).toBe('Accept-Encoding')
        }
        for (const path of ['/', '/-/project/demo/']) {
            expect((await get(index, path)).headers.vary, path).toBe('Accept, Accept-Encoding')
        }
    })

    test('favicon and robots.txt', async () => {
        expect((await get(index, '/favicon.ico', '*/*')).headers['content-type']).toContain('image/svg+xml')
        expect(String((await get(index, '/robots.txt', '*/*')).body)).toBe('User-agent: *\nDisallow: /\n')
    })

    test('other methods are refused', async () => {
        for (const path of ['/', '/-/project/demo/', '/favicon.ico']) {
            const answer = await request(index.port, path, { method: 'POST', headers: { Accept: firefox } })
            expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
        }
    })
})

/** Makes every function of the scripts say that it was called. */
const talkative = (name: string, content: string) =>
    name.endsWith('.js') && !name.startsWith('web-')
        ? content.replace(/^function (\w+)\(r(?:, \w+)*\) \{/gm, '$&\n    r.error("script: $1");')
        : content

test.each([false, true])('the pages and their files run no script in nginx; cached: %s', async (cached) => {
    const index = await start({ cached, edit: talkative })
    const script = scriptOf(String((await get(index, '/')).body))
    const paths = ['/', '/-/project/demo/', '/-/project/demo/1.0/', `/${script}`, '/favicon.ico', '/robots.txt']
    for (const path of paths) expect((await get(index, path)).status, path).toBe(200)
    const calls = () => index.log().match(/script: \w+/g) ?? []
    expect(calls()).toEqual([])
    // The twin: what they read from S3 does, unless it is cached.
    expect((await get(index, '/simple/demo/')).status).toBe(200)
    const before = calls()
    expect(before).not.toEqual([])
    expect((await get(index, '/simple/demo/')).status).toBe(200)
    if (cached) expect(calls()).toEqual(before)
    await index.stop()
})

test('--no-web: browsers get the plain index', async () => {
    const index = await start({ web: false })
    expect(String((await get(index, '/')).body)).toBe(list)
    for (const path of ['/-/project/demo/', '/favicon.ico', '/robots.txt']) {
        expect((await get(index, path)).status, path).toBe(404)
    }
    await index.stop()
})

test.each([false, true])('a password protects the pages; cached: %s', async (cached) => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const htpasswd = path.join(folder, 'htpasswd')
    await writeFile(htpasswd, 'ci:{PLAIN}secret\n', { mode: 0o644 })
    const index = await start({ cached, htpasswd })
    const authorization = { Authorization: `Basic ${Buffer.from('ci:secret').toString('base64')}` }
    const page = await get(index, '/', firefox, authorization)
    expect(page.status).toBe(200)
    expect(String(page.body)).toContain('data-user="USER"')
    const script = scriptOf(String(page.body))
    for (const path of ['/', '/-/project/demo/', `/${script}`]) {
        expect((await get(index, path)).status, path).toBe(401)
        expect((await get(index, path, firefox, authorization)).status, path).toBe(200)
    }
    const slash = await get(index, '/-/project/demo', firefox, authorization)
    expect([slash.status, slash.headers.location]).toEqual([301, 'demo/'])
    for (const path of ['/-/project/demo', '/-/project/a%2Fb/', '/-/project/a%2fb/1.0/', '/-/project//demo/']) {
        const refused = await get(index, path)
        expect([refused.status, refused.headers.location], path).toEqual([401, undefined])
    }
    expect((await get(index, '/', '*/*')).status).toBe(401)
    expect(String((await get(index, '/', '*/*', authorization)).body)).toBe(list)
    expect((await get(index, `/${script}`, '*/*', authorization)).headers['cache-control']).toContain('private')
    expect((await get(index, '/favicon.ico')).status).toBe(200)
    await index.stop()
})
