import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { UserError } from '../../core/user-error.js'
import { readDistribution } from '../../scripts/distribution/read-distribution.js'
import { costlyWheels } from '../support/distributions/costly-wheels.js'
import { makeSdist, makeWheel, writeDistributions, type Distribution } from '../support/distributions/distributions.js'
import { oddWheel, oddWheels } from '../support/distributions/odd-wheels.js'
import { makeZip } from '../support/distributions/zip-archive.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startRecordedUploads, type RecordedUploads } from '../support/uploads/recorded-uploads.js'

let uploads: RecordedUploads
beforeAll(async () => {
    uploads = await startRecordedUploads()
})
beforeEach(() => uploads.forget())
afterAll(() => uploads.stop())

/** What publish-package says about a file: undefined, or why it does not publish it. */
async function published(file: Distribution): Promise<string | undefined> {
    const [path] = await writeDistributions(file)
    return readDistribution(path!).then(
        () => undefined,
        (error: unknown) => {
            if (!(error instanceof UserError)) throw error
            return error.message
        },
    )
}

/** Uploads a file that is refused. @returns why */
async function refused(file: Distribution): Promise<string> {
    const answer = await sendUpload(uploads.index.port, file, { name: 'acme', version: '1.0' })
    expect(answer).toMatchObject({ status: 400 })
    // Nothing was asked of S3, and nothing is kept.
    expect(uploads.seen()).toEqual([])
    return answer.text.split('\n')[0]!
}

/** Faults of the content of members, which only publish-package unpacks. */
const unseen = /damaged|unpacks to/

describe('a wheel has the outcome that it has with publish-package', () => {
    test.each(Object.keys(oddWheels))('%s', async (title) => {
        const file = oddWheel('acme', oddWheels[title]!('acme'))
        const expected = await published(file)
        if (expected !== undefined && !unseen.test(expected)) {
            // A status line is ASCII.
            expect(await refused(file)).toBe(expected.split('\n')[0]!.replace(/[^\x20-\x7e]/g, '?'))
            return
        }
        const answer = await sendUpload(uploads.index.port, file, { name: 'acme', version: '1.0' })
        // All are files of the same name: one of them is there.
        expect(answer.text).toMatch(/^(?:uploaded|present|File already exists)/)
        expect(uploads.seen()).toContainEqual(['HEAD', `acme/${file.filename}`])
    })

    test.each(Object.keys(costlyWheels))('%s', async (title) => {
        const [recipe, reason] = costlyWheels[title]!
        const file = makeWheel({ name: 'acme', version: '1.0', ...recipe() })
        const message = await refused(file)
        expect(message).toMatch(reason)
        const expected = (await published(file))!
        expect(expected).toMatch(reason)
        // Counts differ where the members are more than those of the fault.
        expect(message.slice(0, 200)).toBe(expected.split('\n')[0]!.slice(0, 200))
    })

    test('70,000 members', async () => {
        const members = Array.from({ length: 70_000 }, (_, index) => index.toString(36))
        const bytes = manyMembers(members)
        expect(await refused({ filename: 'acme-1.0-py3-none-any.whl', bytes })).toMatch(/it has 70000 members/)
    })
})

/** An archive of empty members with a zip64 end, as one with more than 65,535 has; `makeZip` is slow for so many. */
function manyMembers(names: string[]): Buffer {
    const [one] = [makeZip([{ name: 'NAME' }], { zip64: true })]
    const list = one.indexOf('PK\x01\x02')
    const end = one.indexOf('PK\x06\x06')
    const local = Buffer.concat(names.map((name) => renamed(one.subarray(0, list), 26, 30, name)))
    const central = Buffer.concat(names.map((name) => renamed(one.subarray(list, end), 28, 46, name)))
    const tail = Buffer.from(one.subarray(end))
    for (const at of [24, 32]) tail.writeBigUInt64LE(BigInt(names.length), at)
    tail.writeBigUInt64LE(BigInt(central.length), 40)
    tail.writeBigUInt64LE(BigInt(local.length), 48)
    tail.writeBigUInt64LE(BigInt(local.length + central.length), 56 + 8)
    return Buffer.concat([local, central, tail])
}

