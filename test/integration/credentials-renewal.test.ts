import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startContainerProvider, type CredentialProvider } from '../support/credentials/credential-providers.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { describeRenewal } from '../support/nginx/renewing-nginx.js'
import { startSessionS3, type SessionS3 } from '../support/credentials/sessions.js'
import { steadyLoad } from '../support/requests/steady-load.js'

const path = (number: number): string => `/demo/demo-${number % 200}.tar.gz`

/** How long the load lasts, in seconds: two minutes are for a person who waits. */
const seconds = Number(process.env.TEST_LOAD_SECONDS ?? 45)

let s3: SessionS3
let provider: CredentialProvider
let index: Index | undefined

beforeAll(async () => {
    const objects = Array.from({ length: 200 }, (_each, number) => [path(number).slice(1), 'bytes'])
    s3 = await startSessionS3(Object.fromEntries(objects) as Record<string, string>)
    provider = await startContainerProvider(() => s3.issuer.issue())
})
afterEach(async () => {
    await index?.stop()
    index = undefined
    provider.instead = undefined
})
afterAll(async () => {
    await provider.close()
    await s3.close()
})

async function start(endpointUrl: string, workers = 1): Promise<Index> {
    index = await startIndex({
        ...{ endpointUrl, bucket: s3.bucket, credentials: 'ecs', maxConnections: '60000' },
        environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${provider.url}/v2/credentials` },
        edit: (_name, content) => content.replace('worker_processes 1;', `worker_processes ${workers};`),
    })
    while ((await request(index.port, path(0))).status !== 200) await sleep(20)
    return index
}

describeRenewal('sessions that end', { credentials: 'ecs' }, () => {
    test('the provider is down for longer than a session: 503, and nothing is sent; then all is well again', async () => {
        s3.issuer.lifetime = 14
        const { port, log } = await start(s3.proxy.endpoint)
        provider.instead = (asked) => void asked.socket.destroy()
        const end = s3.issuer.issued.at(-1)!.expires.getTime()

        // The old session serves as long as it is valid.
        while (Date.now() < end - 6000) {
            expect((await request(port, path(1))).status).toBe(200)
            await sleep(50)
        }
        await sleep(end - Date.now())
        const sent = s3.proxy.requests.length
        for (let attempt = 0; attempt < 20; attempt++) {
            const answer = await request(port, path(1))
            expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
            await sleep(100)
        }
        const ready = await request(port, '/-/readyz')
        expect([ready.status, ready.body.toString()]).toEqual([
            503,
            expect.stringMatching(/There are no credentials|expired at/),
        ])
        expect((await request(port, '/-/healthz')).status).toBe(200)
        expect(s3.proxy.requests.length).toBe(sent)
        expect(log()).toMatch(/no new credentials for S3: .*; the old ones are used until \d{4}-/)

        s3.issuer.lifetime = 3600
        provider.instead = undefined
        const begin = Date.now()
        while ((await request(port, path(1))).status !== 200) {
            expect(Date.now() - begin).toBeLessThan(25_000)
            await sleep(100)
        }
        expect(log()).toContain('the credentials for S3 have been renewed')
        expect(s3.proxy.requests.every(({ status }) => status === 200)).toBe(true)
    })

    test('a provider that still gives the old session is asked again in time', async () => {
        // Asked when half is left, or up to five seconds later; and again when half of that is left.
        s3.issuer.lifetime = 50
        await start(s3.endpoint)
        const old = s3.issuer.issued.at(-1)!
        const giveOld = provider.instead
        provider.instead = (_asked, response) => {
            const left = old.expires.getTime() - Date.now()
            if (left < 16_000) provider.instead = giveOld
            const session = left < 16_000 ? s3.issuer.issue() : old
            response.end(
                JSON.stringify({
                    ...{ AccessKeyId: session.accessKeyId, SecretAccessKey: session.secretAccessKey },
                    ...{ Token: session.sessionToken, Expiration: session.expires.toISOString() },
                }),
            )
        }
        const { statuses } = await steadyLoad(index!.port, 50, 52, path)
        expect(Object.keys(statuses)).toEqual(['200'])
        expect(s3.issuer.issued.at(-1)).not.toBe(old)
    })

    test('nginx that reloads keeps the session', async () => {
        s3.issuer.lifetime = 3600
        const started = await start(s3.endpoint)
        const given = provider.given
        const [worker] = await workersOf(started)
        process.kill(await masterOf(started), 'SIGHUP')
        await expect.poll(async () => (await workersOf(started)).includes(worker!), { timeout: 10_000 }).toBe(false)
        for (let attempt = 0; attempt < 20; attempt++) {
            expect((await request(started.port, path(1))).status).toBe(200)
            await sleep(20)
        }
        expect(provider.given).toBe(given)
    })

    test(
        'under a steady load no request fails, each session is asked for once, and memory stays as it is',
        async () => {
            s3.issuer.lifetime = 20
            // Two workers: one renews for both.
            const started = await start(s3.endpoint, 2)
            const { port } = started
            const begin = { given: provider.given, requests: provider.requests.length, time: Date.now() }
            // As much memory as it takes, which is more where the machine is slow and more is open at once.
            await steadyLoad(port, 1100, seconds / 2, path)
            const before = await memoryOf(started)
            const { statuses, rate } = await steadyLoad(port, 1100, seconds, path)
            const after = await memoryOf(started)
            const elapsed = (Date.now() - begin.time) / 1000
            const given = provider.given - begin.given
            if (process.env.TEST_LOAD_SECONDS !== undefined)
                console.info({ statuses, rate, elapsed, given, before, after })

            expect(Object.keys(statuses)).toEqual(['200'])
            // A session of 20 seconds is renewed when half of it is left or less, at the next look, of which there is one
            // in five seconds.
            expect(given).toBeGreaterThanOrEqual(Math.floor(elapsed / 15) - 1)
            expect(given).toBeLessThanOrEqual(Math.ceil(elapsed / 9) + 1)
            expect(provider.requests.length - begin.requests).toBe(given)
            // In kilobytes. A leak of two hundred bytes a request would be more.
            expect(after - before).toBeLessThan(seconds * 200)
        },
        (seconds * 1.5 + 120) * 1000,
    )
})

/** What the workers of an nginx hold in memory, in kilobytes. */
async function memoryOf(index: Index): Promise<number> {
    const sizes = await Promise.all(
        (await workersOf(index)).map(async (child) => {
            const status = await readFile(`/proc/${child}/status`, 'utf8')
            return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1])
        }),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
}

async function masterOf({ folder }: Index): Promise<number> {
    return Number(await readFile(`${folder}/nginx.pid`, 'utf8'))
}

/** Process ids. */
async function workersOf(index: Index): Promise<string[]> {
    const master = await masterOf(index)
    return (await readFile(`/proc/${master}/task/${master}/children`, 'utf8')).trim().split(' ')
}
