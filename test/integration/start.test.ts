import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { writeSampleWheel } from '../../scripts/start/sample-package.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { describeWhere } from '../support/machine/requirements.js'
import { environmentWith, missingFor } from '../support/python/python-clients.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startS3 } from '../support/s3/s3-servers.js'

const program = path.resolve('dist/scripts/start.js')

/** What a user has: Debian's own Python first, and no settings of pip's. */
const environment = {
    PATH: `/usr/bin:${process.env.PATH}`,
    HOME: process.env.HOME ?? '/root',
    PIP_CONFIG_FILE: '/dev/null',
    PIP_NO_CACHE_DIR: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
}

let folder: string

beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'start-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Starts the program of `npm start`, in a folder of the test's own. */
function start(words: string[], variables: Record<string, string> = {}) {
    const child = spawn(process.execPath, [program, ...words], {
        cwd: folder,
        env: { ...environment, TMPDIR: folder, ...variables },
        stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close').then(([status]) => ({ status: status as number, stdout, stderr }))
    const ready = new Promise<string>((resolve, reject) => {
        child.stdout.on('data', () => stdout.includes('Ctrl-C') && resolve(stdout))
        void ended.then((result) => reject(new Error(`ended early: ${JSON.stringify(result)}`)))
    })
    return { child, ended, ready }
}

// Two environments of Python are made: minutes on a busy machine.
test(
    'the line that it prints installs, twice, and Ctrl-C leaves nothing but the data',
    { timeout: 300_000 },
    async () => {
        const port = await freePort()
        for (const round of ['first', 'second']) {
            const index = start(['--port', String(port)])
            const words = await index.ready
            const line = /^ {2}(.*pip install .*)$/m.exec(words)![1]!
            expect(line).toContain(`http://127.0.0.1:${port}/simple/`)

            const shell = await promisify(execFile)('sh', ['-c', line], { cwd: folder, env: environment })
            expect(shell.stdout, round).toContain('Successfully installed hello-index-1.1+sample')
            const hello = await promisify(execFile)(path.join(folder, '.venv/bin/hello-index'))
            expect(hello.stdout).toBe('Hello from your own package index!\n')

            const publish = /^ {2}(.*publish-package.*)$/m.exec(words)![1]!
            const wheel = path.join(folder, 'again')
            await mkdir(wheel)
            await writeSampleWheel(wheel)
            const published = await promisify(execFile)('sh', ['-c', `${publish} again/*.whl`], {
                cwd: folder,
                env: environment,
            })
            expect(published.stdout).toContain('hello')
            await rm(wheel, { recursive: true })

            // Ctrl-C on a terminal is a signal to the whole group; here it is the program that gets it.
            index.child.kill('SIGINT')
            expect(await index.ended).toMatchObject({ status: 0, stderr: '' })
            await expect(fetch(`http://127.0.0.1:${port}/-/healthz`)).rejects.toThrow()
            await rm(path.join(folder, '.venv'), { recursive: true })
            expect(await readdir(folder)).toEqual(['data'])
        }
    },
)

const uploadTools = ['uv==0.13.9', 'twine==7.0.0']
const missingTools = uploadTools.map((tool) => missingFor([tool])).find((missing) => missing !== undefined)

describeWhere('uploads to npm start', missingTools, () => {
    test(
        'the lines that it prints upload, also after a restart; another password does not',
        { timeout: 300_000 },
        async () => {
            const [uv, twine] = await Promise.all(uploadTools.map((tool) => environmentWith([tool])))
            await chmod(folder, 0o755)
            const programs = path.join(folder, 'programs')
            await mkdir(programs)
            await writeFile(path.join(programs, 'twine'), `#!/bin/sh\nexec ${twine} -m twine "$@"\n`, { mode: 0o755 })
            await mkdir(path.join(folder, 'dist'))
            const { filename, bytes } = makeWheel({ name: 'acme', version: '1.0' })
            await writeFile(path.join(folder, 'dist', filename), bytes)
            const run = (line: string) =>
                promisify(execFile)('sh', ['-c', line], {
                    cwd: folder,
                    env: { ...environment, HOME: folder, PATH: `${programs}:${path.dirname(uv!)}:${environment.PATH}` },
                })

            const port = String(await freePort())
            const lines: string[][] = []
            for (const tool of ['uv publish', 'twine upload']) {
                const index = start(['--port', port])
                const words = await index.ready
                lines.push(words.match(/^ {2}(?:UV_PUBLISH|TWINE)_PASSWORD=.*$/gm)!.map((line) => line.trim()))
                const line = lines.at(-1)!.find((line) => line.includes(tool))!
                const wrong = line.replace(/PASSWORD=\S+/, 'PASSWORD=wrong')
                const refused = await run(wrong).catch((error: Error & { stdout: string }) => error)
                expect('message' in refused && refused.message + refused.stdout).toContain('401')
                await run(line)
                const page = await fetch(`http://127.0.0.1:${port}/simple/acme/`)
                expect(await page.text()).toContain(filename)
                index.child.kill('SIGINT')
                expect(await index.ended).toMatchObject({ status: 0 })
            }
            expect(lines[0]).toHaveLength(2)
            expect(lines[1]).toEqual(lines[0])
            expect((await stat(path.join(folder, 'data/upload-password'))).mode & 0o777).toBe(0o600)
        },
    )
})

test('a bucket that exists is served with the credentials of the environment', async () => {
    const s3 = await startS3('embedded')
    const bucket = await makeBucket(s3, { 'demo/demo-1.0+x.tar.gz': 'the bytes' })
    const port = await freePort()
    const index = start(
        ['--bucket', bucket, '--endpoint-url', s3.endpoint, '--port', String(port), '--region', s3.region],
        environmentOf(s3),
    )
    const words = await index.ready
    expect(words).not.toContain(s3.secretAccessKey)
    const answer = await fetch(`http://127.0.0.1:${port}/demo/demo-1.0%2Bx.tar.gz`)
    expect(await answer.text()).toBe('the bytes')
    index.child.kill('SIGTERM')
    expect((await index.ended).status).toBe(0)
    expect(existsSync(path.join(folder, 'data'))).toBe(false)
    await s3.close()
})

test('a bucket is served with credentials in a file, which nginx reads', async () => {
    const s3 = await startS3('embedded')
    const bucket = await makeBucket(s3, { 'demo/demo-1.0+x.tar.gz': 'the bytes' })
    const port = String(await freePort())
    const shared = path.join(folder, 'credentials')
    const { accessKeyId, secretAccessKey } = s3
    const lines = ['[index]', `aws_access_key_id=${accessKeyId}`, `aws_secret_access_key=${secretAccessKey}`]
    await writeFile(shared, lines.join('\n'))
    await chmod(folder, 0o755)
    const words = ['--bucket', bucket, '--endpoint-url', s3.endpoint, '--port', port, '--credentials', 'file']
    const variables = { AWS_SHARED_CREDENTIALS_FILE: shared, AWS_PROFILE: 'index' }
    const index = start(words, variables)
    await index.ready
    expect(await (await fetch(`http://127.0.0.1:${port}/demo/demo-1.0%2Bx.tar.gz`)).text()).toBe('the bytes')
    index.child.kill('SIGTERM')
    expect((await index.ended).status).toBe(0)

    // The twin: another profile is none.
    const refused = start(words, { ...variables, AWS_PROFILE: 'none' })
    refused.ready.catch(() => {})
    expect(await refused.ended).toMatchObject({ status: 1, stderr: expect.stringContaining('has no profile [none]') })
    await s3.close()
})

test('each mistake gets one line and the cure', async () => {
    const s3 = await startS3('embedded')
    const bucket = await makeBucket(s3, {})
    const right = environmentOf(s3)
    const taken = http.createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const takenPort = String((taken.address() as net.AddressInfo).port)
    const nothing = `http://127.0.0.1:${await freePort()}`
    const port = String(await freePort())
    const server = ['--endpoint-url', s3.endpoint, '--region', s3.region]
    const cases: [words: string[], variables: Record<string, string>, status: number, message: RegExp][] = [
        [
            ['--port', takenPort],
            {},
            1,
            /^npm start: port \d+ is in use by process \d+ \(.+\)\n {2}Use another port: --port \d+\n$/,
        ],
        [['--port', '0'], {}, 2, /--port "0" is not a port/],
        [['--port', 'x'], {}, 2, /--port "x" is not a port/],
        [['--bucket', 'My_Bucket'], right, 2, /cannot be the name of a bucket/],
        [['--bucket', bucket, ...server], {}, 1, /no credentials for S3 in the environment\n {2}Set AWS_ACCESS_KEY_ID/],
        [['--bucket', bucket, ...server], { ...right, AWS_SECRET_ACCESS_KEY: 'wrong' }, 1, /SignatureDoesNotMatch/],
        [['--bucket', bucket, ...server], { ...right, AWS_ACCESS_KEY_ID: 'WRONG' }, 1, /InvalidAccessKeyId/],
        [['--bucket', 'no-such-bucket', ...server], right, 1, /no-such-bucket/],
        [['--bucket', bucket, '--endpoint-url', nothing], right, 1, /ECONNREFUSED|does not answer|cannot be reached/],
        [['--no-such-option'], {}, 2, /unknown option/],
    ]
    for (const [words, variables, status, message] of cases) {
        const index = start(words.includes('--port') ? words : [...words, '--port', port], variables)
        const result = await index.ended.finally(() => index.ready.catch(() => {}))
        expect(result.stderr, words.join(' ')).toMatch(message)
        expect(result.stderr, words.join(' ')).not.toMatch(/^\s+at /m)
        expect(result.status, words.join(' ')).toBe(status)
        expect(await readdir(folder), words.join(' ')).toEqual([])
    }
    taken.close()
    await s3.close()
})
