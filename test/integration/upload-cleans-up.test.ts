import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { clientOf } from '../support/s3/bucket.js'
import { leaveOpen, openKeys } from '../support/s3/open-upload.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startFaultProxy, type FaultProxy, type Fate } from '../support/upstreams/fault-proxy.js'

const hour = 60 * 60 * 1000
const killed = 'team-a/acme/acme-0.9+cu118-py3-none-any.whl'
/** Uploads of other projects, other tools and other indexes. */
const others = [
    'acme/acme-0.9-py3-none-any.whl',
    'team-a/acme/acme-0.9.exe',
    'team-a/acme/sub/acme-0.9.tar.gz',
    'team-a/acme-more/acme_more-1.0.tar.gz',
    'team-a/best/best-1.0.tar.gz',
].sort()

describe.each(['v4', 'v2'] as const)('signature %s', (signature) => {
    let uploads: UploadIndex
    let client: S3Client
    let proxy: FaultProxy
    /** How far the clock of S3 is behind. Milliseconds. */
    let behind = 0
    let fate: (method: string, url: string) => Fate = () => 'pass'
    let version = 0

    beforeAll(async () => {
        uploads = await startUploadIndex(
            { prefix: 'team-a/', signature },
            {
                now: () => new Date(Date.now() - behind),
                endpoint: async (s3) => {
                    proxy = await startFaultProxy(s3.endpoint, ({ method, url }) => fate(method, url))
                    return proxy.endpoint
                },
            },
        )
        client = clientOf(uploads.s3)
    })
    afterAll(async () => {
        client.destroy()
        await uploads.stop()
        await proxy.close()
    })
    beforeEach(() => {
        fate = () => 'pass'
    })

    async function leave(hours: number, ...keys: string[]): Promise<void> {
        behind = hours * hour
        client.config.systemClockOffset = -behind
        await leaveOpen(client, uploads.bucket.name, ...keys)
        behind = client.config.systemClockOffset = 0
    }
    const left = () => openKeys(client, uploads.bucket.name)
    const upload = (ballast: number) =>
        sendUpload(uploads.index.port, makeWheel({ name: 'acme', version: `1.${version}`, ballast }), {
            version: `1.${version++}`,
        })
    const large = 9 * 1024 * 1024

    test('the next large upload aborts those of its project that were killed, ten at most', async () => {
        await leave(25, ...Array<string>(12).fill(killed), ...others)
        await leave(23, 'team-a/acme/acme-2.0.tar.gz')
        const stay = [...others, 'team-a/acme/acme-2.0.tar.gz'].sort()
        expect(await upload(0)).toMatchObject({ status: 200 })
        expect(await left(), 'a small upload aborts nothing').toHaveLength(stay.length + 12)
        expect(await upload(large)).toMatchObject({ status: 200 })
        expect(await left()).toEqual([...stay, killed, killed].sort())
        expect(await upload(large)).toMatchObject({ status: 200 })
        expect(await left()).toEqual(stay)
    })

    test.each<[string, (method: string, url: string) => boolean, Fate]>([
        ['denies the listing', (method, url) => method === 'GET' && /[?&]uploads/.test(url), denied()],
        ['has no listing', (method, url) => method === 'GET' && /[?&]uploads/.test(url), missing()],
        ['denies to abort', (method, url) => method === 'DELETE' && /uploadId=/.test(url), denied()],
    ])('S3 %s: the upload succeeds', async (_name, concerns, refusal) => {
        await leave(25, killed)
        let refused = 0
        fate = (method, url) => (concerns(method, url) ? (refused++, refusal) : 'pass')
        expect(await upload(large)).toMatchObject({ status: 200 })
        expect([refused, await left()]).toEqual([1, expect.arrayContaining([killed])])
        fate = () => 'pass'
        expect(await upload(large)).toMatchObject({ status: 200 })
        expect(await left()).not.toContain(killed)
    })
})

function denied(): Fate {
    return { status: 403, code: 'AccessDenied' }
}

function missing(): Fate {
    return { status: 501, code: 'NotImplemented' }
}
