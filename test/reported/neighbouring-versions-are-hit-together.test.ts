/**
 * Reported: `manage-index remove acme 1.0.dev20240101123456789` also deleted ...788, and 1.4.0+12e4567 also 1.4.0+98e7654;
 * `yank` hit both. Source: review of November 2026 (L1, L2).
 * Right: of two versions that PEP 440 tells apart, a command touches the one that is named.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { unyank, yank } from '../../scripts/manage/yank.js'
import { compareVersions, normalizeVersion } from '../../core/version.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { filesOf, pageText, readIndex } from '../support/index/pages.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { seededRandom } from '../support/random/seeded-random.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { neighbour, versionText } from '../support/random/version-texts.js'
import { makeSdist, wheelFile, writeDistributions } from '../support/distributions/distributions.js'

let server: S3Server
let bucket: Bucket
let index: PackageIndex
beforeAll(async () => {
    server = await startS3('embedded')
    bucket = await newBucket(server)
    index = new PackageIndex(bucket)
})
afterAll(() => server.close())

const reported: [string, string][] = [
    ['1.0.dev20240101123456788', '1.0.dev20240101123456789'],
    ['1.4.0+12e4567', '1.4.0+98e7654'],
    ['1.0+1e5', '1.0+100000'],
    ['1.0+0x10', '1.0+16'],
    ['1.0+infinity', '1.0+9e999'],
    ['9007199254740992.0', '9007199254740993.0'],
    ['9007199254740992!1.0', '9007199254740993!1.0'],
    ['1.0a9007199254740992', '1.0a9007199254740993'],
    ['1.0.post20240101123456788', '1.0.post20240101123456789'],
    ['1.0+20240101123456788', '1.0+20240101123456789'],
    ['1.0+00a', '1.0+0a'],
    ['1.0', '1.0+0'],
    ['1.0', '1.0.post0'],
]

/** Pairs of normal forms that differ. */
function neighbours(count: number): [string, string][] {
    const random = seededRandom(12)
    const pairs: [string, string][] = []
    while (pairs.length < count) {
        const text = versionText(random)
        const [a, b] = [text, neighbour(random, text)].map((version) => normalizeVersion(version))
        if (a !== undefined && b !== undefined && compareVersions(a, b) !== 0 && (a + b).length < 180) {
            pairs.push([a, b])
        }
    }
    return pairs
}

const pairs = [...reported, ...neighbours(190)]

test(`yank and remove touch one file of two: ${pairs.length} pairs`, { timeout: 300_000 }, async () => {
    const files = await Promise.all(
        pairs.flatMap((pair, position) => pair.map((version) => wheelFile({ name: `acme-${position}`, version }))),
    )
    await publish(bucket, files)
    const seen = await readIndex(bucket)
    for (const [position, [named, other]] of pairs.entries()) {
        const project = `acme-${position}`
        const fileOf = (version: string) => `acme_${position}-${version}-py3-none-any.whl`
        expect(
            seen.json
                .get(project)!
                .map(({ filename }) => filename)
                .sort(),
        ).toEqual([named, other].map(fileOf).sort())

        expect(await yank(index, project, named, 'broken'), `${named} beside ${other}`).toEqual([fileOf(named)])
        const yanked = (await jsonOf(project)).files.filter((file) => file.yanked !== false)
        expect(yanked.map(({ filename }) => filename)).toEqual([fileOf(named)])
        expect(await unyank(index, project, named)).toEqual([fileOf(named)])

        await remove(index, await planRemoval(index, project, [named]))
        const { files, versions } = await jsonOf(project)
        expect(files.map(({ filename }) => filename)).toEqual([fileOf(other)])
        expect(versions).toEqual([other])
        expect(await bucket.head(`${project}/${fileOf(other)}`), `${other} beside ${named}`).toBeDefined()
        expect(await bucket.head(`${project}/${fileOf(named)}`)).toBeUndefined()
    }
})

test('the twin: one version in two spellings is hit in both', async () => {
    const spellings = ['2.0+a.1', '2.0.0+A_01']
    const files = await Promise.all(spellings.map((version) => wheelFile({ name: 'twin', version })))
    await publish(bucket, files)
    expect(await yank(index, 'twin', 'v2+a-1', '')).toHaveLength(2)
})

test('the programs say so, too', async () => {
    const [kept, gone] = ['1.0.dev20240101123456788', '1.0.dev20240101123456789']
    const run = (program: 'publish-package' | 'manage-index', ...words: string[]) =>
        runProgram(program, words, { environment: environmentOf(server) })
    const files = await Promise.all([kept, gone].map((version) => wheelFile({ name: 'stamped', version })))
    const published = await run('publish-package', bucket.name, ...files)
    expect(published.stdout).toContain(`stamped ${kept}: `)
    expect(published.stdout).toContain(`stamped ${gone}: `)
    expect((await run('manage-index', 'remove', bucket.name, 'stamped', gone, '--yes')).status).toBe(0)
    expect(await filesOf(bucket, 'stamped')).toEqual([`stamped-${kept}-py3-none-any.whl`])
})

test('the name of a file that reads as a version is the file', async () => {
    const made = await Promise.all(
        ['2+a', '1.post2+a.tar.gz'].map((version) =>
            makeSdist({ name: '1', version, escapedName: '1', metadata: `Name: 1\nVersion: ${version}\n` }),
        ),
    )
    await publish(bucket, await writeDistributions(...made))
    expect(await yank(index, '1', '1-2+a.tar.gz', '')).toEqual(['1-2+a.tar.gz'])
    expect(await yank(index, '1', '1.post2+a.tar.gz', '')).toEqual(['1-1.post2+a.tar.gz.tar.gz'])
})

test.each([
    ['1.4.0+12e4567', '1.4.0+98e7654'],
    ['1.0.dev20240101123456788', '1.0.dev20240101123456789'],
    ['1.0+1e5', '1.0+100000'],
])('a wheel named %s with METADATA of %s is refused', async (version, inside) => {
    const metadata = `Metadata-Version: 2.1\nName: acme\nVersion: ${inside}\n`
    const wheel = await wheelFile({ name: 'acme', version, metadata })
    await expect(publish(bucket, [wheel])).rejects.toThrow(`its name does not match its metadata: acme ${inside}`)
})

interface ProjectJson {
    versions: string[]
    files: { filename: string; yanked: boolean | string }[]
}

async function jsonOf(project: string): Promise<ProjectJson> {
    return JSON.parse((await pageText(bucket, `${project}/index.json`))!) as ProjectJson
}
