import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { yank } from '../../scripts/manage/yank.js'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { makeSdist, makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { pageText } from '../support/index/pages.js'
import { createAuthority } from '../support/machine/certificates.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex } from '../support/nginx/start-index.js'
import { runProgram } from '../support/programs/run-program.js'
import { environmentWith, missingDownload, missingFor, systemPython } from '../support/python/python-clients.js'
import { environmentOf as nginxEnvironmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { startPythonIndex, type PythonIndex } from '../support/servers/python-index.js'
import { accessFiles, password, user } from './world.js'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 })

let s3: S3Server
beforeAll(async () => {
    s3 = await startS3('embedded')
})
afterAll(() => s3.close())

const made = async () => [
    makeWheel({ name: 'acme-tools', version: '1.0+cu12', requiresPython: '>=3.8' }),
    await makeSdist({ name: 'acme-tools', version: '2.0', requiresPython: '>=3.8' }),
    makeWheel({ name: 'other', version: '3' }),
]

function mirror(bucket: Bucket, words: string[], environment: NodeJS.ProcessEnv = {}) {
    const all = { ...environmentOf(s3), NETRC: '/dev/null', ...environment }
    return runProgram('manage-index', ['mirror', bucket.name, ...words], { environment: all })
}

/** Moves all projects into a bucket, and installs one with pip from an nginx that serves it. */
async function expectMoved(url: string, environment: NodeJS.ProcessEnv = {}): Promise<Bucket> {
    const bucket = await newBucket(s3)
    const moved = await mirror(bucket, ['--from', url, '--all'], environment)
    expect(moved).toMatchObject({ status: 0, stdout: expect.stringContaining('3 files copied') })
    expect((await mirror(bucket, ['--from', url, '--all'], environment)).stdout).toContain(
        '0 files copied (0 B), 3 present',
    )
    expect((await verify(bucket, { deep: true })).problems).toEqual([])
    const { files } = JSON.parse((await pageText(bucket, 'acme-tools/index.json'))!)
    expect(files.map(({ filename }: { filename: string }) => filename)).toEqual(
        (await made()).slice(0, 2).map(({ filename }) => filename),
    )
    expect(files.map((file: Record<string, string>) => file['requires-python'])).toEqual(['>=3.8', '>=3.8'])
    const index = await startIndex({
        endpointUrl: s3.endpoint,
        bucket: bucket.name,
        environment: nginxEnvironmentOf(s3),
    })
    try {
        const target = path.join(await temporaryFolder(), 'target')
        const words = ['-m', 'pip', 'install', '--target', target, '--no-deps', '--index-url', `${index.url}/simple/`]
        await promisify(execFile)(systemPython, [...words, 'acme-tools<2', 'other'], {
            env: { PATH: '/usr/bin:/bin', PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1' },
        })
    } finally {
        await index.stop()
    }
    return bucket
}

describeWhere('pypiserver', missingFor(['pypiserver==2.4.2']), () => {
    test('its projects move into a bucket', async () => {
        const folder = path.join(await temporaryFolder(), 'packages')
        await mkdir(folder)
        for (const { filename, bytes } of await made()) await writeFile(path.join(folder, filename), bytes)
        const python = await environmentWith(['pypiserver==2.4.2'])
        const words = (port: string) => [
            '-m',
            'pypiserver',
            'run',
            '-i',
            '127.0.0.1',
            '-p',
            port,
            '-P',
            '.',
            '-a',
            '.',
            folder,
        ]
        const server = await startPythonIndex(python, words, '/simple/')
        try {
            await expectMoved(server.url)
        } finally {
            await server.close()
        }
    })
})

const devpi = ['devpi-server==6.20.3']

describeWhere('devpi', missingFor(devpi), () => {
    let server: PythonIndex
    beforeAll(async () => {
        const python = await environmentWith(devpi)
        const folder = path.join(await temporaryFolder(), 'devpi')
        const initialize = 'from devpi_server.init import init; init()'
        await promisify(execFile)(python, [
            '-c',
            initialize,
            '--serverdir',
            folder,
            '--no-root-pypi',
            '--root-passwd',
            'secret',
        ])
        const serve = 'from devpi_server.main import main; main()'
        const words = (port: string) => ['-c', serve, '--serverdir', folder, '--host', '127.0.0.1', '--port', port]
        server = await startPythonIndex(python, words, '/root/prod/+simple/')
        await fillDevpi(new URL(server.url).origin)
    })
    afterAll(() => server?.close())

    test('the projects of an index move into a bucket', async () => {
        const bucket = await expectMoved(server.url)
        const { files } = JSON.parse((await pageText(bucket, 'other/index.json'))!)
        expect(Date.now() - Date.parse(files[0]['upload-time'])).toBeLessThan(86_400_000)
    })
})

async function fillDevpi(origin: string): Promise<void> {
    const login = await fetch(`${origin}/+login`, {
        method: 'POST',
        body: JSON.stringify({ user: 'root', password: 'secret' }),
    })
    const token = ((await login.json()) as { result: { password: string } }).result.password
    const headers = { 'X-Devpi-Auth': Buffer.from(`root:${token}`).toString('base64') }
    const created = await fetch(`${origin}/root/prod`, {
        method: 'PUT',
        headers,
        body: JSON.stringify({ type: 'stage', bases: [] }),
    })
    expect(created.status).toBe(200)
    for (const { filename, bytes } of await made()) {
        const [name, version] = filename.replace(/\.tar\.gz$/, '').split('-') as [string, string]
        const form = new FormData()
        for (const [field, value] of Object.entries({
            ':action': 'file_upload',
            name,
            version,
            metadata_version: '2.1',
        }))
            form.set(field, value)
        form.set('content', new Blob([new Uint8Array(bytes)]), filename)
        const sent = await fetch(`${origin}/root/prod/`, { method: 'POST', headers, body: form })
        expect([sent.status, await sent.text()]).toEqual([200, expect.anything()])
    }
}

test('an index of this program, with a password and TLS: upload times and yanks move too', async () => {
    const source = await newBucket(s3)
    await publish(source, await writeDistributions(...(await made())), { now: new Date('2020-01-02T03:04:05Z') })
    await yank(new PackageIndex(source), 'acme-tools', '2.0', 'loses data')
    const authority = createAuthority()
    const access = await accessFiles(authority)
    const index = await startIndex({
        endpointUrl: s3.endpoint,
        bucket: source.name,
        environment: nginxEnvironmentOf(s3),
        ...access,
    })
    const url = `https://localhost:${index.port}/simple/`
    try {
        const trusted = { NODE_EXTRA_CA_CERTS: authority.file }
        const refused = await mirror(await newBucket(s3), ['--from', url, 'acme-tools'], trusted)
        expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('answers 401')])
        const netrc = path.join(await temporaryFolder(), 'netrc')
        await writeFile(netrc, `machine localhost login ${user} password ${password}\n`)
        const untrusted = await mirror(await newBucket(s3), ['--from', url, 'acme-tools'], { NETRC: netrc })
        expect([untrusted.status, untrusted.stderr]).toEqual([1, expect.stringContaining('NODE_EXTRA_CA_CERTS')])
        const bucket = await expectMoved(url, { ...trusted, NETRC: netrc })
        const pages = ['acme-tools/index.json', 'acme-tools/index.html']
        for (const page of pages) expect(await pageText(bucket, page)).toBe(await pageText(source, page))
    } finally {
        await index.stop()
    }
})

