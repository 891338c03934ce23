import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startContainerProvider } from '../support/credentials/credential-providers.js'
import { startSessionS3 } from '../support/credentials/sessions.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'
import { describeRenewal } from '../support/nginx/renewing-nginx.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

let s3: S3Server
let bucket: string
beforeAll(async () => {
    s3 = await startS3('embedded')
    bucket = await makeBucket(s3, { 'index.html': 'x', 'demo/index.html': 'x' })
})
afterAll(() => s3.close())

const start = (options: Partial<IndexOptions>): Promise<Index> =>
    startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), ...options })

/** Values by name and labels. @throws Error for a line that is not of Prometheus' text format */
function parse(text: string): Record<string, number> {
    const types = new Map<string, string>()
    const values: Record<string, number> = {}
    expect(text.endsWith('\n')).toBe(true)
    for (const line of text.slice(0, -1).split('\n')) {
        const type = /^# TYPE ([a-z_0-9]+) (counter|gauge)$/.exec(line)
        if (type) {
            expect(types.has(type[1]!)).toBe(false)
            types.set(type[1]!, type[2]!)
            continue
        }
        if (/^# HELP [a-z_0-9]+ [A-Z].*\.$/.test(line)) continue
        const sample = /^([a-z_0-9]+)(\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})? (\d+(?:\.\d+)?)$/.exec(line)
        if (sample === null) throw new Error(`no metric: ${line}`)
        const [, name, labels = '', value] = sample
        expect(types.has(name!), line).toBe(true)
        expect(name!.endsWith('_total')).toBe(types.get(name!) === 'counter')
        expect(values[name + labels]).toBeUndefined()
        values[name + labels] = Number(value)
    }
    return values
}

describe.each([false, true])('cached: %s', (cached) => {
    let index: Index
    beforeAll(async () => {
        index = await start({ cached })
    })
    afterAll(() => index.stop())

    test('connections, requests and the bucket', async () => {
        const { status, headers, body } = await request(index.port, '/-/metrics')
        expect(status).toBe(200)
        expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
        const before = parse(String(body))
        expect(before).toMatchObject({ nginx_s3_pypi_bucket_readable: 1, 'nginx_connections{state="reading"}': 0 })
        for (let at = 0; at < 3; at++) await request(index.port, '/demo/')
        const after = parse(String((await request(index.port, '/-/metrics')).body))
        expect(after.nginx_http_requests_total! - before.nginx_http_requests_total!).toBeGreaterThanOrEqual(4)
        expect(after.nginx_connections_accepted_total).toBeGreaterThan(before.nginx_connections_accepted_total!)
    })

    test('no secret is shown, and what it is made of is not reachable', async () => {
        const { body } = await request(index.port, '/-/metrics')
        for (const secret of Object.values(environmentOf(s3))) expect(String(body)).not.toContain(secret)
        for (const path of ['/-/metrics-connections', '/-/metrics-bucket', '/-/metrics/', '/-/metrics/x']) {
            expect((await request(index.port, path)).status, path).toBe(404)
        }
        expect((await request(index.port, '/-/metrics', { method: 'POST' })).status).toBe(405)
    })
})

test('a bucket that does not answer', async () => {
    const index = await start({ endpointUrl: 'http://127.0.0.1:9' })
    const metrics = parse(String((await request(index.port, '/-/metrics')).body))
    expect(metrics.nginx_s3_pypi_bucket_readable).toBe(0)
    await index.stop()
})

// Prometheus waits 10 s, nginx 30 s for other requests.
test.each([false, true])(
    'a bucket that accepts connections and does not answer; cached: %s',
    { timeout: 25_000 },
    async (cached) => {
        const silent = createServer().listen(0, '127.0.0.1')
        await once(silent, 'listening')
        const { port } = silent.address() as AddressInfo
        const index = await start({ cached, endpointUrl: `http://127.0.0.1:${port}` })
        const metrics = parse(String((await request(index.port, '/-/metrics')).body))
        expect(metrics.nginx_s3_pypi_bucket_readable).toBe(0)
        expect(metrics.nginx_connections_accepted_total).toBeGreaterThan(0)
        await index.stop()
        silent.close()
    },
)

test.each([
    ['the default', undefined, 200],
    ['this address', ['127.0.0.0/8'], 200],
    ['other addresses', ['10.0.0.0/8'], 403],
    ['off', ['off'], 404],
])('--metrics-allow: %s', async (_name, metricsAllow, status) => {
    const index = await start({ cached: true, ...(metricsAllow && { metricsAllow }) })
    const answer = await request(index.port, '/-/metrics')
    expect(answer.status).toBe(status)
    if (status !== 200) expect(String(answer.body)).not.toContain('nginx_http_requests_total')
    await index.stop()
})

test.each([false, true])('readers are other clients; cached: %s', async (cached) => {
    const index = await start({ cached, allow: ['10.0.0.0/8'] })
    expect((await request(index.port, '/-/metrics')).status).toBe(200)
    expect((await request(index.port, '/')).status).toBe(403)
    await index.stop()
})

describeRenewal('sessions that nginx renews', { credentials: 'ecs' }, () => {
    test('when the session expires, and nothing else of it', async () => {
        const sessions = await startSessionS3({ 'index.html': 'x' })
        const provider = await startContainerProvider(() => sessions.issuer.issue())
        const index = await start({
            ...{ endpointUrl: sessions.proxy.endpoint, bucket: sessions.bucket, credentials: 'ecs' },
            environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${provider.url}/v2/credentials` },
        })
        await expect.poll(async () => (await request(index.port, '/simple/')).status, { timeout: 10_000 }).toBe(200)
        const text = String((await request(index.port, '/-/metrics')).body)
        const { expires, ...secrets } = sessions.issuer.issued.at(-1)!
        const metrics = parse(text)
        expect(metrics.nginx_s3_pypi_session_expiry_timestamp_seconds).toBeCloseTo(expires.getTime() / 1000, 0)
        expect(metrics.nginx_s3_pypi_session_refresh_failures).toBe(0)
        for (const secret of Object.values(secrets)) expect(text).not.toContain(String(secret))
        await index.stop()
        await provider.close()
        await sessions.close()
    })
})

describeWhere('promtool', missingPrograms(['promtool'], 'prometheus'), () => {
    test('finds nothing to complain about', async () => {
        const index = await start({ cached: true })
        const input = String((await request(index.port, '/-/metrics')).body)
        const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
        expect([status, stdout + stderr]).toEqual([0, ''])
        await index.stop()
    })
})
