// Report: review of November 2026 (S6, S17). Some 70 statuses of S3, or of a CDN before it, reached clients with S3's body,
// which names the bucket, the key and the request. nginx-s3-gateway turned each error into 404.
// Right: only 200, 206, 304, 404, 412 and 416 are answers of S3's; everything else is a failure of the index, in its words.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startIndex } from '../support/nginx/start-index.js'
import { listing } from '../support/upstreams/listing.js'
import { request, type Answer } from '../support/requests/raw-request.js'
import { startStatusServer } from '../support/upstreams/status-server.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const all = Array.from({ length: 500 }, (_, index) => index + 100)
const passed = [200, 206, 304]

test.each([
    ['direct', {}],
    ['cached', { cached: true }],
    ['cached, with --stale', { cached: true, stale: true }],
])(
    '%s: S3 answers 100 to 599',
    async (_name, options) => {
        const s3 = await startStatusServer(listing([]))
        const index = await startIndex({ ...options, endpointUrl: s3.endpoint, environment, fallback: true })
        for (const status of all) {
            s3.status = status
            for (const path of [`/demo/demo-${status}.whl`, `/p${status}/`]) {
                const answer = await ask(index.port, path)
                if (answer === undefined) {
                    expect(closed(status), `${path}: no answer to ${status}`).toBe(true)
                    continue
                }
                expect(answer.status, `${path}: S3 says ${status}`).toBeOneOf(expectedOf(status, path))
                if (!passed.includes(answer.status)) {
                    expect(answer.body.toString(), `${path}: S3 says ${status}`).not.toMatch(/Bucket|my-pypi|RequestId/)
                    expect(answer.headers['x-amz-request-id']).toBeUndefined()
                }
                expect(answer.headers['x-content-type-options'], `${path}: S3 says ${status}`).toBe('nosniff')
                expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/)
                if (path.endsWith('/')) expect(answer.headers.vary ?? '', `${path}: ${status}`).toContain('Accept')
                if (answer.status === 503) expect(answer.headers['retry-after']).toBe('5')
                expect(answer.headers.location?.startsWith('http') ?? false, `${status}`).toBe(answer.status === 302)
            }
        }
        await index.stop()
        await s3.close()
    },
    300_000,
)

/** What a client may get; 302 is the public index, for a project of which S3 says that there is nothing. */
function expectedOf(status: number, path: string): number[] {
    // The cache puts its slices together.
    if (passed.includes(status)) return status === 206 ? [200, 206] : [status]
    if (status === 404) return path.endsWith('/') ? [302] : [404]
    // A slice from the beginning of a file that is beyond its end: the file has no byte.
    if (status === 416) return [200, 416]
    if (status === 412) return [412]
    return [502, 503]
}

/** Where nothing is between S3 and the client, nginx cannot answer for these: it closes the connection, and logs why. */
function closed(status: number): boolean {
    return (status < 300 && !passed.includes(status)) || [408, 444, 499].includes(status)
}

async function ask(port: number, path: string): Promise<Answer | undefined> {
    try {
        return await request(port, path)
    } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET')
        return undefined
    }
}

test('with --stale what is cached is served whatever S3 answers', async () => {
    const s3 = await startStatusServer(listing([]))
    const index = await startIndex({ cached: true, stale: true, pageTtl: '1', endpointUrl: s3.endpoint, environment })
    s3.status = 200
    expect((await request(index.port, '/demo/')).status).toBe(200)
    await sleep(3_100)
    for (const status of [
        102, 201, 204, 301, 400, 403, 408, 409, 429, 431, 499, 500, 502, 503, 504, 507, 520, 522, 530, 598,
    ]) {
        s3.status = status
        expect((await request(index.port, '/demo/')).status, `S3 says ${status}`).toBe(200)
    }
    // The twin: what S3 says is gone is gone.
    s3.status = 404
    expect((await request(index.port, '/demo/')).status).toBe(404)
    await index.stop()
    await s3.close()
})