const lockTools = ['uv==0.13.9']

describeWhere('PyPI', missingFor(lockTools) ?? missingDownload(systemPython), () => {
    test('what uv locks is copied: from uv.lock, pylock.toml and requirements', async () => {
        const folder = path.join(await temporaryFolder(), 'project')
        await mkdir(folder)
        await writeFile(
            path.join(folder, 'pyproject.toml'),
            '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["six==1.17.0", "idna==3.10"]\n',
        )
        const uv = path.join(path.dirname(await environmentWith(lockTools)), 'uv')
        const run = (...words: string[]) =>
            promisify(execFile)(uv, [...words, '--python', systemPython], { cwd: folder })
        await run('lock')
        await run('export', '--format', 'pylock.toml', '-o', 'pylock.toml')
        await run('export', '--format', 'requirements-txt', '-o', 'requirements.txt')
        for (const [option, name] of [
            ['--lock', 'uv.lock'],
            ['--lock', 'pylock.toml'],
            ['--requirements', 'requirements.txt'],
        ] as const) {
            const bucket = await newBucket(s3)
            const words = ['--from', 'https://pypi.org/simple/', option, path.join(folder, name)]
            const done = await mirror(bucket, words, { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS })
            expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('4 files copied') })
            const { files } = JSON.parse((await pageText(bucket, 'six/index.json'))!)
            expect(files[0]['upload-time']).toMatch(/^2024-12-04T/)
            expect((await verify(bucket, { deep: true })).problems).toEqual([])
        }
    })
})
