import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { summariesKey } from '../../core/index/summaries.js'
import { UserError } from '../../core/user-error.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { readSummary } from '../../scripts/index/update/update-summaries.js'
import { rebuildCommand } from '../../scripts/manage/commands.js'
import { remove, planRemoval } from '../../scripts/manage/remove.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { readStoredPage } from '../../scripts/index/stored/stored-page.js'
import { makeSdist, makeWheel, writeDistributions, type Recipe } from '../support/distributions/distributions.js'
import { startIndex } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'

let s3: S3Server
let bucket: Bucket
beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())
beforeEach(async () => {
    bucket = await newBucket(s3)
})

const headers = { contentType: 'application/json', cacheControl: 'no-cache' }

const publishWheels = async (...recipes: Recipe[]) => {
    const warnings: string[] = []
    const files = await writeDistributions(...recipes.map(makeWheel))
    await publish(bucket, files, { warn: (message) => warnings.push(message) })
    return warnings
}

const rebuildAll = (dryRun = false) => rebuild(new PackageIndex(bucket), { dryRun })

const metadata = (version: string) => `acme/acme-${version}-py3-none-any.whl.metadata`

async function stored(): Promise<unknown> {
    const page = await readStoredPage(bucket, summariesKey)
    return page?.body && (JSON.parse(page.body.toString()) as { summaries: unknown }).summaries
}

const etag = async () => (await bucket.head(summariesKey))?.etag

test('rebuild stores the summaries, publish-package keeps them up to date', async () => {
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' }, { name: 'other', version: '1.0' })
    expect(await stored(), 'a small index needs none').toBeUndefined()
    await rebuildAll(true)
    expect(await stored(), 'a dry run writes nothing').toBeUndefined()
    await rebuildAll()
    expect(await stored()).toEqual({ acme: 'Tools', other: expect.any(String) as string })
    expect((await verify(bucket, { deep: true })).problems).toEqual([])

    expect(await publishWheels({ name: 'acme', version: '1.1', summary: 'Better tools' })).toEqual([])
    expect(await stored()).toMatchObject({ acme: 'Better tools' })
    await publishWheels({ name: 'constructor', version: '1.0', summary: 'Builds' })
    expect(await stored()).toMatchObject({ acme: 'Better tools', constructor: 'Builds' })
})

test('nothing is written if no summary changes', async () => {
    await publishWheels({ name: 'acme', version: '2.0', summary: 'Tools' })
    await rebuildAll()
    const before = await etag()
    const modified = (await bucket.head(summariesKey))!.lastModified
    await publishWheels({ name: 'acme', version: '2.1', summary: 'Tools' })
    // Not the versions that installers choose.
    await publishWheels(
        { name: 'acme', version: '1.0', summary: 'Old' },
        { name: 'acme', version: '3.0a1', summary: 'New' },
    )
    await rebuildAll()
    expect([await etag(), (await bucket.head(summariesKey))!.lastModified]).toEqual([before, modified])
})

test('a rebuild forgets removed projects, and projects without metadata have an empty summary', async () => {
    await publish(bucket, await writeDistributions(await makeSdist({ name: 'source', version: '1.0' })))
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
    await rebuildAll()
    expect(await stored()).toEqual({ acme: 'Tools', source: '' })
    const index = new PackageIndex(bucket)
    await remove(index, await planRemoval(index, 'acme', []))
    expect(await stored(), 'at once').toEqual({ acme: '', source: '' })
    await rebuildAll()
    expect(await stored()).toEqual({ source: '' })
})

test('publishers at the same time: all summaries are stored', async () => {
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
    await rebuildAll()
    const names = ['a', 'b', 'c', 'd']
    const warnings = await Promise.all(
        names.map((name) => publishWheels({ name, version: '1.0', summary: `It is ${name}` })),
    )
    expect(warnings.flat()).toEqual([])
    expect(await stored()).toEqual({ acme: 'Tools', a: 'It is a', b: 'It is b', c: 'It is c', d: 'It is d' })
})

test('summaries that cannot be written are a warning, not a failed publish', async () => {
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
    await rebuildAll()
    const put = bucket.put.bind(bucket)
    const denied = () => Promise.reject(new UserError('access denied'))
    bucket.put = (key, ...rest) => (key === summariesKey ? denied() : put(key, ...rest))
    expect(await publishWheels({ name: 'acme', version: '1.1', summary: 'New' })).toEqual([
        expect.stringContaining('search does not know the new summary yet: access denied'),
    ])
    expect(await stored()).toEqual({ acme: 'Tools' })
    expect((await verify(bucket, { deep: true })).problems).toEqual([])
})

