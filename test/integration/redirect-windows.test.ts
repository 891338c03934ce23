import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startContainerProvider } from '../support/credentials/credential-providers.js'
import { startSessionS3, type SessionS3 } from '../support/credentials/sessions.js'
import { missingFaketime, startClock, type Clock } from '../support/machine/clock.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { canRenew, describeRenewal } from '../support/nginx/renewing-nginx.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request, type Answer } from '../support/requests/raw-request.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const file = '/demo/demo-1.0%2Bx.tar.gz'
const objects = { 'demo/demo-1.0+x.tar.gz': 'the bytes' }

let index: Index | undefined
afterEach(async () => {
    await index?.stop()
    index = undefined
})

const ask = () => request(index!.port, file)

async function urlNow(): Promise<string> {
    const { status, headers } = await ask()
    expect(status).toBe(302)
    return headers.location!
}

function follow(url: string): Promise<Answer> {
    const { port, pathname, search } = new URL(url)
    return request(Number(port), pathname + search)
}

const parameterOf = (url: string, name: string) => new URL(url).searchParams.get(`X-Amz-${name}`)

describeWhere('windows of presigned URLs', missingFaketime(), () => {
    let clock: Clock
    let s3: S3Server
    let options: IndexOptions

    beforeAll(async () => {
        clock = await startClock()
        // The machine's clock is not that of nginx here: S3 has that of nginx.
        s3 = await startS3('embedded', { now: clock.now })
        options = {
            ...{ endpointUrl: s3.endpoint, bucket: await makeBucket(s3, objects), delivery: 'redirect' },
            environment: { ...environmentOf(s3), ...clock.environment },
            edit: clock.letThrough,
        }
    })
    afterAll(() => s3.close())

    const minuteOfHour = () => (clock.now().getTime() / 60_000) % 60

    test('a URL is the same for an hour, is good for half an hour more, and no longer', async () => {
        index = await startIndex(options)
        await clock.advance(60 - minuteOfHour() + 0.1)
        const first = await urlNow()
        expect(parameterOf(first, 'Date')).toBe(
            clock
                .now()
                .toISOString()
                .replace(/[-:]/g, '')
                .replace(/T(\d\d).*/, 'T$10000Z'),
        )
        await clock.advance(59)
        expect(await urlNow()).toBe(first)
        await clock.advance(2)
        const second = await urlNow()
        expect(second).not.toBe(first)
        expect((await follow(second)).status).toBe(200)
        await clock.advance(28)
        expect((await follow(first)).body.toString()).toBe('the bytes')
        await clock.advance(2)
        const expired = await follow(first)
        expect([expired.status, expired.body.toString()]).toEqual([403, expect.stringContaining('Request has expired')])
        expect((await follow(second)).status).toBe(200)
    })

    test('where nginx keeps nothing between requests, the URL is the same, too', async () => {
        const edit = (name: string, content: string) =>
            clock.letThrough(name, content.replace(/^js_shared_dict_zone .*\n/gm, ''))
        index = await startIndex({ ...options, edit })
        await clock.advance(60 - minuteOfHour() + 0.1)
        const first = await urlNow()
        await clock.advance(0.5)
        expect(await urlNow()).toBe(first)
        expect(index.log()).not.toMatch(/\[(?:warn|error|crit)\]/)
    })

    test('a clock of S3 that differs by a quarter of an hour accepts each URL', async () => {
        index = await startIndex(options)
        await clock.advance(60 - minuteOfHour() + 0.1)
        const first = await urlNow()
        await clock.advance(-14.8)
        expect((await follow(first)).status).toBe(200)
        await clock.advance(14.8 + 59.5)
        const last = await urlNow()
        await clock.advance(14.8)
        expect((await follow(last)).status).toBe(200)
    })
})

describe('credentials of redirects', () => {
    let s3: SessionS3
    beforeAll(async () => {
        s3 = await startSessionS3(objects)
    })
    afterAll(() => s3.close())

    test('a session token that does not say when it expires makes no URL: the file is streamed', async () => {
        const { accessKeyId, secretAccessKey, sessionToken } = s3.issuer.issue()
        const environment = {
            ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
            AWS_SESSION_TOKEN: sessionToken,
        }
        index = await startIndex({ endpointUrl: s3.endpoint, bucket: s3.bucket, environment, delivery: 'redirect' })
        for (let time = 0; time < 2; time++) {
            const answer = await ask()
            expect([answer.status, answer.body.toString(), answer.headers.location]).toEqual([
                200,
                'the bytes',
                undefined,
            ])
        }
    })

    test('a key in files that is replaced makes another URL; files that are gone make none', async () => {
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const shared = path.join(folder, 'credentials')
        const own = { accessKeyId: 'AKIAOTHER', secretAccessKey: 'other' }
        s3.known.push(own)
        const write = (id: string, secret: string) =>
            writeFile(shared, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`)
        await write(s3.accessKeyId, s3.secretAccessKey)
        const place = {
            endpointUrl: s3.endpoint,
            bucket: s3.bucket,
            delivery: 'redirect',
            credentials: 'file',
        } as const
        index = await startIndex({ ...place, environment: { AWS_SHARED_CREDENTIALS_FILE: shared } })
        await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(302)
        const first = await urlNow()
        await write(own.accessKeyId, own.secretAccessKey)
        await expect.poll(urlNow, { timeout: 10_000 }).not.toBe(first)
        expect((await follow(await urlNow())).status).toBe(200)
        // An nginx that renews credentials keeps the last ones for a while.
        if (canRenew) return
        await writeFile(shared, '')
        const refused = await ask()
        expect([refused.status, refused.headers.location]).toEqual([503, undefined])
    })

    describeRenewal('sessions', { credentials: 'ecs' }, () => {
        let provider: Awaited<ReturnType<typeof startContainerProvider>>
        beforeAll(async () => {
            provider = await startContainerProvider(() => s3.issuer.issue())
        })
        afterEach(() => void (provider.instead = undefined))
        afterAll(() => provider.close())

        async function start(lifetime: number): Promise<void> {
            s3.issuer.lifetime = lifetime
            index = await startIndex({
                ...{ endpointUrl: s3.endpoint, bucket: s3.bucket, credentials: 'ecs', delivery: 'redirect' },
                environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${provider.url}/v2/credentials` },
            })
            await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).not.toBe(503)
        }

        test('a URL does not outlive its session, whose token it carries', async () => {
            await start(600)
            const url = await urlNow()
            const { expires, sessionToken } = s3.issuer.issued.at(-1)!
            const date = parameterOf(url, 'Date')!.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')
            const end = Date.parse(date) + Number(parameterOf(url, 'Expires')) * 1000
            expect(end).toBeLessThanOrEqual(expires.getTime())
            expect(parameterOf(url, 'Security-Token')).toBe(sessionToken)
            expect((await follow(url)).body.toString()).toBe('the bytes')
            // S3 no longer knows the session: the URL is of no use.
            s3.known.splice(
                s3.known.findIndex((each) => each.sessionToken === sessionToken),
                1,
            )
            expect((await follow(url)).status).toBe(403)
        })

        test('a session that ends within five minutes makes no URL: streamed, and 503 when it is over', async () => {
            await start(14)
            provider.instead = (asked) => void asked.socket.destroy()
            const streamed = await ask()
            expect([streamed.status, streamed.headers.location]).toEqual([200, undefined])
            await sleep(s3.issuer.issued.at(-1)!.expires.getTime() - Date.now())
            for (let time = 0; time < 5; time++) {
                const answer = await ask()
                expect([answer.status, answer.headers.location]).toEqual([503, undefined])
            }
        })
    })
})
