import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeWheel, type Distribution } from '../support/distributions/distributions.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startFaultProxy, type Fate, type FaultProxy } from '../support/upstreams/fault-proxy.js'

/** More calls than an upload makes. */
const mostCalls = 40

describe.each([
    ['a small file', 0],
    ['a large file', 9 * 1024 * 1024],
])('S3 fails during an upload of %s', (_name, ballast) => {
    let uploads: UploadIndex
    let proxy: FaultProxy
    let decide: (call: number) => Fate = () => 'pass'
    let calls = 0
    beforeAll(async () => {
        uploads = await startUploadIndex(
            {},
            {
                endpoint: async (s3) => {
                    proxy = await startFaultProxy(s3.endpoint, () => decide(++calls))
                    return proxy.endpoint
                },
            },
        )
    })
    afterAll(async () => {
        await uploads.stop()
        await proxy.close()
    })

    const made = makeWheel({ name: 'acme', version: '1.0', ballast })
    const send = (file: Distribution, fate: typeof decide, name: string) => {
        calls = 0
        decide = fate
        return sendUpload(uploads.index.port, file, { name })
    }
    /** The same bytes under the name of another project would be no valid wheel: each case has a wheel of its own. */
    const wheel = (project: string) => (ballast === 0 ? makeWheel({ name: project, version: '1.0' }) : { ...made })

    // A large file makes more calls, each of which takes longer.
    test.each<Fate>(ballast === 0 ? ['500', 'cut', 'cut after', '500 after'] : ['500', 'cut after'])(
        'at one call (%s): the upload succeeds',
        { timeout: 300_000 },
        async (fate) => {
            for (let failing = 1; failing < mostCalls; failing++) {
                const project = ballast === 0 ? `p${failing}-${fate.toString().replace(' ', '-')}` : 'acme'
                if (ballast > 0) await forget(uploads, project)
                const answer = await send(wheel(project), (call) => (call === failing ? fate : 'pass'), project)
                expect([failing, answer.status, answer.text]).toEqual([failing, 200, expect.any(String)])
                if (calls < failing) break
            }
            decide = () => 'pass'
            expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
        },
    )

    test(
        'from one call on, as when nginx is killed: pages are valid, and the same upload completes it',
        {
            timeout: 300_000,
        },
        async () => {
            let failed = 0
            for (let last = 1; last < mostCalls; last++) {
                const project = ballast === 0 ? `killed-${last}` : 'acme'
                if (ballast > 0) await forget(uploads, project)
                const file = wheel(project)
                const denied: Fate = { status: 403, code: 'AccessDenied' }
                const broken = await send(file, (call) => (call < last ? 'pass' : denied), project)
                if (broken.status === 200) break
                failed++
                expect([last, broken.status]).toEqual([last, 424])
                // Whatever is there is a page that clients can read.
                decide = () => 'pass'
                const page = await fetch(`${uploads.index.url}/simple/${project}/`)
                expect([200, 404, 503]).toContain(page.status)
                expect([last, (await send(file, () => 'pass', project)).status]).toEqual([last, 200])
                const problems = (await verify(uploads.bucket, { deep: false })).problems
                expect([last, problems]).toEqual([last, []])
            }
            expect(failed).toBeGreaterThanOrEqual(10)
        },
    )
})

async function forget({ bucket }: UploadIndex, project: string): Promise<void> {
    const keys: string[] = []
    for await (const { key } of bucket.list()) {
        if (key.startsWith(`${project}/`) || key.startsWith('.uploads/') || /^index\./.test(key)) keys.push(key)
    }
    await bucket.delete(keys)
}
