import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeSdist, makeWheel } from '../support/distributions/distributions.js'
import { missingFor, systemPython } from '../support/python/python-clients.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { runUploadTool, uploadTools, type UploadTool } from './upload-tools.js'

let uploads: UploadIndex
beforeAll(async () => {
    uploads = await startUploadIndex({ cached: true })
})
afterAll(() => uploads.stop())

describe.each(uploadTools)('$name', (tool) => {
    const missing = missingFor(tool.requirements)
    const name = `acme-${tool.name.replace(/\W+/g, '-')}`

    test.skipIf(missing !== undefined)(
        'publishes a wheel and an sdist, which pip installs at once; again is a success',
        { timeout: 600_000 },
        async () => {
            const tag = tool.builds ? 'py3-none-any' : 'py2.py3-none-any'
            const made = [makeWheel({ name, version: '1.0', tag }), await makeSdist({ name, version: '1.0' })]
            const dist = tool.builds ? [] : made
            await publishWith(tool, name, dist)
            const names = made.map(({ filename }) => filename).sort()
            expect(
                (await uploads.keys()).filter((key) => /\.(?:whl|tar\.gz)$/.test(key) && key.startsWith(name)),
            ).toEqual(names.map((filename) => `${name}/${filename}`))
            // pip would build an sdist that flit has made, with a backend from PyPI.
            for (const format of tool.builds ? ['--only-binary'] : ['--only-binary', '--no-binary']) {
                expect(await download(name, format)).toHaveLength(1)
            }
            for (const { filename, bytes } of dist) {
                const answer = await fetch(`${uploads.index.url}/simple/${name}/${filename}`)
                const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')
                expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(bytes))
            }
            expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
            if (!tool.builds) await publishWith(tool, name, dist)
        },
    )

    test.skipIf(missing !== undefined || tool.builds)('shows why a file is refused', { timeout: 600_000 }, async () => {
        const first = makeWheel({ name: `${name}-x`, version: '1.0' })
        const second = makeWheel({ name: `${name}-x`, version: '1.0', summary: 'another build' })
        await publishWith(tool, `${name}-x`, [first])
        const said = await publishWith(tool, `${name}-x`, [second]).catch(
            (error: Error & { stdout?: string; stderr?: string }) => [error.stdout, error.stderr].join(''),
        )
        expect(said.replace(/\s+/g, ' ').trim()).toMatch(tool.shows ?? /File already exists/)
    })
})

function publishWith(tool: UploadTool, name: string, dist: { filename: string; bytes: Buffer }[]): Promise<string> {
    return runUploadTool(tool, `${uploads.index.url}/legacy/`, name, dist)
}

/** What pip downloads. */
async function download(name: string, format: string): Promise<string[]> {
    const folder = await mkdtemp(path.join(tmpdir(), 'download-'))
    const words = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-build-isolation', format, ':all:']
    const target = ['--dest', folder, '--index-url', `${uploads.index.url}/simple/`, `${name}==1.0`]
    const environment = { PATH: '/usr/bin:/bin', HOME: folder, PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1' }
    await promisify(execFile)(systemPython, [...words, ...target], { env: environment })
    return readdir(folder)
}
