import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partOf } from '../../../../core/byte-source.js'
import { checkUpload } from '../../../../core/upload/check-upload.js'
import { readClaim } from '../../../../core/upload/claim.js'
import { UserError } from '../../../../core/user-error.js'
import { readDistribution } from '../../../../scripts/distribution/read-distribution.js'
import { makeSdist, makeWheel, type Distribution } from '../../../support/distributions/distributions.js'
import { oddWheel, oddWheels } from '../../../support/distributions/odd-wheels.js'
import { temporaryFolder } from '../../../support/machine/temporary-folder.js'
import { countingEngine, sourceOf } from './bytes.js'

/** An upload of a file that lies in a larger body. */
async function check({ filename, bytes }: Distribution, fields: Record<string, string> = {}) {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const claim = readClaim({
        fields: new Map(
            Object.entries({
                ':action': 'file_upload',
                name: 'acme',
                version: '1.0',
                sha256_digest: sha256,
                ...fields,
            }),
        ),
        file: { filename, offset: 3, size: bytes.length },
    })
    const body = sourceOf(Buffer.concat([Buffer.from('...'), bytes, Buffer.from('...')]))
    const engine = countingEngine()
    const checked = await checkUpload(claim, partOf(body, claim.file.offset, claim.file.size), engine)
    return { ...checked, engine }
}

/** The outcome for publish-package: undefined, or the message of the refusal. */
async function published({ filename, bytes }: Distribution): Promise<string | undefined> {
    const path = join(await temporaryFolder(), filename)
    await writeFile(path, bytes)
    return readDistribution(path).then(() => undefined, messageOf)
}

function messageOf(error: unknown): string {
    if (!(error instanceof UserError)) throw error
    return error.message
}

test('a wheel is checked, and its METADATA returned', async () => {
    const wheel = makeWheel({ name: 'acme', version: '1.0', requiresPython: '>=3.9' })
    const { requiresPython, metadata } = await check(wheel)
    expect(requiresPython).toBe('>=3.9')
    expect(Buffer.from(metadata!).toString()).toContain('Name: acme\nVersion: 1.0\n')
})

test('the Requires-Python of a wheel is that of the file, not of the form', async () => {
    expect(
        (await check(makeWheel({ name: 'acme', version: '1.0' }), { requires_python: '>=3.9' })).requiresPython,
    ).toBe(undefined)
})

test('of an sdist in tar.gz the form is believed, of one in zip its PKG-INFO', async () => {
    const recipe = { name: 'acme', version: '1.0', requiresPython: '>=3.9' }
    const [tar, zip] = [await makeSdist(recipe, 'tar.gz'), await makeSdist(recipe, 'zip')]
    expect(await check(tar, { requires_python: '>=3.10' })).toMatchObject({
        requiresPython: '>=3.10',
        metadata: undefined,
    })
    expect(await check(zip, { requires_python: '>=3.10' })).toMatchObject({
        requiresPython: '>=3.9',
        metadata: undefined,
    })
    const text = { ...tar, bytes: Buffer.from('this is not an archive at all') }
    await expect(check(text)).rejects.toThrow('acme-1.0.tar.gz: it is not a whole .tar.gz archive: it is not gzip')
    await expect(check({ ...tar, bytes: tar.bytes.subarray(0, 5) })).rejects.toThrow('it is not gzip')
})

test.each([
    [
        'another project',
        { metadata: 'Metadata-Version: 2.1\nName: other\nVersion: 1.0\n' },
        'does not match its metadata',
    ],
    [
        'another version',
        { metadata: 'Metadata-Version: 2.1\nName: acme\nVersion: 1.1\n' },
        'does not match its metadata',
    ],
    ['no METADATA', { members: { 'acme-1.0.dist-info/METADATA': null } }, 'it has no acme-1.0.dist-info/METADATA'],
    ['no WHEEL', { members: { 'acme-1.0.dist-info/WHEEL': null } }, 'it has no acme-1.0.dist-info/WHEEL'],
    [
        'a large METADATA',
        { metadata: `Name: acme\nVersion: 1.0\n\n${'x'.repeat(9_000_000)}` },
        'too large for metadata',
    ],
    ['a bomb', { members: { bomb: Buffer.alloc(80_000_000) } }, 'as decompression bombs do'],
])('a wheel is refused: %s', async (_name, fault, message) => {
    const wheel = makeWheel({ name: 'acme', version: '1.0', ...fault })
    await expect(check(wheel)).rejects.toThrow(message)
    expect(await published(wheel)).toContain(message)
})

/** Faults of the content of members, which only publish-package unpacks. */
const unseen = /damaged: its checksum|unpacks to|is damaged/

test.each(Object.keys(oddWheels))('a wheel has the outcome that it has with publish-package: %s', async (name) => {
    const wheel = oddWheel('acme', oddWheels[name]!('acme'))
    const [expected, found] = [await published(wheel), await check(wheel).then(() => undefined, messageOf)]
    if (expected === undefined || !unseen.test(expected)) expect(found).toBe(expected)
})

test('700,000 members are refused before the list is read', async () => {
    const { filename, bytes } = makeWheel({ name: 'acme', version: '1.0' })
    const end = bytes.lastIndexOf('PK\x05\x06')
    bytes.writeUInt16LE(60_000, end + 10)
    await expect(check({ filename, bytes })).rejects.toThrow('it has 60000 members')
})

test('a wheel of 2,000 members is read in slices', async () => {
    const members = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`acme/${index}.py`, 'x']))
    const { engine } = await check(makeWheel({ name: 'acme', version: '1.0', members }))
    expect(engine.pauses).toBeGreaterThan(40)
})

test('members in another order than their list are read', async () => {
    const members = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`acme/${index}.py`, 'x']))
    const wheel = makeWheel({ name: 'acme', version: '1.0', members })
    const start = wheel.bytes.readUInt32LE(wheel.bytes.lastIndexOf('PK\x05\x06') + 16)
    const list = wheel.bytes.subarray(start, wheel.bytes.lastIndexOf('PK\x05\x06'))
    const records: Buffer[] = []
    for (let at = 0; at < list.length;) {
        const size = 46 + list.readUInt16LE(at + 28) + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32)
        records.push(Buffer.from(list.subarray(at, at + size)))
        at += size
    }
    Buffer.concat(records.reverse()).copy(list)
    expect(await published(wheel)).toBeUndefined()
    await check(wheel)
})
