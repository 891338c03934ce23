import { once } from 'node:events'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { missingFaketime, startClock, type Clock } from '../support/machine/clock.js'
import { startDatedProxy, type DatedProxy } from '../support/upstreams/dated-proxy.js'
import { domain, region, startExternalS3 } from '../support/s3/external-s3.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { describeWhere, missingRgw } from '../support/machine/requirements.js'
import { startS3, type S3Name, type S3Server } from '../support/s3/s3-servers.js'

/** Longer than S3 lets a signature live: 15 minutes. */
const long = 20

/** So old may a signature be when it is used, in seconds: it is kept for a minute, and S3 may be slow to be reached. */
const freshness = 75

const json = 'application/vnd.pypi.simple.v1+json'
const large = Buffer.alloc(30 * 1024 * 1024, 'wheel ')
const objects = {
    'demo/index.html': 'page',
    'demo/index.json': '{}',
    'old/index.html': 'of 2018',
    'demo/demo-1.0+x.tar.gz': 'bytes',
    'demo/large-1.0.tar.gz': large,
}
const file = '/demo/demo-1.0%2Bx.tar.gz'

/** Until the buffers of the sockets are full, so that no request is under way when the clock advances. */
async function untilQuiet(proxy: DatedProxy): Promise<void> {
    for (let before = -1; before !== proxy.requests.length; await sleep(500)) before = proxy.requests.length
}

for (const name of ['embedded', 'rgw'] as const) {
    const missing = missingFaketime() ?? (name === 'rgw' ? missingRgw() : undefined)
    describeWhere(`signatures for ${name}`, missing, () => {
        let clock: Clock
        let s3: S3Server
        let bucket: string
        let proxy: DatedProxy

        beforeAll(async () => {
            clock = await startClock()
            s3 = await startS3At(name, clock)
            bucket = await makeBucket(s3, objects)
            proxy = await startDatedProxy(s3.endpoint, clock.now)
        })
        beforeEach(() => void (proxy.requests.length = 0))
        afterAll(async () => {
            await proxy?.close()
            await s3?.close()
        })

        const start = (options: Partial<IndexOptions>, see = clock) =>
            startIndex({
                ...{ endpointUrl: proxy.endpoint, bucket, edit: see.letThrough, ...options },
                environment: { ...environmentOf(s3), ...see.environment },
            })

        /** All that was sent was accepted, and fresh. */
        function expectFresh(): void {
            for (const sent of proxy.requests) {
                expect(sent.status, sent.target).toBeOneOf([200, 206, 304, 404])
                expect(Math.abs(sent.age), sent.target).toBeLessThan(freshness)
            }
        }

        test('this S3 refuses an old signature, and the index says so', async () => {
            const late = await startClock()
            const index = await start({}, late)
            expect((await request(index.port, file)).status).toBe(200)
            await late.advance(long)
            expect((await request(index.port, file)).status).toBe(502)
            expect(proxy.requests.map(({ status }) => status)).toEqual([200, 403])
            await index.stop()
        })

        describe.each([false, true])('cached: %s', (cached) => {
            let index: Index
            beforeAll(async () => {
                index = await start({ cached, pageTtl: cached ? '3600' : undefined } as Partial<IndexOptions>)
            })
            afterAll(() => index.stop())

            test('what was asked before is signed anew', async () => {
                for (const move of [0, long, 25 * 60]) {
                    await clock.advance(move)
                    proxy.requests.length = 0
                    for (const path of ['/', '/demo/', file]) {
                        expect((await request(index.port, path)).status).toBe(path === '/' ? 404 : 200)
                    }
                    expectFresh()
                    expect(proxy.requests.length).toBeGreaterThan(0)
                }
                // After a day the cache asks whether they have changed.
                if (cached) {
                    const conditions = proxy.requests.filter(({ status }) => status === 304)
                    expect(conditions.map(({ target }) => target)).toEqual([
                        expect.stringMatching('/demo/index.html$'),
                        expect.stringMatching('/demo/demo-1.0%2Bx.tar.gz$'),
                    ])
                }
            })

            test('the HTML after the JSON that is not there, and the bucket after that, however slow S3 is', async () => {
                await clock.advance(long)
                proxy.delay = 1_500
                const headers = { Accept: json }
                expect((await request(index.port, '/old/', { headers })).status).toBe(200)
                expect((await request(index.port, '/nothing/', { headers })).status).toBe(404)
                expect((await request(index.port, '/-/readyz')).status).toBe(200)
                proxy.delay = 0
                expectFresh()
                // Whether the bucket is there is asked once a second, so not each time; a folder is listed each time.
                const asked = proxy.requests.map(({ method, status }) => `${method} ${status}`)
                expect(asked.filter((each) => each !== 'HEAD 200')).toEqual([
                    ...['GET 404', 'GET 200'],
                    ...['GET 404', 'GET 404', 'GET 200'],
                ])
                expect(asked).toContain('HEAD 200')
            })

            test('the next slices of a download that pauses', async () => {
                const outgoing = http.get({ host: '127.0.0.1', port: index.port, path: '/demo/large-1.0.tar.gz' })
                const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage]
                await once(incoming, 'readable')
                await untilQuiet(proxy)
                await clock.advance(long)
                expect(Buffer.concat(await incoming.toArray()).equals(large)).toBe(true)
                expectFresh()
                expect(proxy.requests).toHaveLength(cached ? 4 : 1)
                const ages = proxy.requests.map(({ signed }) => clock.now().getTime() - signed.getTime())
                if (cached)
                    expect([Math.max(...ages) > long * 60_000, Math.min(...ages) < 60_000]).toEqual([true, true])
            })
        })

        test('a page that is renewed in the background', async () => {
            const index = await start({ cached: true, pageTtl: '3600' })
            expect((await request(index.port, '/demo/')).status).toBe(200)
            await clock.advance(70) // it is old, and may be served for an hour yet
            proxy.delay = 1_000
            const started = Date.now()
            expect((await request(index.port, '/demo/')).status).toBe(200)
            expect(Date.now() - started).toBeLessThan(proxy.delay)
            await expect.poll(() => proxy.requests.length, { timeout: 10_000 }).toBe(2)
            proxy.delay = 0
            expect(proxy.requests[1]).toMatchObject({ method: 'GET', status: 304 })
            expectFresh()
            await index.stop()
        })

        test('a request that is sent to the next address of S3', async () => {
            const dead = http.createServer((incoming) => setTimeout(() => incoming.socket.destroy(), 1_500))
            await once(dead.listen(0, '127.0.0.1'), 'listening')
            const { port } = dead.address() as import('node:net').AddressInfo
            // As if DNS had told two addresses.
            const edit = (name: string, content: string) =>
                clock
                    .letThrough(name, content)
                    .replace(
                        /^( +server +)\S+( max_fails=0;)$/m,
                        (line, before, after) => `${before}127.0.0.1:${port}${after}\n${line}`,
                    )
            const index = await start({ edit })
            await clock.advance(long)
            for (const path of [file, '/demo/']) expect((await request(index.port, path)).status).toBe(200)
            expectFresh()
            expect(Math.max(...proxy.requests.map(({ age }) => age))).toBeGreaterThan(1)
            await index.stop()
            dead.close()
        })
    })
}

/** A server that sees the clock, too. */
async function startS3At(name: S3Name, clock: Clock): Promise<S3Server> {
    if (name === 'embedded') return startS3('embedded', { now: clock.now })
    const started = await startExternalS3('rgw', clock.environment)
    return { ...started, name, endpoint: `http://127.0.0.1:${started.port}`, domain, region, conditionalWrites: true }
}
