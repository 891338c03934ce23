import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { getServers } from 'node:dns'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { environmentWith, missingDownload, missingFor, systemPython } from '../support/python/python-clients.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 })

const uvs = ['uv==0.13.9']

describeWhere('PyPI through nginx', missingFor(uvs) ?? missingDownload(systemPython), () => {
    let s3: S3Server
    let index: Index
    let uv: string

    beforeAll(async () => {
        s3 = await startS3('embedded')
        uv = path.join(path.dirname(await environmentWith(uvs)), 'uv')
        const bucket = await makeBucket(s3, {})
        const resolver = getServers().map((server) => (isIPv6(server) ? `[${server}]` : server))
        const more = { public: true as const, cached: true, resolver, pageTtl: '60' }
        index = await startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), ...more })
    })
    afterAll(async () => {
        await index?.stop()
        await s3?.close()
    })

    /** Locks a project, and returns uv.lock. */
    async function lock(url: string, tool = ''): Promise<string> {
        const folder = path.join(await temporaryFolder(), 'project')
        await mkdir(folder)
        const dependencies = '["six", "requests==2.32.3", "numpy==1.26.4"]'
        await writeFile(
            path.join(folder, 'pyproject.toml'),
            `[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ${dependencies}\n` +
                `[tool.uv]\n${tool}\n[[tool.uv.index]]\nurl = "${url}"\ndefault = true\n`,
        )
        const words = ['lock', '--python', systemPython, '--no-cache']
        // The authority of a mirror in the place of PyPI.
        const { SSL_CERT_FILE } = process.env
        const env = { PATH: '/usr/bin:/bin', HOME: folder, ...(SSL_CERT_FILE && { SSL_CERT_FILE }) }
        await promisify(execFile)(uv, words, { cwd: folder, env })
        return readFile(path.join(folder, 'uv.lock'), 'utf8')
    }

    test('uv locks the same as without nginx, but for the prefix of URLs', async () => {
        const direct = await lock('https://pypi.org/simple/')
        const through = await lock(`${index.url}/simple/`)
        expect(through).toContain(`${index.url}/packages/`)
        const mapped = through
            .replaceAll(`${index.url}/packages/`, 'https://files.pythonhosted.org/packages/')
            .replaceAll(`${index.url}/simple`, 'https://pypi.org/simple')
        expect(mapped).toBe(direct)
    })

    test('exclude-newer works, since pages have upload times', async () => {
        const old = await lock(`${index.url}/simple/`, 'exclude-newer = "2024-06-01T00:00:00Z"')
        expect(old).toContain('name = "six"\nversion = "1.16.0"')
        expect(await lock(`${index.url}/simple/`)).toContain('name = "six"\nversion = "1.17.0"')
    })

    test('pip installs', async () => {
        const target = path.join(await temporaryFolder(), 'target')
        const words = [
            '-m',
            'pip',
            'install',
            '--target',
            target,
            '--index-url',
            `${index.url}/simple/`,
            'six==1.17.0',
            'idna==3.10',
        ]
        const env = { PATH: '/usr/bin:/bin', PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1' }
        await promisify(execFile)(systemPython, words, { env })
        expect(await readFile(path.join(target, 'six.py'), 'utf8')).toContain('__version__ = "1.17.0"')
    })
})
