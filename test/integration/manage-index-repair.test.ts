import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { yank } from '../../scripts/manage/yank.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import type { ObjectHeaders } from '../../core/index/objects.js'
import { brokenPromises, pageText, readIndex } from '../support/index/pages.js'
import { describeWhere, missingRgw, missingSwift } from '../support/machine/requirements.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { makeSdist, makeWheel, wheelFile, writeDistributions } from '../support/distributions/distributions.js'

const acme = { name: 'Acme', version: '1.0+cu12', requiresPython: '>=3.8' }
const wheel = 'acme/acme-1.0+cu12-py3-none-any.whl'
const sdist = 'acme/acme-1.0+cu12.tar.gz'
const yanked = 'other/other-2.0-py3-none-any.whl'
const attested = 'other/other-1.0-py3-none-any.whl'
const plain: ObjectHeaders = { contentType: 'text/plain', cacheControl: 'no-cache' }

type Plant = (bucket: Bucket) => Promise<unknown>

const write = (key: string, body: string | Buffer) => (bucket: Bucket) =>
    bucket.write(key, Buffer.from(body as string), plain)
const remove =
    (...keys: string[]) =>
    (bucket: Bucket) =>
        bucket.delete(keys)

/** Changes an object and keeps its metadata, as a bad copy would. */
const edit = (key: string, change: (text: string) => string) => async (bucket: Bucket) => {
    const { body, contentEncoding } = (await bucket.get(key))!
    const { metadata } = (await bucket.head(key))!
    const isGzip = contentEncoding === 'gzip'
    const text = (isGzip ? gunzipSync(body) : body).toString('latin1')
    const changed = Buffer.from(change(text), 'latin1')
    expect(changed.toString('latin1')).not.toBe(text)
    if (isGzip) await bucket.write(key, gzipSync(changed), { ...plain, contentEncoding: 'gzip', metadata })
    else await bucket.write(key, changed, { ...plain, metadata })
}
const replace =
    (key: string, { keepMetadata = false }) =>
    async (bucket: Bucket) => {
        const other = { ...acme, summary: 'other', requiresPython: '>=3.9' }
        const { bytes } = await (key === wheel ? makeWheel(other) : makeSdist(other))
        const { metadata } = (await bucket.head(key))!
        await bucket.write(key, bytes, keepMetadata ? { ...plain, metadata } : plain)
    }
const dropFile = (name: string) => (json: string) => json.replace(new RegExp(`\\{"filename":"${name}[^\\n]*\\n`), '')

