import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { jsEngineUnderTest } from '../support/nginx/nginx-under-test.js'
import { publish, withPublicIndex } from '../support/nginx/public-index.js'
import { largePage, pypiFiles } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'

const json = 'application/vnd.pypi.simple.v1+json'
const asJson = { headers: { Accept: json } }
const asHtml = { headers: { Accept: 'text/html' } }

const day = 86_400_000
/** As many files as numpy has: a release each day up to today. */
const numpy = largePage('numpy', 4415, Date.now() - 442 * day)
const cooldown = '100d'
const cutoff = new Date(Date.now() - 100 * day).toISOString()
const offered = numpy.files.filter((file) => file['upload-time'] < cutoff)

test('a large page: the filtered files, with all their fields', async () => {
    await withPublicIndex({}, { cooldown }, async (index, pypi) => {
        publish(pypi, numpy)
        const { status, headers, body } = await request(index.port, '/simple/numpy/', asJson)
        expect([status, headers['content-type']]).toEqual([200, json])
        const page = JSON.parse(body.toString())
        const url = (file: { url: string }) => file.url.replace(pypiFiles, '../../packages/')
        expect(page.files).toEqual(offered.map((file) => ({ ...file, url: url(file) })))
        expect(page.meta._hidden).toEqual({ cooldown: numpy.files.length - offered.length })
        expect(Object.keys(headers).filter((name) => /pypi|cookie/.test(name))).toEqual([])

        const known = { headers: { ...asJson.headers, 'If-None-Match': headers.etag } }
        expect((await request(index.port, '/simple/numpy/', known)).status).toBe(304)
        const stale = { headers: { ...asJson.headers, 'If-None-Match': 'W/"0-1"' } }
        expect((await request(index.port, '/simple/numpy/', stale)).body.equals(body)).toBe(true)
        const head = await request(index.port, '/simple/numpy/', { ...asJson, method: 'HEAD' })
        expect([head.status, head.body.length]).toEqual([200, 0])
        const html = (await request(index.port, '/simple/numpy/', asHtml)).body.toString()
        expect(html.match(/<a href="\.\.\/\.\.\/packages\//g)).toHaveLength(offered.length)
        expect(pypi.requests).toHaveLength(1)
    })
})

test('a large page that is written with spaces, and its files last', async () => {
    await withPublicIndex({}, { cooldown }, async (index, pypi) => {
        publish(pypi, numpy)
        const { files, ...rest } = JSON.parse(String(pypi.pages.numpy))
        pypi.pages.numpy = JSON.stringify({ ...rest, files }, null, 1)
        const page = JSON.parse((await request(index.port, '/simple/numpy/', asJson)).body.toString())
        expect(page.files.map(({ url }: { url: string }) => url)).toEqual(
            offered.map(({ url }) => url.replace(pypiFiles, '../../packages/')),
        )
        expect(page.meta._hidden).toEqual({ cooldown: numpy.files.length - offered.length })
    })
})

test.each([
    ['is that of another project', '{"name":"other",', '{'],
    ['ends early', '', '\n'],
])('a large page that %s is not served', async (_what, start, cut) => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, numpy)
        const page = String(pypi.pages.numpy)
        pypi.pages.numpy = start === '' ? page.slice(0, -10) : page.replace(cut, start)
        for (let round = 0; round < 2; round++) {
            const answer = await request(index.port, '/simple/numpy/', asJson).catch(() => undefined)
            // Of one that turns out to be damaged at its end, a part has been sent; the connection is cut.
            const isComplete = answer !== undefined && answer.status === 200 && answer.body.length > 0
            expect(isComplete && JSON.parse(answer.body.toString())).toBe(false)
            if (start !== '') expect(answer!.status).toBe(502)
        }
        expect(index.log()).toContain('the public page of numpy cannot be served')
    })
})

test('a page that is too large for HTML: 507 with the cure; JSON is served', async () => {
    await withPublicIndex({}, {}, async (index, pypi) => {
        publish(pypi, largePage('huge', 13_000))
        const html = await request(index.port, '/simple/huge/', asHtml)
        expect([html.status, html.body.toString()]).toEqual([507, expect.stringContaining('request JSON')])
        expect(JSON.parse((await request(index.port, '/simple/huge/', asJson)).body.toString()).files).toHaveLength(
            13_000,
        )
    })
})

test('many large pages at once: all are made, one after the other', async () => {
    await withPublicIndex({}, { cooldown: '7d' }, async (index, pypi) => {
        const names = Array.from({ length: 16 }, (_, number) => `large-${number}`)
        for (const name of names) publish(pypi, largePage(name, 1500))
        const answers = await Promise.all(names.map((name) => request(index.port, `/simple/${name}/`, asJson)))
        expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200))
        expect(answers.every(({ body }) => JSON.parse(body.toString()).files.length === 1500)).toBe(true)
        expect(pypi.requests).toHaveLength(16)
    })
})

test('pages as large as the largest of PyPI: a worker needs less than 128 MiB, with QuickJS 64 MiB', async () => {
    await withPublicIndex({}, { cooldown: '300d' }, async (index, pypi) => {
        const pid = [`${index.folder}/tmp/nginx.pid`, `${index.folder}/nginx.pid`].find((file) => existsSync(file))!
        const main = Number(readFileSync(pid, 'utf8'))
        const workers = readFileSync(`/proc/${main}/task/${main}/children`, 'utf8').trim().split(' ')
        publish(pypi, largePage('large', 46_724))
        const page = String(pypi.pages.large)
        expect(page.length).toBeGreaterThan(30_000_000)
        const names = ['large', 'larger', 'largest']
        for (const name of names) pypi.pages[name] = page.replace('"name":"large"', `"name":"${name}"`)
        const answers = await Promise.all(
            [...names, ...names].map(async (name) => (await request(index.port, `/simple/${name}/`, asJson)).status),
        )
        expect(answers).toEqual(answers.map(() => 200))
        expect(index.log()).not.toMatch(/\[(?:warn|error|crit|alert|emerg)\]/)
        for (const worker of workers) {
            const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))!
            expect(Number(peak)).toBeLessThan((jsEngineUnderTest() === 'qjs' ? 64 : 128) * 1024)
        }
    })
})
