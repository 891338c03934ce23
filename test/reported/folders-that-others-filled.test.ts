// Report: review of November 2026 (L3, L4, L11, L13). Publishing into a folder without index.json listed the new file only:
// what `aws s3 cp`, s3pypi (its page is at the key PROJECT/) or a hand-made page had put there was gone for installers,
// exit status 0. `verify` advised to delete it. A yank on a hand-made page was lost by `rebuild`.
// Right: whatever is there and installers take stays installable, and what a page of before says of it stays said.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { rebuild } from '../../scripts/index/repair/rebuild.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { filesOf, readIndex } from '../support/index/pages.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { makeSdist, makeWheel, wheelFile } from '../support/distributions/distributions.js'

const plain = { contentType: 'text/plain', cacheControl: 'no-cache' }
let s3: S3Server
let old: Buffer
let sdist: Buffer
beforeAll(async () => {
    s3 = await startS3('embedded')
    old = makeWheel({ name: 'acme', version: '1.0' }).bytes
    sdist = (await makeSdist({ name: 'acme', version: '0.9' })).bytes
})
afterAll(() => s3.close())

const oldWheel = 'acme-1.0-py3-none-any.whl'
const newWheel = 'acme-2.0-py3-none-any.whl'
const older = ['acme-0.1.tar.bz2', 'acme-0.2.tar.xz', 'acme-0.3.tgz', 'acme-0.4.tbz', 'acme-0.5.tar', 'acme-0.6.zip']
const page = (name: string, attributes = '') => `<html><body><a href="${name}" ${attributes}>${name}</a></body></html>`

const cases: [name: string, objects: Record<string, string | Buffer>, files: string[]][] = [
    ['aws s3 cp', { [`acme/${oldWheel}`]: 'wheel' }, [oldWheel]],
    ['s3pypi', { 'acme/': page(oldWheel), [`acme/${oldWheel}`]: 'wheel', 'index.html': page('acme/') }, [oldWheel]],
    ['a page by hand', { 'acme/index.html': page(oldWheel), [`acme/${oldWheel}`]: 'wheel' }, [oldWheel]],
    [
        'older archives that a page by hand links',
        {
            'acme/index.html': older.map((name) => page(name)).join(''),
            ...Object.fromEntries(older.map((name) => [`acme/${name}`, 'sdist'])),
        },
        older,
    ],
    ['a folder of a console', { 'acme/': '', [`acme/${oldWheel}`]: 'wheel' }, [oldWheel]],
    [
        'index.json of another tool',
        {
            'acme/index.json': JSON.stringify({
                name: 'acme',
                files: [{ filename: oldWheel, url: oldWheel, hashes: {} }],
            }),
            [`acme/${oldWheel}`]: 'wheel',
        },
        [oldWheel],
    ],
]

async function bucketWith(objects: Record<string, string | Buffer>): Promise<Bucket> {
    const bucket = await newBucket(s3)
    for (const [key, body] of Object.entries(objects)) {
        await bucket.write(key, body === 'wheel' ? old : body === 'sdist' ? sdist : Buffer.from(body as string), plain)
    }
    return bucket
}

test.each(cases)('%s: a publish keeps what is there', async (name, objects, files) => {
    const bucket = await bucketWith({ ...objects, 'other/other-1.0.tar.gz': 'sdist', 'third/': page('x.whl') })
    const release = [await wheelFile({ name: 'acme', version: '2.0' })]
    if (name === 'index.json of another tool') {
        // Nothing is lost: it is said what to do, and that does it.
        await expect(publish(bucket, release)).rejects.toThrow('is not the page of a project')
        await rebuild(new PackageIndex(bucket), {})
    }
    await publish(bucket, release)
    expect(await filesOf(bucket, 'acme')).toEqual([...files, newWheel].sort())
    expect((await readIndex(bucket)).projects).toEqual(expect.arrayContaining(['acme', 'other']))
    // The twin: what is gone is not on it.
    await bucket.delete([`acme/${files[0]}`])
    await rebuild(new PackageIndex(bucket), {})
    expect(await filesOf(bucket, 'acme')).toEqual([...files.slice(1), newWheel].sort())
})

