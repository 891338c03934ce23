import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UserError } from '../../core/user-error.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { setStatus } from '../../scripts/manage/project-status.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { yank } from '../../scripts/manage/yank.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { makeWheel, writeDistributions, type Distribution } from '../support/distributions/distributions.js'
import { readIndex } from '../support/index/pages.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

const first = (name: string) => makeWheel({ name, version: '1.0' })
const next = (name: string) => makeWheel({ name, version: '2.0' })
const rebuilt = (name: string) => makeWheel({ name, version: '1.0', summary: 'another build' })

type Step = (bucket: Bucket, name: string) => Promise<unknown>
const yanked: Step = (bucket, name) => yank(new PackageIndex(bucket), name, '1.0', 'loses data')
const status =
    (word: string): Step =>
    (bucket, name) =>
        setStatus(new PackageIndex(bucket), name, word as never, 'no reason')
const removed =
    (targets: string[], releaseName = false): Step =>
    async (bucket, name) => {
        const index = new PackageIndex(bucket)
        await remove(index, await planRemoval(index, name, targets), { releaseName })
    }

/** What was done to a project with version 1.0, what is uploaded then, and whether that succeeds. */
const cases: [string, Step, (name: string) => Distribution, 'taken' | RegExp][] = [
    ['yanked, the same file', yanked, first, 'taken'],
    ['yanked, other bytes', yanked, rebuilt, /^File already exists/],
    ['yanked, a new version', yanked, next, 'taken'],
    ['a removed version, the same file', removed(['1.0']), first, 'taken'],
    ['a removed version, other bytes', removed(['1.0']), rebuilt, 'taken'],
    ['a removed project', removed([]), first, 'taken'],
    ['a removed project whose name is free', removed([], true), rebuilt, 'taken'],
    ['archived, the same file', status('archived'), first, /is archived \(no reason\) and takes no new files/],
    ['archived, a new version', status('archived'), next, /is archived/],
    ['quarantined, the same file', status('quarantined'), first, /is quarantined/],
    ['quarantined, a new version', status('quarantined'), next, /is quarantined/],
    ['deprecated, a new version', status('deprecated'), next, 'taken'],
]

describe('as publish-package does', () => {
    let uploads: UploadIndex
    beforeAll(async () => {
        uploads = await startUploadIndex({ cached: true, fallback: true, private: ['secret-*'] })
    })
    afterAll(() => uploads.stop())

    test.each(cases)('%s', async (title, change, made, expected) => {
        const name = title.replace(/\W+/g, '-')
        const file = made(name)
        const published = await newBucket(uploads.s3)
        for (const bucket of [published, uploads.bucket]) {
            await publish(bucket, await writeDistributions(first(name)))
            await change(bucket, name)
        }
        const before = await uploads.bucket.get(`${name}/index.json`)
        const result = await publish(published, await writeDistributions(file)).catch((error: UserError) => error)
        const answer = await sendUpload(uploads.index.port, file)
        if (expected === 'taken') {
            expect(result).not.toBeInstanceOf(Error)
            expect(answer).toMatchObject({ status: 200 })
        } else {
            expect((result as UserError).message).toMatch(expected)
            expect(answer).toMatchObject({ status: 400, reason: expect.stringMatching(expected) as string })
            expect(await uploads.bucket.get(`${name}/index.json`)).toEqual(before)
        }
        // The pages are the same, apart from times of uploads.
        expect(await stateOf(uploads.bucket, name)).toEqual(await stateOf(published, name))
        expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
    })

    test.each(['secret-tools', 'Secret.Tools2'])('a private name: 404, then the upload: %s', async (name) => {
        const normalized = name.toLowerCase().replace('.', '-')
        const file = makeWheel({ name, version: '1.0' })
        const page = `${uploads.index.url}/simple/${normalized}/`
        expect((await fetch(page, { redirect: 'manual' })).status).toBe(404)
        expect((await sendUpload(uploads.index.port, file, { name })).status).toBe(200)
        const seen = await fetch(page, { redirect: 'manual' })
        expect([seen.status, (await seen.text()).includes(file.filename)]).toEqual([200, true])
    })

    test('a name of the public index: a redirect, then the upload, and no redirect', async () => {
        const page = `${uploads.index.url}/simple/public-tools/`
        expect((await fetch(page, { redirect: 'manual' })).status).toBe(302)
        // hatch looks for files that are uploaded already.
        const ofHatch = `${uploads.index.url}/legacy/%2Bsimple/public-tools/`
        expect((await fetch(ofHatch, { redirect: 'manual' })).status).toBe(404)
        expect((await sendUpload(uploads.index.port, first('public-tools'))).status).toBe(200)
        expect((await fetch(ofHatch, { redirect: 'manual' })).status).toBe(200)
        expect((await fetch(page, { redirect: 'manual' })).status).toBe(200)
    })
})

/** What clients see of a project, and its objects. */
async function stateOf(bucket: Bucket, name: string): Promise<unknown> {
    const keys: string[] = []
    for await (const { key } of bucket.list(`${name}/`)) keys.push(key)
    const { html, projects } = await readIndex(bucket)
    return { keys, files: html.get(name), isListed: projects.includes(name) }
}
