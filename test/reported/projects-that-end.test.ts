// Report: review of November 2026 (L5, L6, L12). `remove` of the only version of a project gave its name to the public index,
// without a word; so did a publisher that was killed before its second page. A project that is quarantined in index.json
// (PEP 792) was still offered, and publishing to it worked.
// Right: a name stays claimed until it is given up on purpose, and a status does what it says.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startFaultProxy, type Fate } from '../support/upstreams/fault-proxy.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { pageText, readIndex } from '../support/index/pages.js'
import { request } from '../support/requests/raw-request.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf as programEnvironment, newBucket } from '../support/s3/test-bucket.js'
import { makeSdist, makeWheel, wheelFile, writeDistributions } from '../support/distributions/distributions.js'

const json = 'application/vnd.pypi.simple.v1+json'
let s3: S3Server
beforeAll(async () => void (s3 = await startS3('embedded')))
afterAll(() => s3.close())

const manage = (...words: string[]) => runProgram('manage-index', words, { environment: programEnvironment(s3) })

async function withIndex(bucket: string, cached: boolean, body: (index: Index) => Promise<void>): Promise<void> {
    const options = {
        endpointUrl: s3.endpoint,
        bucket,
        environment: environmentOf(s3),
        cached,
        pageTtl: cached ? '1' : undefined,
    }
    const index = await startIndex({ ...options, fallback: true } as Parameters<typeof startIndex>[0])
    await body(index).finally(() => index.stop())
}

const locationOf = async (index: Index, accept: string) =>
    (await request(index.port, '/acme/', { headers: { Accept: accept } })).headers.location

describe.each([false, true])('cached: %s', (cached) => {
    test(
        'a publisher of a new project that is killed at any of its calls: nobody is sent elsewhere',
        { timeout: 300_000 },
        async () => {
            const recipe = { name: 'acme', version: '1.0' }
            const files = await writeDistributions(makeWheel(recipe), await makeSdist(recipe))
            let withFiles = 0
            for (let call = 1; ; call++) {
                const bucket = await newBucket(s3)
                const proxy = await startFaultProxy(s3.endpoint, ({ number }): Fate =>
                    number === call ? 'cut after' : 'pass',
                )
                const end = new AbortController()
                proxy.onCut = () => end.abort()
                const { status } = await runProgram('publish-package', [bucket.name, ...files], {
                    environment: programEnvironment(s3, proxy.endpoint),
                    killed: end.signal,
                })
                await proxy.close()
                const keys: string[] = []
                for await (const { key } of bucket.list('acme/')) keys.push(key)
                const hasFile = keys.some((key) => /\.(?:whl|tar\.gz)$/.test(key))
                if (hasFile) withFiles++
                await withIndex(bucket.name, cached, async (index) => {
                    for (const accept of ['text/html', json, '*/*']) {
                        const location = await locationOf(index, accept)
                        // A name that has anything in the bucket is claimed, be it the first page or the first file.
                        if (keys.length > 0) expect(location, `call ${call}, ${accept}`).toBeUndefined()
                        else expect(location).toBe('https://pypi.org/simple/acme/')
                    }
                })
                if (status === 0) break
            }
            expect(withFiles).toBeGreaterThan(5)
        },
    )

    test('remove of the last version keeps the name, --release-name releases it, and both are said', async () => {
        const bucket = await newBucket(s3)
        await publish(bucket, [await wheelFile({ name: 'acme', version: '1.0' })])
        const kept = await manage('remove', bucket.name, 'acme', '1.0', '--yes')
        expect(kept.stdout).toContain('The name acme stays claimed')
        expect((await readIndex(bucket)).projects).toEqual([])
        await rebuild(new PackageIndex(bucket), {})
        expect((await verify(bucket, { deep: false })).problems).toEqual([])
        await withIndex(bucket.name, cached, async (index) => {
            for (const accept of ['text/html', json]) {
                const answer = await request(index.port, '/acme/', { headers: { Accept: accept } })
                expect([answer.status, answer.headers.location]).toEqual([200, undefined])
            }
        })
        const given = await manage('remove', bucket.name, 'acme', '--yes', '--release-name')
        expect(given.stdout).toContain('The name acme is released')
        await withIndex(bucket.name, cached, async (index) => {
            for (const accept of ['text/html', json]) {
                expect(await locationOf(index, accept)).toBe('https://pypi.org/simple/acme/')
            }
        })
    })
})

test('a quarantined project offers nothing, takes nothing, and is whole again when it is active', async () => {
    const bucket = await newBucket(s3)
    const [first, second] = [
        await wheelFile({ name: 'acme', version: '1.0' }),
        await wheelFile({ name: 'acme', version: '2.0' }),
    ]
    await publish(bucket, [first])
    const before = (await readIndex(bucket)).json.get('acme')
    expect((await manage('status', bucket.name, 'acme', 'quarantined', '--reason', 'malware')).stdout).toContain(
        'acme: active -> quarantined',
    )
    for (let round = 0; round < 2; round++) {
        const seen = await readIndex(bucket)
        expect([seen.json.get('acme'), seen.html.get('acme')]).toEqual([[], []])
        const page = JSON.parse((await pageText(bucket, 'acme/index.json'))!) as Record<string, unknown>
        expect(page).toMatchObject({ 'project-status': { status: 'quarantined', reason: 'malware' }, versions: [] })
        const html = (await pageText(bucket, 'acme/index.html'))!
        expect(html).toContain('<meta name="pypi:project-status" content="quarantined">')
        expect((await verify(bucket, { deep: true })).problems).toEqual([])
        await rebuild(new PackageIndex(bucket), {})
    }
    await expect(publish(bucket, [second])).rejects.toThrow('is quarantined (malware) and takes no new files')
    expect(await bucket.head('acme/acme-2.0-py3-none-any.whl')).toBeUndefined()

    await manage('status', bucket.name, 'acme', 'active')
    expect((await readIndex(bucket)).json.get('acme')).toEqual(before)
    await publish(bucket, [second])

    await manage('status', bucket.name, 'acme', 'archived')
    expect((await readIndex(bucket)).json.get('acme')).toHaveLength(2)
    await expect(publish(bucket, [await wheelFile({ name: 'acme', version: '3.0' })])).rejects.toThrow('is archived')
    // The twin: a deprecated one takes files.
    await manage('status', bucket.name, 'acme', 'deprecated')
    await publish(bucket, [await wheelFile({ name: 'acme', version: '3.0' })])
    expect((await readIndex(bucket)).json.get('acme')).toHaveLength(3)
    const wrong = await manage('status', bucket.name, 'acme', 'paused')
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('archived, deprecated, quarantined')])
})
