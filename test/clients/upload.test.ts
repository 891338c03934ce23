import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeSdist, makeWheel } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { missingFor, systemPython } from '../support/python/python-clients.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startFaultProxy, type FaultProxy } from '../support/upstreams/fault-proxy.js'
import { reader, readingTools, runUploadTool, uploadTools, type UploadTool } from './upload-tools.js'

let uploads: UploadIndex
beforeAll(async () => {
    uploads = await startUploadIndex({ cached: true })
})
afterAll(() => uploads.stop())

describe.each(uploadTools)('$name', (tool) => {
    const missing = tool.missing ?? missingFor(tool.requirements)
    const name = projectOf(tool)

    test.skipIf(missing !== undefined)(
        'publishes a wheel and an sdist, which pip installs at once; again is a success',
        { timeout: 600_000 },
        async () => {
            const tag = tool.builds ? 'py3-none-any' : 'py2.py3-none-any'
            const formats = tool.builds ?? ['wheel', 'sdist']
            const made = [makeWheel({ name, version: '1.0', tag }), await makeSdist({ name, version: '1.0' })].filter(
                ({ filename }) => formats.includes(filename.endsWith('.whl') ? 'wheel' : 'sdist'),
            )
            const dist = tool.builds ? [] : made
            await publishWith(tool, name, dist)
            const names = made.map(({ filename }) => storedName(tool, name, filename)).sort()
            expect(
                (await uploads.keys()).filter((key) => /\.(?:whl|tar\.gz)$/.test(key) && key.startsWith(name)),
            ).toEqual(names.map((filename) => `${name}/${filename}`))
            // pip would build an sdist that flit has made, with a backend from PyPI.
            const wanted = formats.map((format) => (format === 'wheel' ? '--only-binary' : '--no-binary'))
            for (const format of tool.name.startsWith('flit') ? ['--only-binary'] : wanted) {
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

describe.each(uploadTools.filter(({ builds }) => !builds))('$name', (tool) => {
    test.skipIf(missingFor(tool.requirements) !== undefined)(
        'sends a file once that S3 refuses nginx to write, and shows it',
        { timeout: 600_000 },
        async () => {
            let proxy: FaultProxy
            const refusing = await startUploadIndex(
                {},
                {
                    endpoint: async (s3) => {
                        const denied = { status: 403, code: 'AccessDenied' }
                        proxy = await startFaultProxy(s3.endpoint, ({ method }) => (method === 'PUT' ? denied : 'pass'))
                        return proxy.endpoint
                    },
                },
            )
            const file = makeWheel({ name: 'acme', version: '1.0' })
            const said = await runUploadTool(tool, refusing.index.url, 'acme', [file]).catch(
                (error: Error & { stdout?: string; stderr?: string }) => [error.stdout, error.stderr].join(''),
            )
            expect(said.replace(/\s+/g, ' ')).toMatch(/The index cannot store uploads|424/)
            expect(proxy!.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
            await refusing.stop()
            await proxy!.close()
        },
    )
})

describe('an index whose readers need a password', () => {
    let restricted: UploadIndex
    beforeAll(async () => {
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const htpasswd = path.join(folder, 'readers')
        await writeFile(htpasswd, `${reader.user}:{PLAIN}${reader.password}\n`)
        restricted = await startUploadIndex({ htpasswd })
    })
    afterAll(() => restricted.stop())

    // uv reads with --check-url.
    const others = uploadTools.filter(({ name, builds }) => !builds && !name.startsWith('uv '))
    test.each([...readingTools, ...others])('$name', { timeout: 600_000 }, async (tool) => {
        const missing = missingFor(tool.requirements)
        if (missing !== undefined) return expect(process.env['CI'], missing).not.toBe('true')
        const name = projectOf(tool)
        const wheel = makeWheel({ name, version: '1.0' })
        const publish = (with_: UploadTool) => runUploadTool(with_, restricted.index.url, name, [wheel])
        await publish(tool)
        expect(await restricted.keys()).toContain(`${name}/${wheel.filename}`)
        const again = await publish(tool)
        if (!tool.reads) return
        expect(again).toContain('already exists')
        const withoutPassword = { ...tool, section: tool.sections?.[0] ?? 'uv', sections: [] }
        expect(await publish(withoutPassword)).not.toContain('already exists')
    })
})

/** distutils does not normalise the name. @see PEP 625 */
function storedName(tool: UploadTool, name: string, filename: string): string {
    return tool.name === 'distutils' ? `${name}-1.0.tar.gz` : filename
}

/** A project for its uploads only. */
function projectOf(tool: UploadTool): string {
    return `acme-${tool.name.toLowerCase().replace(/\W+/g, '-')}`
}

function publishWith(tool: UploadTool, name: string, dist: { filename: string; bytes: Buffer }[]): Promise<string> {
    return runUploadTool(tool, uploads.index.url, name, dist)
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
