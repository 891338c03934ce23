import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { smallWheel, writeWheel } from '../../../bench/wheels.js'
import { readDistribution } from '../../../scripts/distribution/read-distribution.js'

test('the publisher reads a small wheel, and the same words give the same bytes', async () => {
    const wheel = await smallWheel('a-project', '1.2', ['other-project>=1.1'])
    const folder = await mkdtemp(path.join(tmpdir(), 'wheels-'))
    try {
        const file = path.join(folder, wheel.filename)
        await writeFile(file, wheel.bytes)
        const { project, version } = await readDistribution(file)
        expect({ project, version }).toEqual({ project: 'a-project', version: '1.2' })
    } finally {
        await rm(folder, { recursive: true })
    }
    expect(wheel.metadata.toString()).toContain('\nRequires-Dist: other-project>=1.1\n')
    expect((await smallWheel('a-project', '1.2', ['other-project>=1.1'])).bytes).toEqual(wheel.bytes)
})

test('the publisher reads a wheel of a given size', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheels-'))
    try {
        const file = await writeWheel(folder, 'large', '1.0', 3_000_000)
        expect(await readDistribution(file)).toMatchObject({ project: 'large', version: '1.0' })
        expect((await stat(file)).size).toBeGreaterThan(3_000_000)
    } finally {
        await rm(folder, { recursive: true })
    }
})
