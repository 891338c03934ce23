import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { describeWhere, missingNginx } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const python = '/usr/bin/python3'
const wheelFolder = '/usr/share/python-wheels'

function missingPython(): string | undefined {
    const modules = spawnSync(python, ['-c', 'import setuptools, wheel, build, pip'])
    if (modules.status === 0) return undefined
    return 'pip, build, setuptools and wheel are not installed: apt-get install python3-pip python3-build python3-setuptools python3-wheel'
}

/** A project's folder, the module `module` in it telling the version. */
async function project(files: Record<string, string>): Promise<string> {
    const folder = await temporaryFolder()
    for (const [name, content] of Object.entries(files)) {
        await mkdir(join(folder, name, '..'), { recursive: true })
        await writeFile(join(folder, name), content)
    }
    return folder
}

const pyproject = (name: string, version: string) => `[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "${name}"
version = "${version}"
description = "Étude 日本"
requires-python = ">=3.8"
[tool.setuptools]
packages = ["${name.toLowerCase().replace(/[-_.]+/g, '_')}"]
`
const setupPy = (name: string, version: string) =>
    `from setuptools import setup\nsetup(name="${name}", version="${version}", packages=["${name}"], python_requires=">=3.8")\n`

describeWhere('publish-package builds, and pip installs', missingPython() ?? missingNginx(), () => {
    let server: S3Server
    let bucket: Bucket
    let index: Index

    beforeAll(async () => {
        server = await startS3('embedded')
        bucket = await newBucket(server)
        const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environmentOf(server) as Record<string, string>
        index = await startIndex({
            bucket: bucket.name,
            endpointUrl: server.endpoint,
            environment: { AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID!, AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY! },
        })
    })
    afterAll(async () => {
        await index.stop()
        await server.close()
    })

    const publish = (words: string[], env: NodeJS.ProcessEnv = {}) =>
        runProgram('publish-package', [bucket.name, ...words], { environment: { ...environmentOf(server), ...env } })

    /** Publishes and gives the requirements with the hashes that were published. */
    async function published(...words: string[]): Promise<string[]> {
        const { status, stdout, stderr } = await publish([...words, '--json'])
        expect([status, stderr]).toEqual([0, ''])
        const { files } = JSON.parse(stdout) as { files: { project: string; version: string; sha256: string }[] }
        const hashes = files.map(({ sha256 }) => `--hash=sha256:${sha256}`)
        return [`${files[0]!.project}==${files[0]!.version} ${hashes.join(' ')}`]
    }

    /** Installs with hashes required. @returns the folder with the modules */
    async function install(requirements: string[], ...words: string[]): Promise<string> {
        const folder = await temporaryFolder()
        await writeFile(join(folder, 'requirements.txt'), requirements.join('\n'))
        const pip = ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--no-deps', '--require-hashes', '--target']
        const from = ['-r', 'requirements.txt', '--index-url', `${index.url}/simple/`, '--no-build-isolation']
        // The S3 server runs in this process, which must not wait.
        await promisify(execFile)(python, [...pip, join(folder, 'target'), ...from, ...words], {
            cwd: folder,
            env: { PATH: process.env.PATH, HOME: folder, PIP_CONFIG_FILE: '/dev/null' },
            timeout: 60_000,
        })
        return join(folder, 'target')
    }

    test.each([
        ['a pure-Python project', pyproject('acme', '1.0'), 'acme', '1.0'],
        ['a local version', pyproject('acme-local', '1.0+cu12'), 'acme_local', '1.0+cu12'],
        ['dots and capitals in its name', pyproject('Acme.Dotted_Name', '2.0'), 'acme_dotted_name', '2.0'],
    ])('from pyproject.toml: %s', async (_name, toml, module, version) => {
        const folder = await project({ 'pyproject.toml': toml, [`${module}/__init__.py`]: `version = "${version}"\n` })
        const requirements = await published(folder, '--no-isolation', '--python', python)
        expect(readdirSync(join(folder, 'dist')).map((name) => name.replace(/^.*-\d[^-]*?(?=-py|\.tar)/, ''))).toEqual(
            expect.arrayContaining(['-py3-none-any.whl', '.tar.gz']),
        )
        const target = await install(requirements)
        expect(await readFile(join(target, module, '__init__.py'), 'utf8')).toContain(version)
        // What was built is published again as it is; nothing is built.
        const again = await publish([folder, '--no-build'])
        expect([again.status, again.stdout.match(/present/g)?.length]).toEqual([0, 2])
    })

    test('from setup.py alone, and the sdist alone', async () => {
        const folder = await project({ 'setup.py': setupPy('acme_setup', '3.0'), 'acme_setup/__init__.py': '' })
        execFileSync(python, ['-m', 'build', '--no-isolation', '--sdist', folder], { stdio: 'ignore' })
        const requirements = await published(folder, '--no-build')
        expect(existsSync(join(await install(requirements), 'acme_setup', '__init__.py'))).toBe(true)
    })

    const wheels = existsSync(wheelFolder) ? readdirSync(wheelFolder).filter((name) => name.endsWith('.whl')) : []
    test.each(wheels)('%s', async (name) => {
        const requirements = await published(join(wheelFolder, name))
        const target = await install(requirements, '--only-binary', ':all:')
        expect(readdirSync(target)).toContain(name.split('-')[0])
    })

    test('the twin: another hash is refused', async () => {
        const folder = await project({ 'pyproject.toml': pyproject('acme-twin', '1.0'), 'acme_twin/__init__.py': '' })
        const [requirement] = await published(folder, '--no-isolation', '--python', python)
        const wrong = requirement!.replaceAll(/sha256:[0-9a-f]{8}/g, 'sha256:00000000')
        await expect(install([wrong])).rejects.toThrow('THESE PACKAGES DO NOT MATCH THE HASHES')
    })

    test('a build that fails shows why', async () => {
        const folder = await project({ 'setup.py': 'raise SystemExit("this build must fail")' })
        const { status, stderr } = await publish([folder, '--no-isolation', '--python', python])
        expect(stderr).toContain(`the build of ${folder} failed`)
        expect(stderr).toContain('this build must fail')
        expect(status).toBe(1)
        expect(readdirSync(join(folder, 'dist'))).toEqual([])
    })

    test('a machine without a builder is told what to install', async () => {
        const folder = await project({ 'setup.py': setupPy('acme_none', '1.0') })
        const { status, stderr } = await publish([folder], { PATH: '/nonexistent' })
        expect(stderr).toMatch(/^publish-package: no builder for Python packages found: .*\n {2}Install one: /)
        expect(status).toBe(1)
    })
})
