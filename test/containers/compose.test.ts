import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { compose, missingCompose } from '../support/containers/compose.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { makeSampleIndex, type SampleIndex } from '../support/index/sample-index.js'

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))

/** How the engine is found may stand in the environment; credentials of this machine's user have no business here. */
const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')))

const found = await nginxImage()

describeWhere('docker-compose.yml', found.missing ?? missingCompose(), () => {
    const image = found.missing === undefined ? found.image : ''
    let s3: S3Server
    let sample: SampleIndex
    let otherBucket: string
    let cwd: string

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'compose-'))
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
        otherBucket = await makeBucket(s3, { 'only-here/index.html': 'the other bucket' })
    })
    afterAll(async () => {
        await s3?.close()
        await rm(cwd, { recursive: true })
    })

    describe.each<[name: string, options: string[]]>([
        ['as it is', []],
        ['with a cache', ['--cache', '/var/cache/nginx', '--cache-size', '64m']],
    ])('a folder %s', (_name, options) => {
        const project = uniqueName()
        const folder = path.join(tmpdir(), `${project} é'日本+%25~`)
        let relay: { close(): Promise<void> }
        let url: string
        let environment: Record<string, string>

        async function runCompose(words: string[], more: Record<string, string> = {}): Promise<string> {
            const [program, ...all] = [...compose, '-f', composeFile, '-p', project, ...words]
            const env = { ...inherited, ...environment, ...more }
            return (await promisify(execFile)(program!, all, { env, cwd, timeout: 90_000 })).stdout
        }

        const container = async () => (await runCompose(['ps', '-q'])).trim()

        beforeAll(async () => {
            const port = await freePort()
            url = `http://127.0.0.1:${port}`
            environment = {
                ...environmentOf(s3),
                ...{ NGINX_IMAGE: image, NGINX_S3_PYPI: folder, PORT: `127.0.0.1:${port}` },
            }
            const words = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', '--out', folder, ...options]
            expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
            // S3 is there first, as it is for a user.
            await runCompose(['up', '--no-start'])
            relay = await startS3InNetwork(s3, image, `${project}_default`)
            await runCompose(['up', '-d'])
            await untilStatus(`${url}/-/readyz`, 200)
        })
        afterAll(async () => {
            await relay?.close()
            await runCompose(['down', '--volumes'])
            await rm(folder, { recursive: true, force: true })
        })

        test('pip installs, twice', async () => {
            expect(await pipInstall(url, sample)).toBe(sample.version)
            expect(await pipInstall(url, sample)).toBe(sample.version)
        })

        test('the engine finds it healthy', async () => {
            const health = async () =>
                (await docker('inspect', '--format', '{{.State.Health.Status}}', await container())).stdout
            await expect.poll(health, { timeout: 40_000, interval: 500 }).toBe('healthy\n')
        })

        test('its root file system, the folder and the script are read-only', async () => {
            for (const file of ['/x', '/run/x', '/etc/nginx/x', '/etc/nginx/nginx-s3-pypi/env.conf']) {
                const touched = docker('exec', await container(), 'touch', file)
                await expect(touched, file).rejects.toThrow(/Read-only file system/)
            }
            await docker('exec', await container(), 'touch', '/tmp/x', '/var/cache/nginx/x')
        })

        test('nginx has nothing to complain of', async () => {
            const { stdout, stderr } = await docker('logs', await container())
            expect(complaintsIn(stdout + stderr)).toEqual([])
            expect(stdout + stderr).not.toContain(s3.secretAccessKey)
        })

        test('SIGHUP reloads it', async () => {
            await runCompose(['kill', '-s', 'HUP'])
            await expect.poll(async () => (await docker('logs', await container())).stderr).toMatch(/reconfiguring/)
            expect(await statusOf(url + sample.file)).toBe(200)
        })

        test('another bucket in the environment is another index', async () => {
            expect(await statusOf(`${url}/only-here/`)).toBe(404)
            await runCompose(['up', '-d'], { AWS_S3_BUCKET: otherBucket })
            await untilStatus(`${url}/-/readyz`, 200)
            expect(await statusOf(`${url}/only-here/`)).toBe(200)
            expect(await statusOf(url + sample.file)).toBe(404)
        })

        test('it stops in order', async () => {
            await runCompose(['stop'])
            const state = [
                'inspect',
                '--format',
                '{{.State.Status}} {{.State.ExitCode}}',
                (await runCompose(['ps', '-aq'])).trim(),
            ]
            expect((await docker(...state)).stdout).toBe('exited 0\n')
            expect(await statusOf(`${url}/-/healthz`)).toBe('no answer')
        })
    })

    test('the health check fails where nginx does not answer', async () => {
        const name = uniqueName()
        const { stdout } = await promisify(execFile)(compose[0], [...compose.slice(1), '-f', composeFile, 'config'])
        expect(stdout).toContain('http://127.0.0.1/-/healthz')
        await docker('run', '--detach', '--name', name, '--network', 'none', image, 'sleep', '60')
        const check = ['curl', '--fail', '--silent', '--show-error', '--max-time', '5', 'http://127.0.0.1/-/healthz']
        await expect(docker('exec', name, ...check)).rejects.toThrow(/Failed to connect|Could not connect/)
        await docker('rm', '--force', name)
    })
})
