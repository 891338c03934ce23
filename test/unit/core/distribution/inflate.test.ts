import { constants, crc32 as zlibCrc32, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { crc32 } from '../../../../core/distribution/crc32.js'
import { gzipContent, gzipMember } from '../../../../core/distribution/gzip.js'
import { inflateRaw } from '../../../../core/distribution/inflate.js'
import { seededRandom } from '../../../support/random/seeded-random.js'
import { countingEngine } from '../upload/bytes.js'

const inflated = async (bytes: Uint8Array, size: number) => {
    const engine = countingEngine()
    const output = await inflateRaw(bytes, size, engine, (reason) => new Error(reason))
    expect(engine.allocated).toBe(size)
    return { output, pauses: engine.pauses }
}

const random = seededRandom(17)
const bytes = (length: number, limit: number) => Buffer.from(Array.from({ length }, () => random.below(limit)))
const samples: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['one byte repeated', Buffer.alloc(100_000, 'x')],
    ['text', Buffer.from('Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n'.repeat(500))],
    ['random bytes', bytes(70_000, 256)],
    ['few values', bytes(70_000, 3)],
    [
        'distant repetitions',
        Buffer.concat([bytes(32_000, 256), Buffer.from('seam'), bytes(700, 2)].flatMap((part) => [part, part])),
    ],
]
const strategies = ['Z_DEFAULT_STRATEGY', 'Z_FILTERED', 'Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const

test.each(samples)('%s is inflated as zlib does, at every level and with every strategy', async (_name, sample) => {
    for (const strategy of strategies) {
        for (const level of [0, 1, 6, 9]) {
            const deflated = deflateRawSync(sample, { level, strategy: constants[strategy] })
            expect(sample.equals((await inflated(deflated, sample.length)).output)).toBe(true)
        }
    }
})

test('long work is done in slices, with pauses between', async () => {
    const sample = bytes(1024 * 1024, 16)
    expect((await inflated(deflateRawSync(sample), sample.length)).pauses).toBeGreaterThan(50)
})

/** Blocks with the fixed code and no content, 10 bits each. */
function emptyBlocks(count: number): Buffer {
    const result = Buffer.alloc(Math.ceil((count * 10) / 8))
    const set = (bit: number) => (result[bit >> 3]! |= 1 << (bit & 7))
    for (let block = 0; block < count; block++) set(10 * block + 1)
    set(10 * (count - 1))
    return result
}

test('blocks without content are long work, too', async () => {
    expect(inflateRawSync(emptyBlocks(1000))).toHaveLength(0)
    expect((await inflated(emptyBlocks(1), 0)).pauses).toBe(0)
    expect((await inflated(emptyBlocks(100_000), 0)).pauses).toBeGreaterThan(1000)
})

test('a bomb takes no more memory than the archive says', async () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
    await expect(inflated(bomb, 1000)).rejects.toThrow('unpacks to more than it says')
    await expect(inflated(bomb.subarray(0, 100), 1000)).rejects.toThrow('unpacks to more than it says')
})

test('less than the archive says is refused, as is what is cut off', async () => {
    const [, text] = samples[3]!
    const deflated = deflateRawSync(text)
    await expect(inflated(deflated, text.length + 1)).rejects.toThrow('unpacks to less than it says')
    for (let length = 0; length < deflated.length; length++) {
        await expect(inflated(deflated.subarray(0, length), text.length)).rejects.toThrow('invalid deflate data')
    }
})

test('damaged data has the outcome that it has with zlib', async () => {
    const text = samples[3]![1].subarray(0, 400)
    for (const strategy of strategies) {
        const deflated = deflateRawSync(text, { strategy: constants[strategy] })
        for (let round = 0; round < 150; round++) {
            const damaged = Buffer.from(deflated)
            for (let count = random.below(3); count >= 0; count--)
                damaged[random.below(damaged.length)] = random.below(256)
            const expected = await Promise.resolve(damaged)
                .then((data) => inflateRawSync(data, { maxOutputLength: 100_000 }))
                .catch(() => undefined)
            const found = await inflated(damaged, expected?.length ?? text.length).catch(() => undefined)
            if (expected === undefined && found === undefined) continue
            expect(found?.output).toEqual(expected)
        }
    }
})

test.each(samples)('the CRC-32 of %s', async (_name, sample) => {
    const engine = countingEngine()
    if (typeof zlibCrc32 === 'function') expect(await crc32(sample, engine)).toBe(zlibCrc32(sample))
    expect(await crc32(Buffer.from('123456789'), engine)).toBe(0xcbf43926)
})

test.each(samples)('gzip of %s is what zlib reads and writes', async (_name, sample) => {
    const member = await gzipMember(sample, deflateRawSync(sample), countingEngine())
    expect(gunzipSync(member).equals(sample)).toBe(true)
    const content = gzipContent(gzipSync(sample))!
    expect(content.size).toBe(sample.length)
    expect(inflateRawSync(content.deflated).equals(sample)).toBe(true)
})

test.each([
    ['nothing', Buffer.alloc(0)],
    ['a page that is not compressed', Buffer.from('{"meta":{"api-version":"1.4"}}')],
    ['a cut one', gzipSync('x').subarray(0, 15)],
    ['one with a name', Buffer.from([0x1f, 0x8b, 8, 8, ...Buffer.alloc(30)])],
])('gzip is not read: %s', (_name, bytes) => {
    expect(gzipContent(bytes)).toBeUndefined()
})