test('verify has nothing to say of folder markers, of s3pypi, or of what lies beside a file', async () => {
    const bucket = await bucketWith({
        'acme/': '',
        'empty/': '',
        's3pypi/': page('s3pypi-1.0.tar.gz'),
        's3pypi/s3pypi-1.0.tar.gz': 'sdist',
        [`acme/${oldWheel}`]: 'wheel',
        [`acme/${oldWheel}.asc`]: 'signature',
        [`acme/${oldWheel}.provenance`]: '{}',
        'acme/SHA256SUMS': 'sums',
    })
    await rebuild(new PackageIndex(bucket), {})
    expect((await verify(bucket, { deep: false })).problems).toEqual([])
    // The twin: a file that came without its page is said, and so is what nobody knows.
    await bucket.write('acme/acme-3.0.tar.gz', sdist, plain)
    await bucket.write('acme/notes.txt', Buffer.from('x'), plain)
    const kinds = (await verify(bucket, { deep: false })).problems.map(({ kind, key }) => `${kind} ${key}`)
    expect(kinds).toEqual(['unindexed-file acme/acme-3.0.tar.gz', 'unknown-object acme/notes.txt'])
})

test.each([
    ['a reason', page(oldWheel, 'data-yanked="broken"'), { yanked: 'broken' }],
    ['no reason', page(oldWheel, 'data-yanked'), { yanked: '' }],
    [
        'an absolute link with a hash',
        page(`https://pypi.example.com/acme/${oldWheel}#sha256=00`, 'data-yanked="x"'),
        { yanked: 'x' },
    ],
    ['entities', page(oldWheel, 'data-yanked="a &lt; b &amp; c"'), { yanked: 'a < b & c' }],
    ['capitals', page(oldWheel, 'DATA-YANKED="x"').replace('<a', '<A'), { yanked: 'x' }],
    ['nothing', page(oldWheel), { yanked: undefined, requiresPython: undefined }],
])('a page by hand with %s: rebuild and publish keep it', async (_name, html, expected) => {
    for (const key of ['acme/index.html', 'acme/']) {
        const bucket = await bucketWith({ [key]: html, [`acme/${oldWheel}`]: 'wheel' })
        await publish(bucket, [await wheelFile({ name: 'acme', version: '2.0' })])
        const again = await bucketWith({ [key]: html, [`acme/${oldWheel}`]: 'wheel' })
        await rebuild(new PackageIndex(again), {})
        await rebuild(new PackageIndex(again), { deep: true })
        for (const each of [bucket, again]) {
            const [file] = (await readIndex(each)).json.get('acme')!
            expect(file).toMatchObject({ filename: oldWheel, ...expected })
        }
    }
})

test('Requires-Python of a page by hand stays where the file says none, and is said to be wrong where it does', async () => {
    const broken = 'acme-0.1.tar.gz'
    const attribute = 'data-requires-python="&gt;=3.8"'
    const bucket = await bucketWith({
        'acme/index.html': page(broken, attribute) + page(oldWheel, attribute),
        [`acme/${broken}`]: 'no archive',
        [`acme/${oldWheel}`]: 'wheel',
    })
    const said: string[] = []
    for (const deep of [false, true]) {
        await rebuild(new PackageIndex(bucket), { deep, warn: (message) => said.push(message) })
        const files = (await readIndex(bucket)).json.get('acme')!
        expect(files.map(({ requiresPython }) => requiresPython)).toEqual(['>=3.8', undefined])
    }
    expect(said.join()).toContain(`acme/${oldWheel}: the page says Requires-Python >=3.8, the file none`)
})

test('what a page of before links and the folder has not is said', async () => {
    const bucket = await bucketWith({
        'acme/index.html': page('acme-0.1.egg') + page('https://files.example.com/acme-0.2.tar.gz') + page(oldWheel),
        [`acme/${oldWheel}`]: 'wheel',
    })
    const said: string[] = []
    await rebuild(new PackageIndex(bucket), { warn: (message) => said.push(message) })
    expect(said).toHaveLength(2)
    expect(said.join()).toMatch(/acme-0\.1\.egg.*acme-0\.2\.tar\.gz/)
    expect(said.join()).not.toContain(oldWheel)
})
