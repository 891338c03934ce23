import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { readLock } from '../../scripts/mirror/lock-file.js'
import { readRequirements } from '../../scripts/mirror/requirements-file.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { makeSdist, makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { pageText } from '../support/index/pages.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { locked, runMirror as run, withSource } from '../support/mirror/run-mirror.js'
import { offer, sha256Of } from '../support/public/offered-files.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import type { PypiServer } from '../support/upstreams/pypi-server.js'

let s3: S3Server
beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())

const wheel = makeWheel({ name: 'acme', version: '1.0', requiresPython: '>=3.8' })
const wheel2 = makeWheel({ name: 'acme', version: '2.0' })

const world = (body: (pypi: PypiServer, bucket: Bucket) => Promise<void>) => withSource(s3, body)

/** Writes files, and reads what they name. */
async function wantedOf(files: Record<string, string>) {
    const folder = await temporaryFolder()
    const wishes = []
    for (const [name, text] of Object.entries(files)) {
        await writeFile(join(folder, name), text)
        wishes.push(await (name.endsWith('.txt') ? readRequirements : readLock)(join(folder, name)))
    }
    return wishes.flatMap(({ wanted }) => wanted)
}

const uvLock = (index: string, url: string, { filename, bytes } = wheel, more = '') => `version = 1
[[package]]
name = "acme"
version = "1.0"
source = { registry = "${index}" }
wheels = [{ url = "${url}${filename}", hash = "sha256:${sha256Of(bytes)}"${more} }]
`

const pypiIndex = 'https://pypi.org/simple'
const cdn = 'https://files.pythonhosted.org/packages/'

describe('a lock', () => {
    test('whose hash is another than that of the source is refused before any download', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const { problems } = await run(bucket, pypi.url, [locked(wheel.filename, wheel2.bytes)])
            expect(problems[0]!.message).toMatch(/the lock has sha256 .*, the source/)
            expect(pypi.requests).toHaveLength(1)
        })
    })

    test('verifies files for which the source has no hash', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [{ ...wheel, other: { hashes: {} as never } }])
            const wrong = await run(bucket, pypi.url, [locked(wheel.filename, wheel2.bytes)])
            expect(wrong.problems[0]!.message).toContain('was expected')
            const right = await run(bucket, pypi.url, [locked(wheel.filename, wheel.bytes)])
            expect(right.statuses).toEqual([`${wheel.filename} copied`])
        })
    })

    test('with hashes of a version copies its files, and none of another hash', async () => {
        await world(async (pypi, bucket) => {
            const sdist = await makeSdist({ name: 'acme', version: '1.0' })
            offer(pypi, 'acme', [wheel, sdist, wheel2])
            const digests = [{ algorithm: 'sha256', hex: sha256Of(wheel.bytes) }]
            const specifiers = [{ operator: '==', operand: '1.0' }]
            const wanted = { project: 'acme', where: 'r.txt:1', specifiers, specifierText: '==1.0' }
            expect((await run(bucket, pypi.url, [{ ...wanted, digests }])).statuses).toEqual([
                `${wheel.filename} copied`,
            ])
            const none = await run(bucket, pypi.url, [
                { ...wanted, digests: [{ algorithm: 'sha256', hex: sha256Of(wheel2.bytes) }] },
            ])
            expect(none.problems[0]!.message).toContain('no file of acme with a hash of r.txt:1')
        })
    })
})

