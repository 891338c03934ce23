import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { summariesKey } from '../../core/index/summaries.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { describeProblems, describeRebuild } from '../../scripts/manage/describe.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

const id = '0123456789abcdef0123456789abcdef'
const staged = `.uploads/${id}`
const strange = ['.uploads/', '.uploads/ABCDEF', '.uploads/notes.txt', `.uploads/${id}/x`, `${id}`, `.uploads/${id}0`]

let server: S3Server
let bucket: Bucket
beforeAll(async () => void (server = await startS3('embedded')))
afterAll(() => server.close())
beforeEach(async () => {
    bucket = await newBucket(server, 'team-a/')
    await publish(bucket, [await wheelFile({ name: 'acme', version: '1.0' })])
})

const write = (...keys: string[]) =>
    Promise.all(
        keys.map((key) => bucket.write(key, Buffer.from('x'), { contentType: 'a/b', cacheControl: 'no-cache' })),
    )

const inHours = (hours: number) => new Date(Date.now() + hours * 60 * 60 * 1000)

async function keys(): Promise<string[]> {
    const found: string[] = []
    const isOfIndex = (key: string) => key.startsWith('acme/') || /^index\./.test(key) || key === summariesKey
    for await (const { key } of bucket.list()) if (!isOfIndex(key)) found.push(key)
    return found
}

test('the body of a running upload is no problem, and stays', async () => {
    await write(staged)
    const now = inHours(23)
    expect((await verify(bucket, { deep: true, now })).problems).toEqual([])
    expect(await rebuild(new PackageIndex(bucket), { now })).toMatchObject({ abandoned: [], unknown: [], changed: [] })
    expect(await keys()).toEqual([staged])
})

test('the body of an upload that was killed is a problem after a day, and is deleted', async () => {
    await write(staged)
    const now = inHours(25)
    const { problems } = await verify(bucket, { deep: false, now })
    expect(problems).toEqual([{ kind: 'abandoned-upload', key: staged, detail: expect.any(String) }])
    expect(describeProblems(problems)).toMatch(
        /^abandoned-upload: \.uploads\/\w+ is the body of an upload that was killed on \d{4}-\d\d-\d\d\n$/,
    )
    const planned = await rebuild(new PackageIndex(bucket), { now, dryRun: true })
    expect(await keys(), 'a dry run deletes nothing').toEqual([staged])
    const done = await rebuild(new PackageIndex(bucket), { now })
    expect(done).toEqual(planned)
    expect(describeRebuild(done)).toBe(`- ${staged}, the body of an upload that was killed\n`)
    expect(await keys()).toEqual([])
    expect((await verify(bucket, { deep: true, now })).problems).toEqual([])
})

test('other objects in the folder are named and never deleted', async () => {
    await write(...strange)
    const now = inHours(1000)
    const sorted = [...strange].sort()
    const { problems } = await verify(bucket, { deep: false, now })
    expect(problems.map(({ kind, key }) => [kind, key])).toEqual(sorted.map((key) => ['unknown-object', key]))
    expect(await rebuild(new PackageIndex(bucket), { now })).toMatchObject({ abandoned: [], unknown: sorted })
    expect(await keys()).toEqual(sorted)
})
