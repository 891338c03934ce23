// Report: review of November 2026 (S1, S2, S4, S10, S16). A path of 16 kB, or an Accept header of 16 kB, took 20 to 180 ms of
// a worker before --htpasswd or --allow was looked at; a wrong password of `openssl passwd -6` takes 1 ms, as often as
// somebody likes; a page on another host that resolves to the index's address could read it.
// Right: nothing costly comes before the refusal. Wrong passwords of an address are answered five times a second, what is
// refused before anything is read for it a hundred times, so that no number of connections slows down who may read.

import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIndex } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/upstreams/recording-upstream.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const basic = (password: string) => ({ Authorization: 'Basic ' + Buffer.from(`ci:${password}`).toString('base64') })

describe.each([false, true])('cached: %s', (cached) => {
    let s3: RecordingUpstream
    let htpasswd: string

    beforeAll(async () => {
        s3 = await startRecordingUpstream()
        const folder = await temporaryFolder()
        execFileSync('chmod', ['755', folder])
        htpasswd = path.join(folder, 'htpasswd')
        await writeFile(htpasswd, 'ci:{PLAIN}right\n')
    })
    afterAll(() => s3.close())

    const long: [name: string, path: string, headers: Record<string, string>][] = [
        ['a path of 16 kB', '/A/' + '%E6%97%A5'.repeat(1700), {}],
        ['a path of 7 kB', '/A/' + '%E6%97%A5'.repeat(770), {}],
        ['a path of 1,100 bytes', '/a/' + 'x'.repeat(1100), {}],
        ['a name of a project of 1,100 bytes', '/' + 'a-'.repeat(550) + 'a/', {}],
        ['a name that is not normalised, of 1,100 bytes', '/' + 'A_.'.repeat(370), {}],
        ['an Accept of 7 kB', '/demo/', { Accept: 'text/html' + ';'.repeat(7000) }],
        ['an Accept of 7 kB of spaces', '/demo/', { Accept: `text/html;${' '.repeat(7000)}q=0.1` }],
        ['an Accept of 512 bytes that nobody sends', '/demo/', { Accept: 'text/html;'.repeat(51) }],
        ['an If-None-Match of 7 kB', '/demo/', { 'If-None-Match': 'W/"' + 'x'.repeat(7000) + '"' }],
        ['a format of 7 kB', '/demo/?format=' + 'application/'.repeat(580), {}],
        ['a Range of 7 kB', '/demo/x', { Range: 'bytes=' + '0-1,'.repeat(1700) }],
    ]

    test.each(long)('%s: refused at once, and S3 is not asked', async (_name, target, headers) => {
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd })
        s3.requests.length = 0
        const answer = await request(index.port, target, { headers })
        expect(answer.status).toBeOneOf([400, 401, 404, 414])
        expect(s3.requests).toEqual([])
        // The twin: with the password what is not too long is served.
        if (answer.status === 401) {
            expect((await request(index.port, target, { headers: { ...headers, ...basic('right') } })).status).toBe(200)
        }
        await index.stop()
    })

    test('no script runs before the password', async () => {
        const edit = (name: string, content: string) =>
            name.endsWith('.js')
                ? content.replace(/^function \w+\(r\b.*\) \{/gm, "$& r.error('the script ran');")
                : content
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd, edit })
        const paths = ['/demo/', '/demo/file', '/', '/Demo/', '/Demo/file', '/demo', '/-/readyz/details', '/-/status']
        for (const target of paths) {
            for (const headers of [{}, basic('wrong')]) {
                const answer = await request(index.port, target, { headers: { ...headers, Accept: 'a/b;q=0.1' } })
                expect(answer.status, target).toBe(401)
                expect(answer.headers['www-authenticate']).toBe('Basic realm="package index"')
            }
        }
        expect(index.log()).not.toContain('the script ran')
        // The twin: with the password it does run, where nothing is cached.
        await request(index.port, '/demo/file', { headers: basic('right') })
        expect(index.log()).toContain('the script ran')
        await index.stop()
    })

    test('wrong passwords wait, right ones and other requests do not', { retry: 2 }, async () => {
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd })
        const timed = async (headers: Record<string, string>) => {
            const start = performance.now()
            const { status } = await request(index.port, '/demo/file', { headers })
            return { status, ms: performance.now() - start }
        }
        const wrong = Array.from({ length: 11 }, () => timed(basic('wrong')))
        const others = await Promise.all([timed(basic('right')), timed({}), timed(basic('right'))])
        expect(others.map(({ status }) => status)).toEqual([200, 401, 200])
        const guesses = await Promise.all(wrong)
        expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401]))
        // Five a second: the last of eleven waited for two seconds.
        expect(Math.max(...guesses.map(({ ms }) => ms))).toBeGreaterThan(1_500)
        expect(Math.max(...others.map(({ ms }) => ms))).toBeLessThan(1_000)
        await index.stop()
    })

    const refused: [name: string, target: string, headers: Record<string, string>, status: number, text: RegExp][] = [
        ['no password', '/demo/file', {}, 401, /401/],
        ['a long path', '/demo/' + 'x'.repeat(1100), basic('right'), 414, /^No file has such a long name/],
        ['an address of nothing', '/demo/a/b', basic('right'), 404, /^There is nothing at this address/],
        [
            'another host',
            '/demo/file',
            { ...basic('right'), Host: 'evil.example' },
            421,
            /^This index has another name/,
        ],
    ]

    test.each(refused)('%s, often: waits, and holds up nobody', { retry: 2 }, async (...row) => {
        const [, target, headers, status, text] = row
        const host = 'pypi.example.com'
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd, serverName: [host] })
        const timed = async (target: string, headers: Record<string, string>) => {
            const start = performance.now()
            const { status, body } = await request(index.port, target, { headers: { Host: host, ...headers } })
            return { status, body: body.toString(), ms: performance.now() - start }
        }
        const many = Array.from({ length: 201 }, () => timed(target, headers))
        const other = await timed('/demo/file', basic('right'))
        expect(other.status).toBe(200)
        const answers = await Promise.all(many)
        for (const answer of answers)
            expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(text)])
        // A hundred a second: the last of 201 waited for two seconds.
        expect(Math.max(...answers.map(({ ms }) => ms))).toBeGreaterThan(1_500)
        expect(other.ms).toBeLessThan(1_000)
        await index.stop()
    })

    test('a missing file or project is no refusal: it does not wait', { retry: 2 }, async () => {
        const s3 = await startRecordingUpstream((request, response) => {
            response.writeHead(request.url!.includes('/file-') ? 404 : 200).end()
        })
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd })
        const start = performance.now()
        const statuses = await Promise.all(
            Array.from(
                { length: 201 },
                async (_, n) => (await request(index.port, `/demo/file-${n}`, { headers: basic('right') })).status,
            ),
        )
        expect(new Set(statuses)).toEqual(new Set([404]))
        expect(performance.now() - start).toBeLessThan(1_500)
        await index.stop()
        await s3.close()
    })

    test('more wrong passwords than connections are refused', { retry: 2 }, async () => {
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, cached, htpasswd, maxConnections: '5' })
        const wrong = Array.from({ length: 30 }, () => request(index.port, '/demo/', { headers: basic('wrong') }))
        const answers = await Promise.all(wrong)
        const statuses = answers.map(({ status }) => status)
        expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(7)
        expect(new Set(statuses)).toEqual(new Set([401, 503]))
        for (const { body } of answers.filter(({ status }) => status === 503)) {
            expect(body.toString()).toMatch(/^Your address has too many connections/)
        }
        await index.stop()
    })

    test('another host is misdirected; its health is told to whoever asks by address', async () => {
        const index = await startIndex({
            endpointUrl: s3.endpoint,
            environment,
            cached,
            serverName: ['pypi.example.com'],
        })
        const ask = (target: string, host: string) => request(index.port, target, { headers: { Host: host } })
        s3.requests.length = 0
        for (const host of ['evil.example', 'pypi.example.com.evil.example', '127.0.0.1:8080', 'localhost', '[::1]']) {
            for (const target of ['/', '/demo/', '/demo/file', '/Demo', '/-/status', '/-/readyz/details']) {
                const answer = await ask(target, host)
                expect([answer.status, answer.headers.location], `${host}${target}`).toEqual([421, undefined])
            }
            expect((await ask('/-/healthz', host)).status).toBe(200)
        }
        expect(s3.requests).toEqual([])
        for (const host of ['pypi.example.com', 'PyPI.example.com:8080']) {
            expect((await ask('/demo/file', host)).status, host).toBe(200)
        }
        await index.stop()
    })
})

test('--server-name of several names of a domain', async () => {
    const s3 = await startRecordingUpstream()
    for (const [serverName, right, wrong] of [
        ['*.example.com', 'a.example.com', 'example.com'],
        ['.example.com', 'example.com', 'example.org'],
        ['127.0.0.1', '127.0.0.1', 'localhost'],
    ]) {
        const index = await startIndex({ endpointUrl: s3.endpoint, environment, serverName: [serverName!] })
        const ask = async (Host: string) => (await request(index.port, '/demo/', { headers: { Host } })).status
        expect([await ask(right!), await ask(wrong!)], serverName).toEqual([200, 421])
        await index.stop()
    }
    await s3.close()
})