function renamed(header: Buffer, lengthAt: number, nameAt: number, name: string): Buffer {
    const copy = Buffer.concat([header.subarray(0, nameAt), Buffer.from(name), header.subarray(nameAt + 4)])
    copy.writeUInt16LE(name.length, lengthAt)
    return copy
}

const wheel = makeWheel({ name: 'acme', version: '1.0' })
const sdist = await makeSdist({ name: 'acme', version: '1.0' })
const zip = await makeSdist({ name: 'acme', version: '1.0' }, 'zip')
const otherMetadata = (text: string) => makeWheel({ name: 'acme', version: '1.0', metadata: text })

describe('a file is refused', () => {
    test.each<[string, Distribution, RegExp]>([
        ['an sdist that is no gzip', { ...sdist, bytes: Buffer.from('x'.repeat(100)) }, /is not gzip/],
        ['an sdist that is a zip', { ...sdist, bytes: zip.bytes }, /is not gzip/],
        ['an sdist of one byte', { ...sdist, bytes: Buffer.from([0x1f]) }, /is not gzip/],
        ['a wheel that is a tarball', { ...wheel, bytes: sdist.bytes }, /has no end record/],
        ['half a wheel', { ...wheel, bytes: wheel.bytes.subarray(0, wheel.bytes.length / 2) }, /has no end record/],
        ['a wheel without its beginning', { ...wheel, bytes: wheel.bytes.subarray(10) }, /central directory/],
        ['an empty wheel', { ...wheel, bytes: Buffer.alloc(0) }, /the file is empty/],
        ['an empty archive', { ...wheel, bytes: makeZip([]) }, /has no NAME-VERSION.dist-info/],
        ['NULs', { ...wheel, bytes: Buffer.alloc(1000) }, /NUL bytes/],
        ['a zipped sdist without a project', { ...zip, bytes: makeZip([{ name: 'a/b' }]) }, /has no NAME-VERSION/],
        ['an egg', { filename: 'acme-1.0-py3.egg', bytes: wheel.bytes }, /neither a wheel nor an sdist/],
        ['an installer', { filename: 'acme-1.0.exe', bytes: wheel.bytes }, /neither a wheel nor an sdist/],
        ['a tar.bz2', { filename: 'acme-1.0.tar.bz2', bytes: sdist.bytes }, /neither a wheel nor an sdist/],
        [
            'METADATA of another project',
            otherMetadata('Metadata-Version: 2.1\nName: other\nVersion: 1.0\n'),
            /does not match its metadata: other 1.0/,
        ],
        [
            'METADATA of another version',
            otherMetadata('Metadata-Version: 2.1\nName: acme\nVersion: 2.0\n'),
            /does not match its metadata: acme 2.0/,
        ],
        [
            'METADATA outside of .dist-info only',
            makeWheel({
                name: 'acme',
                version: '1.0',
                members: { 'acme-1.0.dist-info/METADATA': null, METADATA: 'Name: acme\nVersion: 1.0\n' },
            }),
            /has no acme-1.0.dist-info\/METADATA/,
        ],
    ])('%s', async (_title, file, reason) => {
        expect(await refused(file)).toMatch(reason)
    })
})

test.each<[string, Record<string, string>]>([
    ['names of JavaScript', { __proto__: 'x', 'constructor/prototype': 'x', toString: 'x', hasOwnProperty: 'x' }],
    ['METADATA elsewhere as well', { METADATA: 'Name: other\nVersion: 9\n', 'acme/METADATA': 'x' }],
])('a wheel is taken: %s', async (title, members) => {
    const version = title.startsWith('names') ? '3.0' : '4.0'
    const file = makeWheel({ name: 'acme', version, members: { ...members, ['__proto__']: 'x' } })
    expect(await published(file)).toBeUndefined()
    expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
})

test('a gzip that is cut off is stored, as the documentation says: njs cannot unpack it', async () => {
    const file = await makeSdist({ name: 'acme', version: '5.0' })
    const half = { ...file, bytes: file.bytes.subarray(0, file.bytes.length / 2) }
    expect(await published(half)).toMatch(/not a whole .tar.gz archive/)
    expect(await sendUpload(uploads.index.port, half)).toMatchObject({ status: 200 })
})
