import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { compose, missingCompose } from '../support/containers/compose.js'
import { nginxImage, versitygwImage } from '../support/containers/container-image.js'
import { uniqueName } from '../support/containers/docker.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { makeWheel } from '../support/distributions/distributions.js'

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))
const nginx = await nginxImage()
const s3 = nginx.missing === undefined ? await versitygwImage() : nginx
const missing = s3.missing ?? missingCompose()

describeWhere('docker-compose.yml with the profile local', missing, () => {
    const project = uniqueName()
    const credentials = { AWS_ACCESS_KEY_ID: 'me', AWS_SECRET_ACCESS_KEY: 'my-secret' }
    const version = '1.0'
    let cwd: string
    let url: string
    let endpoint: string
    let sample: { requirement: string; module: string; version: string; file: string; bucket: string }

    /** Nothing of the environment but how the engine is found: the values are those of `.env`. */
    async function runCompose(words: string[], environment: Record<string, string> = {}): Promise<string> {
        const [program, ...all] = [...compose, '-p', project, '--profile', 'local', ...words]
        const kept = Object.entries(process.env).filter(([name]) => /^(?:PATH|HOME|DOCKER_.*)$/.test(name))
        const env = { ...Object.fromEntries(kept), ...environment }
        return (await promisify(execFile)(program!, all, { env, cwd, timeout: 110_000 })).stdout
    }

    /** How the one-shot ended, and its words. */
    const oneShot = (service: string) => runCompose(['logs', '--no-color', service])

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'compose-'))
        const [port, s3Port] = [await freePort(), await freePort()]
        url = `http://127.0.0.1:${port}`
        endpoint = `http://127.0.0.1:${s3Port}`
        const environment = {
            ...credentials,
            ...{ PORT: `127.0.0.1:${port}`, S3_PORT: String(s3Port) },
            ...{ NGINX_IMAGE: nginx.missing === undefined ? nginx.image : '' },
            ...{ S3_IMAGE: s3.missing === undefined ? s3.image : '' },
        }
        const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
        await writeFile(path.join(cwd, '.env'), lines.join(''))
        await copyFile(composeFile, path.join(cwd, 'docker-compose.yml'))
        const words = ['--bucket', 'my-pypi', '--endpoint-url', 'http://s3:7070']
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })

        const { filename, bytes } = makeWheel({ name: 'tried', version })
        await writeFile(path.join(cwd, filename), bytes)
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        const requirement = `tried==${version} --hash=sha256:${sha256}`
        sample = { requirement, module: 'tried', version, file: `/tried/${filename}`, bucket: 'my-pypi' }
    })
    afterAll(async () => {
        await runCompose(['down', '--volumes'])
        await rm(cwd, { recursive: true })
    })

    const publish = async (environment: Record<string, string>) => {
        const words = ['my-pypi', path.join(cwd, path.basename(sample.file)), '--endpoint-url', endpoint]
        return runProgram('publish-package', words, { cwd, environment: { HOME: cwd, ...environment } })
    }

    test('up starts one after the other what the next one needs, and the index is ready', async () => {
        await runCompose(['up', '-d'])
        await expect.poll(() => oneShot('ready'), { timeout: 60_000, interval: 500 }).toContain('S3 answers')
        expect(await oneShot('bucket')).toContain('bucket my-pypi created')
        expect(await statusOf(`${url}/-/readyz`)).toBe(200)
    })

    test('what is published to it, pip installs', async () => {
        expect(await statusOf(url + sample.file)).toBe(404)
        expect(await publish(credentials)).toMatchObject({ status: 0 })
        expect(await pipInstall(url, sample)).toBe(version)
    })

    test('the S3 server verifies: another secret neither publishes nor serves', async () => {
        const wrong = { ...credentials, AWS_SECRET_ACCESS_KEY: 'wrong' }
        expect(await publish(wrong)).toMatchObject({ status: 1 })
        await runCompose(['up', '-d', '--no-deps', 'pypi'], wrong)
        await untilStatus(`${url}/-/healthz`, 200)
        await untilStatus(url + sample.file, 502)
    })

    test('the packages outlive the containers', async () => {
        await runCompose(['down'])
        await runCompose(['up', '-d'])
        await expect.poll(() => oneShot('bucket'), { timeout: 60_000, interval: 500 }).toContain('my-pypi exists')
        await untilStatus(url + sample.file, 200)
        expect(await pipInstall(url, sample)).toBe(version)
    })
})