describe('a file that two sources name', () => {
    const time = ', upload-time = "2024-11-08T17:25:46.5Z"'
    const pylockEntry = `[[packages]]
name = "acme"
version = "1.0"
wheels = [{ name = "${wheel.filename}", url = "${cdn}${wheel.filename}", hashes = { sha256 = "${sha256Of(wheel.bytes)}" } }]
`
    const cases: [string, Record<string, string>][] = [
        ['two locks', { 'a.lock': uvLock(pypiIndex, cdn), 'b.lock': uvLock(pypiIndex, cdn, wheel, time) }],
        ['a lock and requirements', { 'a.lock': uvLock(pypiIndex, cdn, wheel, time), 'r.txt': 'acme==1.0\n' }],
        [
            'requirements with the hash of another file, and a lock',
            {
                'r.txt': `acme==1.0 --hash=sha256:${sha256Of(wheel2.bytes)}\n`,
                'a.lock': uvLock(pypiIndex, cdn, wheel, time),
            },
        ],
        [
            'two entries of pylock.toml, and uv.lock',
            {
                'pylock.toml': `lock-version = "1.0"\n${pylockEntry}${pylockEntry}`,
                'uv.lock': uvLock(pypiIndex, cdn, wheel, time),
            },
        ],
    ]
    test.each(cases)('%s: is copied once', async (_name, files) => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [{ ...wheel, other: { hashes: {} as never, 'upload-time': '' } }])
            const { statuses, problems } = await run(bucket, pypi.url, await wantedOf(files))
            expect([statuses, problems]).toEqual([[`${wheel.filename} copied`], []])
            expect(pypi.requests.filter(({ target }) => target.startsWith('/packages/'))).toHaveLength(1)
            const page = JSON.parse((await pageText(bucket, 'acme/index.json'))!)
            expect(page.files).toEqual([expect.objectContaining({ 'upload-time': '2024-11-08T17:25:46.500000Z' })])
            expect((await verify(bucket, { deep: true })).problems).toEqual([])
        })
    })

    test('with different hashes is refused before any download, and both are named', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [{ ...wheel, other: { hashes: {} as never } }])
            const other = { ...wheel, bytes: wheel2.bytes }
            const wanted = await wantedOf({
                'a.lock': uvLock(pypiIndex, cdn),
                'b.lock': uvLock(pypiIndex, cdn, other),
                'c.lock': uvLock(pypiIndex, cdn, other),
            })
            const { statuses, problems } = await run(bucket, pypi.url, wanted)
            expect(statuses).toEqual([])
            expect(problems.map(({ message }) => message)).toEqual([
                expect.stringMatching(
                    `${wheel.filename}: .*/a.lock has sha256 ${sha256Of(wheel.bytes)}, .*/b.lock ${sha256Of(wheel2.bytes)}`,
                ),
            ])
            expect(pypi.requests).toHaveLength(1)
        })
    })
})

describe('a package of another index than the source', () => {
    const corp = uvLock('https://user:hidden@pypi.corp/simple', 'https://files.corp/acme/')

    test('is left out: the source never learns its name', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const { statuses, problems, warnings } = await run(bucket, pypi.url, await wantedOf({ 'uv.lock': corp }))
            expect([statuses, problems, pypi.requests]).toEqual([[], [], []])
            expect(warnings).toEqual([
                expect.stringMatching(/^left out: .*uv.lock: acme comes from https:\/\/pypi.corp\/simple, not from/),
            ])
        })
    })

    test('is present if the bucket has it', async () => {
        await world(async (pypi, bucket) => {
            await publish(bucket, await writeDistributions(wheel))
            const { statuses, warnings } = await run(bucket, pypi.url, await wantedOf({ 'uv.lock': corp }))
            expect([statuses, warnings, pypi.requests]).toEqual([[`${wheel.filename} present`], [], []])
        })
    })

    test('is copied if it is named, too, and the hash of the lock still decides', async () => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const wrong = uvLock('https://pypi.corp/simple', 'https://files.corp/acme/', {
                ...wheel,
                bytes: wheel2.bytes,
            })
            const refused = await run(bucket, pypi.url, ['acme==1.0', ...(await wantedOf({ 'uv.lock': wrong }))])
            expect(refused.problems[0]!.message).toMatch(/the lock has sha256 .*, the source/)
            const { statuses } = await run(bucket, pypi.url, ['acme==1.0', ...(await wantedOf({ 'uv.lock': corp }))])
            expect(statuses).toEqual([`${wheel.filename} copied`])
        })
    })

    const path = `packages/ab/cd/${'0e'.repeat(30)}/`
    const copied: [string, (from: string) => string][] = [
        ['PyPI', () => uvLock(pypiIndex, cdn)],
        [
            'another path of the source',
            (from) => uvLock(new URL('/root/pypi/+simple/', from).href, 'https://cdn.corp/'),
        ],
        [
            'an index that serves public packages under the path of PyPI',
            () => uvLock('https://ours/simple/', `https://ours/${path}`),
        ],
    ]
    test.each(copied)('is copied where the lock has it from %s', async (_name, lock) => {
        await world(async (pypi, bucket) => {
            offer(pypi, 'acme', [wheel])
            const { statuses } = await run(bucket, pypi.url, await wantedOf({ 'uv.lock': lock(pypi.url) }))
            expect(statuses).toEqual([`${wheel.filename} copied`])
        })
    })
})
