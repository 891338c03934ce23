/**
 * Reported: a wheel of 700,000 members took 39 s and 590 MB before anything was said. Source: review of November 2026 (S16).
 * Right: what an archive claims and what it unpacks to is bounded, and looked at before it costs anything.
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { readDistribution } from '../../scripts/distribution/read-distribution.js'
import { oddWheel } from '../support/distributions/odd-wheels.js'
import { writeDistributions } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

/** A zip archive of empty members, more than `makeZip` makes in a reasonable time. */
function manyMembers(count: number): Buffer {
    const name = (n: number) => `m${String(n).padStart(9, '0')}`
    const local = Buffer.alloc(40 * count)
    const central = Buffer.alloc(56 * count)
    for (let n = 0; n < count; n++) {
        local.writeUInt32LE(0x04034b50, 40 * n)
        local.writeUInt16LE(10, 40 * n + 26)
        local.write(name(n), 40 * n + 30)
        central.writeUInt32LE(0x02014b50, 56 * n)
        central.writeUInt16LE(10, 56 * n + 28)
        central.writeUInt32LE(40 * n, 56 * n + 42)
        central.write(name(n), 56 * n + 46)
    }
    const end = Buffer.alloc(56 + 20 + 22)
    end.writeUInt32LE(0x06064b50, 0)
    end.writeBigUInt64LE(44n, 4)
    for (const [position, value] of [count, count, central.length, local.length].entries()) {
        end.writeBigUInt64LE(BigInt(value), 24 + 8 * position)
    }
    end.writeUInt32LE(0x07064b50, 56)
    end.writeBigUInt64LE(BigInt(local.length + central.length), 64)
    end.writeUInt32LE(1, 72)
    end.writeUInt32LE(0x06054b50, 76)
    end.fill(0xff, 84, 96)
    return Buffer.concat([local, central, end])
}

test.each([
    [700_000, 'it has 700000 members', 1000],
    [100_001, 'it has 100001 members', 1000],
    [100_000, 'it has no NAME-VERSION.dist-info/METADATA', 20_000],
])('a wheel of %d members', async (count, message, milliseconds) => {
    const [path] = await writeDistributions({ filename: 'acme-1.0-py3-none-any.whl', bytes: manyMembers(count) })
    const started = performance.now()
    const memory = process.memoryUsage.rss()
    await expect(readDistribution(path!)).rejects.toThrow(message)
    expect(performance.now() - started).toBeLessThan(milliseconds)
    expect(process.memoryUsage.rss() - memory).toBeLessThan(250 * 1024 * 1024)
})

test.each([
    ['a member that claims 4 GB', { size: 0xfffffffe, method: 8 }],
    ['a member that unpacks to more than it says', { size: 10, method: 8, data: Buffer.alloc(3_000_000) }],
])('a wheel with %s', async (_name, change) => {
    const made = oddWheel('acme', { edit: (members) => [{ name: 'bomb', data: 'x', ...change }, ...members] })
    const [path] = await writeDistributions(made)
    const started = performance.now()
    await expect(readDistribution(path!)).rejects.toThrow(/unpacks to/)
    expect(performance.now() - started).toBeLessThan(1000)
})

test('a wheel that unpacks to a thousand times its size is not unpacked', async () => {
    const zeros = Buffer.alloc(100_000_000)
    const made = oddWheel('acme', { edit: (members) => [{ name: 'zeros', data: zeros, method: 8 }, ...members] })
    const [path] = await writeDistributions(made)
    await expect(readDistribution(path!)).rejects.toThrow(/unpacks to \d+ times its size, as decompression bombs do/)
    // PyPI would refuse it, pip and uv install it.
    expect((await readDistribution(path!, { acceptUnusual: true })).project).toBe('acme')
})

/** An sdist that begins with PKG-INFO and a file of zeros, which is never written at once. */
async function sdistOfZeros(gibibytes: number): Promise<string> {
    const archive = pack()
    archive.entry({ name: 'acme-1.0/PKG-INFO' }, 'Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n')
    const size = gibibytes * 1024 ** 3
    archive.entry({ name: 'acme-1.0/zeros', size: 0 }, '')
    archive.finalize()
    const head = (await buffer(archive)).subarray(0, -1024)
    // The last header claims the zeros that follow.
    const header = head.subarray(head.length - 512)
    header.write(size.toString(8).padStart(11, '0'), 124)
    header.fill(0x20, 148, 156)
    header.write(
        header
            .reduce((sum, byte) => sum + byte, 0)
            .toString(8)
            .padStart(6, '0') + '\0 ',
        148,
    )
    const path = join(await temporaryFolder(), 'acme-1.0.tar.gz')
    const file = createWriteStream(path)
    file.write(gzipSync(head))
    const piece = gzipSync(Buffer.alloc(64 * 1024 ** 2))
    for (let n = 0; n < gibibytes * 16; n++) file.write(piece)
    file.end(gzipSync(Buffer.alloc(1024)))
    await finished(file)
    return path
}

test('an sdist that unpacks to gigabytes of zeros', async () => {
    const path = await sdistOfZeros(7)
    const started = performance.now()
    await expect(readDistribution(path)).rejects.toThrow(/unpacks to more than \d+ bytes, as decompression bombs do/)
    expect(performance.now() - started).toBeLessThan(20_000)
})

test('the twin: one that unpacks to less than a large sdist does is read', async () => {
    expect((await readDistribution(await sdistOfZeros(1 / 16))).project).toBe('acme')
})

test('an sdist of very many members', async () => {
    const block = Buffer.from(await buffer(packOf('acme-1.0/empty'))).subarray(0, 512)
    const head = Buffer.from(await buffer(packOf('acme-1.0/first'))).subarray(0, 512)
    const bytes = gzipSync(Buffer.concat([head, ...Array<Buffer>(300_000).fill(block), Buffer.alloc(1024)]))
    const [path] = await writeDistributions({ filename: 'acme-1.0.tar.gz', bytes })
    await expect(readDistribution(path!)).rejects.toThrow('it has more than 100000 members')
})

function packOf(name: string) {
    const archive = pack()
    archive.entry({ name }, '')
    archive.finalize()
    return archive
}