/** Damage, what `verify` calls it (with `deep` where it must read the files), and whether the old pages come back. */
const damages: [string, Plant, string[], ('deep' | 'other pages')?][] = [
    ['a page lost', remove('acme/index.json'), ['missing-page']],
    ['both pages lost', remove('acme/index.json', 'acme/index.html'), ['missing-page']],
    ['index.html lost', remove('acme/index.html'), ['missing-page']],
    ['index.html edited', edit('acme/index.html', (html) => html.replace('cu12', 'cu13')), ['stale-page']],
    ['index.html older than index.json', edit('acme/index.html', dropAnchor), ['stale-page']],
    ['index.json that is no JSON', write('acme/index.json', '{'), ['broken-page']],
    ['index.json cut', edit('acme/index.json', (json) => json.slice(0, -100)), ['broken-page']],
    ['index.json of another project', write('acme/index.json', '{"name":"other","files":[]}'), ['broken-page']],
    ['index.json with other spaces', edit('acme/index.json', (json) => json.replace('\n', ' \n')), ['stale-page']],
    [
        'an entry lost by a publisher',
        edit('acme/index.json', dropFile('acme-1.0\\+cu12-py3')),
        ['stale-page', 'unindexed-file'],
    ],
    ['a file lost', remove(sdist), ['missing-file'], 'other pages'],
    ['a file replaced by hand', replace(sdist, {}), ['changed-file'], 'other pages'],
    ['a file replaced, its metadata kept', replace(wheel, { keepMetadata: true }), ['changed-file'], 'other pages'],
    ['.metadata lost', remove(`${wheel}.metadata`), ['missing-metadata']],
    ['.metadata of another wheel', write(`${wheel}.metadata`, 'Name: acme\nVersion: 2\n'), ['stale-metadata']],
    ['.metadata without its wheel', write('acme/acme-0.1-py3-none-any.whl.metadata', 'x'), ['orphan']],
    ['.yanked without its file', write('acme/acme-0.1.tar.gz.yanked', ''), ['orphan']],
    ['.provenance that is not on the page', write(`${wheel}.provenance`, '{}'), ['stale-provenance'], 'other pages'],
    ['.provenance without its file', write('acme/acme-0.1.tar.gz.provenance', '{}'), ['orphan']],
    ['.provenance lost', remove(`${attested}.provenance`), ['missing-provenance'], 'other pages'],
    [
        '.provenance lost from the page',
        edit('other/index.json', (json) => json.replace(/"provenance":"[^"]*",/, '')),
        ['stale-page', 'stale-provenance'],
    ],
    ['.yanked lost', remove(`${yanked}.yanked`), ['wrong-yank']],
    [
        'a yank lost from the page',
        edit('other/index.json', (json) => json.replace('"yanked":"loses data"', '"yanked":false')),
        ['stale-page', 'wrong-yank'],
    ],
    [
        'a wrong hash',
        edit('acme/index.json', (json) => json.replace(/"sha256":"[0-9a-f]{8}/, '"sha256":"00000000')),
        ['stale-page', 'wrong-hash'],
        'deep',
    ],
    [
        'a wrong hash of .metadata',
        edit('acme/index.json', (json) =>
            json.replace(/"core-metadata":\{"sha256":"[0-9a-f]{8}/, '"core-metadata":{"sha256":"00000000'),
        ),
        ['stale-metadata', 'stale-page'],
        'deep',
    ],
    [
        'a wrong Requires-Python',
        edit('acme/index.json', (json) => json.replace('>=3.8', '>=2.7')),
        ['stale-page', 'wrong-requires-python'],
        'deep',
    ],
    ['the list lost', remove('index.json'), ['missing-page']],
    ['the list in HTML lost', remove('index.html'), ['missing-page']],
    ['a list that is none', write('index.json', '[]'), ['broken-page']],
    [
        'a project off the list',
        write('index.json', '{"meta":{"api-version":"1.4"},"projects":[\n{"name":"other"}\n]}\n'),
        ['stale-page', 'unlisted-project'],
    ],
    [
        'a project on the list that is gone',
        edit('index.json', (json) => json.replace('{"name":"other"}', '{"name":"other"},\n{"name":"zzz"}')),
        ['stale-page', 'wrong-list'],
    ],
]

function oldPage(...names: string[]): string {
    return `<!DOCTYPE html>${names.map((name) => `<a href="${name}">${name}</a>`).join('')}</html>\n`
}

function dropAnchor(html: string): string {
    return html.replace(/<a href="acme-1.0%2Bcu12.tar.gz[^\n]*\n/, '')
}

let server: S3Server
let bucket: Bucket

async function fill(): Promise<void> {
    bucket = await newBucket(server, 'team-a/')
    await publish(bucket, await writeDistributions(makeWheel(acme), await makeSdist(acme)))
    await publish(bucket, [await wheelFile({ name: 'other', version: '1.0' })])
    await bucket.write(`${attested}.provenance`, Buffer.from('{}'), plain)
    await rebuild(new PackageIndex(bucket), {})
    await publish(bucket, [await wheelFile({ name: 'other', version: '2.0' })])
    await yank(new PackageIndex(bucket), 'other', '2.0', 'loses data')
}

/** The bytes of all pages. */
async function pageBytes(): Promise<Record<string, string>> {
    const bytes: Record<string, string> = {}
    for await (const { key } of bucket.list()) {
        if (/(?:^|\/)index\.(?:json|html)$/.test(key)) bytes[key] = (await pageText(bucket, key))!
    }
    return bytes
}

const kinds = async (deep = false) =>
    [...new Set((await verify(bucket, { deep })).problems.map(({ kind }) => kind))].sort()

for (const [name, missing] of [
    ['embedded', undefined],
    ['rgw', missingRgw()],
    ['swift', missingSwift()],
] as const) {
    describeWhere(`verify and rebuild on ${name}`, missing, () => {
        beforeAll(async () => void (server = await startS3(name)))
        afterAll(() => server.close())
        beforeEach(fill)

        test('find nothing, and change nothing, where nothing is wrong', async () => {
            const before = await pageBytes()
            expect(await kinds(true)).toEqual([])
            const report = await rebuild(new PackageIndex(bucket), {})
            expect(report).toMatchObject({ projects: 2, files: 4, changed: [], listed: [], unlisted: [], root: false })
            expect(await pageBytes()).toEqual(before)
        })

        // The servers do not differ in what they keep: the others get all kinds of damage at once.
        const cases = name === 'embedded' ? damages : []
        test.each(cases)('%s', async (_name, plant, expected, special) => {
            const before = await pageBytes()
            await plant(bucket)
            const found = await kinds(special === 'deep')
            expect(found).toEqual(expected)
            const planned = await rebuild(new PackageIndex(bucket), { dryRun: true })
            expect(await kinds(special === 'deep'), 'a dry run writes nothing').toEqual(expected)
            const done = await rebuild(new PackageIndex(bucket), {})
            expect(done, 'a dry run shows what will be done').toEqual(planned)
            expect(await kinds(true)).toEqual([])
            expect(await brokenPromises(bucket)).toEqual([])
            if (special !== 'other pages') expect(await pageBytes()).toEqual(before)
        })

        test('all damage at once is found and healed', async () => {
            const titles = [
                'an entry lost by a publisher',
                'index.html edited',
                'a file replaced, its metadata kept',
                '.metadata without its wheel',
                '.yanked without its file',
                '.yanked lost',
                'a list that is none',
                'the list in HTML lost',
            ]
            const plants = damages.filter(([title]) => titles.includes(title))
            expect(plants.length).toBe(titles.length)
            for (const [, plant] of plants) await plant(bucket)
            const expected = ['broken-page', 'orphan', 'stale-page', 'unindexed-file', 'wrong-yank']
            expect(await kinds()).toEqual(expected)
            await rebuild(new PackageIndex(bucket), {})
            expect(await kinds(true)).toEqual([])
            expect(await brokenPromises(bucket)).toEqual([])
        })

        test('the pages are made from the objects alone, with upload times, yanks and hashes', async () => {
            const before = await pageBytes()
            await bucket.delete(Object.keys(before))
            expect(await pageBytes()).toEqual({})
            const requests = bucket.requests
            await rebuild(new PackageIndex(bucket), {})
            expect(await pageBytes()).toEqual(before)
            // No file was downloaded: a HEAD for each, the pages, and the .metadata of one wheel of each project.
            expect(bucket.requests - requests).toBeLessThan(46)
        })

        test('a bucket of the 2018 tool, or filled by hand, becomes a full index', async () => {
            bucket = await newBucket(server)
            const old = [await makeSdist({ ...acme, version: '0.12.1' }), makeWheel({ ...acme, version: '0.13' })]
            const page = '<html><body><a href="acme-0.12.1.tar.gz#md5=0123">acme-0.12.1.tar.gz</a></body></html>'
            for (const { filename, bytes } of old) await write(`acme/${filename}`, bytes)(bucket)
            await write('acme/index.html', page)(bucket)
            expect(await kinds()).toEqual(['missing-page'])
            const report = await rebuild(new PackageIndex(bucket), {})
            expect(report.changed[0]!.added).toEqual(['acme-0.12.1.tar.gz', 'acme-0.13-py3-none-any.whl'])
            expect((await readIndex(bucket)).html.get('acme')).toMatchObject([
                { filename: 'acme-0.13-py3-none-any.whl', requiresPython: '>=3.8', coreMetadata: expect.any(String) },
                { filename: 'acme-0.12.1.tar.gz', requiresPython: '>=3.8', coreMetadata: undefined },
            ])
            expect(await kinds(true)).toEqual([])
            expect(await brokenPromises(bucket)).toEqual([])

            const requests = bucket.requests
            expect((await rebuild(new PackageIndex(bucket), {})).changed).toEqual([])
            expect(bucket.requests - requests, 'what was downloaded once is known').toBeLessThan(14)
        })

        test('publishing into a page of the 2018 tool keeps its files', async () => {
            bucket = await newBucket(server)
            const { filename, bytes } = await makeSdist({ ...acme, version: '0.12.1' })
            await write(`acme/${filename}`, bytes)(bucket)
            await write('acme/index.html', oldPage(filename))(bucket)
            await write('legacy/index.html', oldPage('legacy-1.0.tar.gz'))(bucket)
            await write('index.html', oldPage('acme/', 'legacy/'))(bucket)
            await publish(bucket, [await wheelFile(acme)])
            const seen = await readIndex(bucket)
            expect(seen.json.get('acme')!.map((file) => file.filename)).toEqual([
                'acme-0.12.1.tar.gz',
                'acme-1.0+cu12-py3-none-any.whl',
            ])
            expect(seen.projects).toEqual(['acme', 'legacy'])
        })

        test('objects that are no part of an index are named and left alone', async () => {
            const strange = [
                "acme/a b é 日本 %25 '~!.txt",
                'acme/acme-1.0.egg',
                'acme/acme-not-a-version.tar.gz',
                'acme/other-1.0.tar.gz',
                'acme/sub/acme-1.0.tar.gz',
                'Not_Normal/not_normal-1.0.tar.gz',
                'simple/simple-1.0.tar.gz',
                'stray.txt',
            ]
            for (const key of strange) await write(key, 'x')(bucket)
            const report = await verify(bucket, { deep: true })
            expect(report.problems.map(({ kind, key }) => [kind, key])).toEqual(
                [...strange].sort().map((key) => ['unknown-object', key]),
            )
            expect((await rebuild(new PackageIndex(bucket), {})).unknown).toEqual([...strange].sort())
            for (const key of strange) expect((await bucket.get(key))?.body.toString()).toBe('x')
        })
    })
}
