import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { describeProblems, describeRebuild } from '../../scripts/manage/describe.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { runProgram } from '../support/programs/run-program.js'
import { clientOf } from '../support/s3/bucket.js'
import { leaveOpen, openKeys } from '../support/s3/open-upload.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { bucketAt, environmentOf as programEnvironment, newBucket } from '../support/s3/test-bucket.js'
import { startFaultProxy, type Fate } from '../support/upstreams/fault-proxy.js'

const file = 'acme/acme-2.0+cu118-py3-none-any.whl'
/** Uploads of other tools, and of other indexes of the bucket. */
const foreign = [
    'acme/acme-2.0-py3-none-any.whl',
    'team-a/backup.tar',
    'team-a/acme/other-1.0.tar.gz',
    'team-a/acme/acme-1.0.exe',
    'team-a/acme/sub/acme-1.0.tar.gz',
    'team-a/Acme/acme-1.0.tar.gz',
    'team-a/acme-1.0.tar.gz',
    'team-a/.uploads/acme-1.0.tar.gz',
    'team-a/acme/acme-1.0%2Bx ü é.tar.gz',
    'team-b/acme/acme-1.0.tar.gz',
].sort()

let server: S3Server
let client: S3Client
let bucket: Bucket
beforeAll(async () => {
    server = await startS3('embedded')
    client = clientOf(server)
})
afterAll(async () => {
    client.destroy()
    await server.close()
})
beforeEach(async () => {
    bucket = await newBucket(server, 'team-a/')
    await publish(bucket, [await wheelFile({ name: 'acme', version: '1.0' })])
})

const open = (...keys: string[]) => leaveOpen(client, bucket.name, ...keys)
const inHours = (hours: number) => new Date(Date.now() + hours * 60 * 60 * 1000)

test('a running upload is no problem, and goes on', async () => {
    await open(`team-a/${file}`)
    const now = inHours(23)
    expect((await verify(bucket, { deep: true, now })).problems).toEqual([])
    expect(await rebuild(new PackageIndex(bucket), { now })).toMatchObject({ aborted: [], changed: [] })
    expect(await openKeys(client, bucket.name)).toEqual([`team-a/${file}`])
})

test('an upload that was killed is a problem after a day, and is aborted', async () => {
    await open(`team-a/${file}`, `team-a/${file}`)
    const now = inHours(25)
    const { problems, seesOpenUploads } = await verify(bucket, { deep: false, now })
    expect(seesOpenUploads).toBe(true)
    expect(problems).toEqual(Array(2).fill({ kind: 'abandoned-upload', key: file, detail: expect.any(String) }))
    expect(describeProblems(problems.slice(1))).toMatch(
        /^abandoned-upload: \S+\.whl has parts in S3 of an upload that began on \d{4}-\d\d-\d\d and was killed\n$/,
    )
    const planned = await rebuild(new PackageIndex(bucket), { now, dryRun: true })
    expect(await openKeys(client, bucket.name), 'a dry run aborts nothing').toHaveLength(2)
    const done = await rebuild(new PackageIndex(bucket), { now })
    expect(done).toEqual(planned)
    expect(describeRebuild(done)).toBe(`- parts of ${file}, of an upload that was killed\n`.repeat(2))
    expect(await openKeys(client, bucket.name)).toEqual([])
    expect((await verify(bucket, { deep: true, now })).problems).toEqual([])
})

test('uploads of other tools and of other indexes are never aborted', async () => {
    await open(...foreign)
    const now = inHours(1000)
    expect((await verify(bucket, { deep: false, now })).problems).toEqual([])
    expect(await rebuild(new PackageIndex(bucket), { now })).toMatchObject({ aborted: [] })
    expect(await openKeys(client, bucket.name)).toEqual(foreign)
})

test.each<[string, Fate]>([
    ['denies', { status: 403, code: 'AccessDenied' }],
    ['does not know', { status: 501, code: 'NotImplemented' }],
    ['does not allow', { status: 405, code: 'MethodNotAllowed' }],
])('S3 %s the listing: a line says so, and all else is verified', async (_name, fate) => {
    await open(`team-a/${file}`)
    const proxy = await startFaultProxy(server.endpoint, ({ url }) => (/[?&]uploads/.test(url) ? fate : 'pass'))
    const behind = bucketAt(server, bucket.name, { prefix: 'team-a/', endpoint: proxy.endpoint })
    const now = inHours(25)
    expect(await verify(behind, { deep: true, now })).toMatchObject({ problems: [], seesOpenUploads: false })
    const done = await rebuild(new PackageIndex(behind), { now })
    expect(done).toMatchObject({ aborted: [], seesOpenUploads: false })
    for (const command of ['verify', 'rebuild']) {
        const words = [command, bucket.name, '--prefix', 'team-a', '--endpoint-url', proxy.endpoint]
        const run = await runProgram('manage-index', words, { environment: programEnvironment(server) })
        expect([run.status, run.stderr.match(/s3:ListBucketMultipartUploads/g)?.length]).toEqual([0, 1])
    }
    await proxy.close()
    expect(await openKeys(client, bucket.name)).toEqual([`team-a/${file}`])
})

test('S3 fails at the listing: no report without it', async () => {
    const failing = { status: 400, code: 'ExpiredToken' }
    const proxy = await startFaultProxy(server.endpoint, ({ url }) => (/[?&]uploads/.test(url) ? failing : 'pass'))
    const behind = bucketAt(server, bucket.name, { prefix: 'team-a/', endpoint: proxy.endpoint })
    await expect(verify(behind, { deep: false })).rejects.toThrow('expired')
    await proxy.close()
})
