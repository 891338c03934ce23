/**
 * Reported: a build backend, which is code of the project and of all its build requirements, ran with AWS_SECRET_ACCESS_KEY
 * in its environment. Source: review of November 2026 (S5).
 * Right: what builds gets no credentials, with either builder; what it needs besides, it gets.
 */
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { filesOf } from '../support/index/pages.js'
import { environmentWith, missingFor, systemPython } from '../support/python/python-clients.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { environmentOf, newBucket } from '../support/s3/test-bucket.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

/** Ordinary setuptools, which also writes down its environment. */
const backend = `import json, os, sys
from setuptools.build_meta import *
with open(os.path.join(os.environ["ACME_OUT"], "seen.json"), "w") as seen:
    json.dump(dict(os.environ), seen)
print("AWS_SECRET_ACCESS_KEY is", os.environ.get("AWS_SECRET_ACCESS_KEY"))
`
const pyproject = `[build-system]
requires = ["setuptools"]
build-backend = "backend"
backend-path = ["."]
[project]
name = "acme"
version = "1.0"
[tool.setuptools]
py-modules = ["acme"]
`

const secrets = {
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
    UV_PUBLISH_TOKEN: 'secret-of-uv',
    TWINE_PASSWORD: 'secret-of-twine',
    GITHUB_TOKEN: 'secret-of-github',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret-of-actions',
    CI_JOB_TOKEN: 'secret-of-gitlab',
    CI_REPOSITORY_URL: 'https://gitlab-ci-token:secret-of-url@gitlab.example.com/acme.git',
    NPM_TOKEN: 'secret-of-npm',
}

function missingBuild(): string | undefined {
    const modules = spawnSync(systemPython, ['-c', 'import setuptools, wheel, build'])
    if (modules.status === 0) return undefined
    return 'build, setuptools and wheel are not installed: apt-get install python3-build python3-setuptools python3-wheel'
}

/** By name: what is missing, the words and the environment with which it is the builder. */
const builders: [string, string | undefined, string[], () => Promise<NodeJS.ProcessEnv>][] = [
    ['build', missingBuild(), ['--python', systemPython], async () => ({})],
    [
        'uv build',
        missingBuild() ?? missingFor(['uv']),
        ['--python', 'python-that-is-not-there'],
        async () => ({
            PATH: `${path.dirname(await environmentWith(['uv']))}:/usr/bin:/bin`,
            UV_PYTHON: systemPython,
            UV_NO_CACHE: '1',
        }),
    ],
]

for (const [name, missing, words, environmentOfBuilder] of builders) {
    describeWhere(`the environment of ${name}`, missing, () => {
        let server: S3Server
        let bucket: Bucket
        let folder: string
        beforeAll(async () => {
            server = await startS3('embedded')
            bucket = await newBucket(server)
            folder = await temporaryFolder()
            await mkdir(path.join(folder, 'out'))
            await writeFile(path.join(folder, 'backend.py'), backend)
            await writeFile(path.join(folder, 'pyproject.toml'), pyproject)
            await writeFile(path.join(folder, 'acme.py'), '')
            await writeFile(path.join(folder, 'MANIFEST.in'), 'include backend.py\n')
        })
        afterAll(() => server.close())

        const publish = async (...more: string[]) => {
            const env = {
                ...environmentOf(server),
                ...secrets,
                ...(await environmentOfBuilder()),
                ACME_OUT: path.join(folder, 'out'),
            }
            const all = [bucket.name, folder, '--no-isolation', ...words, ...more]
            return runProgram('publish-package', all, { environment: env })
        }
        const seen = async () =>
            JSON.parse(await readFile(path.join(folder, 'out/seen.json'), 'utf8')) as Record<string, string>

        test('it holds no credentials, and the package is published', async () => {
            const { status, stdout, stderr } = await publish()
            expect([status, stderr]).toEqual([0, ''])
            expect(await filesOf(bucket, 'acme')).toEqual(['acme-1.0-py3-none-any.whl', 'acme-1.0.tar.gz'])
            const environment = await seen()
            expect(Object.keys(environment).filter((name) => name.startsWith('AWS_'))).toEqual([])
            const text = JSON.stringify(environment)
            expect(text).not.toContain(server.secretAccessKey)
            expect(text).not.toContain(server.accessKeyId)
            expect(text).not.toContain('secret-of-')
            expect(environment['PATH']).toBeTruthy()
            expect(environment['HOME']).toBe(process.env['HOME'])
            expect(stdout).toContain('acme 1.0')
        })

        test('the twin: --build-env lets one through', async () => {
            const { status } = await publish('--build-env', 'GITHUB_TOKEN', '--build-env', 'NPM_TOKEN', '--overwrite')
            expect(status).toBe(0)
            expect(await seen()).toMatchObject({ GITHUB_TOKEN: 'secret-of-github', NPM_TOKEN: 'secret-of-npm' })
            expect(JSON.stringify(await seen())).not.toContain('secret-of-gitlab')
        })

        test('but none of S3', async () => {
            const { status, stderr } = await publish('--build-env', 'AWS_SECRET_ACCESS_KEY')
            expect(status).toBe(2)
            expect(stderr).toContain('AWS_* variables are never passed to a build')
        })
    })
}