test.each(['read', 'written'])('summaries that cannot be %s are a warning of a rebuild', async (what) => {
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
    const denied = () => Promise.reject(new UserError('access denied'))
    const put = bucket.put.bind(bucket)
    if (what === 'read') bucket.getStart = denied
    else bucket.put = (key, ...rest) => (key === summariesKey ? denied() : put(key, ...rest))
    const warnings: string[] = []
    const report = await rebuild(new PackageIndex(bucket), { warn: (message) => warnings.push(message) })
    expect(warnings).toEqual([expect.stringContaining('access denied')])
    expect([report.projects, report.seesOpenUploads, await stored()]).toEqual([1, true, undefined])
})

test('only the head of large metadata is read, and none of empty metadata', async () => {
    await publishWheels({ name: 'acme', version: '1.0' }, { name: 'other', version: '1.0' })
    const text = (summary: string) => Buffer.from(`Metadata-Version: 2.1\nSummary: ${summary}\n\n`)
    await bucket.write(metadata('1.0'), Buffer.concat([text('Tools'), Buffer.alloc(8 << 20, 'x')]), headers)
    expect((await bucket.getStart(metadata('1.0'), 65536))!.length).toBe(65536)
    await bucket.write(metadata('2.0'), Buffer.alloc(0), headers)
    expect((await bucket.getStart(metadata('2.0'), 65536))!.length).toBe(0)
    expect(await bucket.getStart('acme/none', 65536)).toBeUndefined()
    expect(await readSummary(bucket, 'acme', 'acme-1.0-py3-none-any.whl')).toBe('Tools')
    expect(await readSummary(bucket, 'acme', 'acme-2.0-py3-none-any.whl')).toBe('')
})

test('rebuild of one project stores its summary, in an index that has summaries', async () => {
    const { accessKeyId, secretAccessKey, region, endpoint } = s3
    const options = { endpointUrl: endpoint, region, credentials: { accessKeyId, secretAccessKey } }
    const run = () => rebuildCommand(bucket.name, ['Acme'], options)
    await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
    await run()
    expect(await stored()).toBeUndefined()
    const old = { meta: { version: 1 }, summaries: { acme: 'Old', other: 'Other' } }
    await bucket.write(summariesKey, Buffer.from(JSON.stringify(old)), headers)
    await run()
    expect(await stored()).toEqual({ acme: 'Tools', other: 'Other' })
})

test('a publish whose second project fails stores the summary of the first', async () => {
    await publishWheels({ name: 'other', version: '1.0', summary: 'Other' })
    await rebuildAll()
    const put = bucket.put.bind(bucket)
    const denied = () => Promise.reject(new UserError('access denied'))
    bucket.put = (key, ...rest) => (key.startsWith('zulu/') ? denied() : put(key, ...rest))
    const published = publishWheels(
        { name: 'acme', version: '1.0', summary: 'Tools' },
        { name: 'zulu', version: '1.0', summary: 'Last' },
    )
    await expect(published).rejects.toThrow('access denied')
    expect(await stored()).toEqual({ acme: 'Tools', other: 'Other' })
})

test.each(['{', '{"meta":{"version":2},"summaries":{}}', 'null', '{"meta":{"version":1},"summaries":{"acme":5}}'])(
    'stored summaries that are %s: only a rebuild replaces them',
    async (damaged) => {
        await bucket.write(summariesKey, Buffer.from(damaged), headers)
        expect(await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })).toEqual([])
        await rebuildAll()
        expect(await stored()).toEqual({ acme: 'Tools' })
    },
)

test.each([false, true])(
    'nginx serves them to readers of the index, and nothing else of the folder; cached: %s',
    async (cached) => {
        await publishWheels({ name: 'acme', version: '1.0', summary: 'Tools' })
        const options = { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
        const index = await startIndex({ ...options, cached })
        const url = '/-/summaries/index.json'
        expect((await request(index.port, url)).status).toBe(404)
        await rebuildAll()
        await expect.poll(async () => (await request(index.port, url)).status, { timeout: 15_000 }).toBe(200)
        const answer = await request(index.port, url)
        expect(answer.headers['content-type']).toBe('application/json')
        expect(JSON.parse(String(answer.body))).toMatchObject({ summaries: { acme: 'Tools' } })
        for (const hidden of ['summaries/acme/index.json', 'summaries/', 'index.json', 'unlisted/index.json']) {
            expect((await request(index.port, `/-/${hidden}`)).status, hidden).toBe(404)
        }
        await index.stop()
    },
)
