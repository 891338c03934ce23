import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { compose, missingCompose } from '../support/containers/compose.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { makeSampleIndex, type SampleIndex } from '../support/index/sample-index.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const found = await nginxImage()

describeWhere('Docker secrets', found.missing ?? missingCompose(), () => {
    const image = found.missing === undefined ? found.image : ''
    const project = uniqueName()
    let cwd: string
    let s3: S3Server
    let sample: SampleIndex
    let relay: { close(): Promise<void> }
    let url: string
    let environment: Record<string, string>

    async function runCompose(...words: string[]): Promise<string> {
        const [program, ...all] = [...compose, '-p', project, ...words]
        const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
        const env = { ...Object.fromEntries(inherited), ...environment }
        return (await promisify(execFile)(program!, all, { env, cwd, timeout: 90_000 })).stdout
    }

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'compose-'))
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
        const port = await freePort()
        url = `http://127.0.0.1:${port}`
        environment = { NGINX_IMAGE: image, PORT: `127.0.0.1:${port}` }

        // What docs/credentials.md says.
        const manual = await readFile(path.join(root, 'docs/credentials.md'), 'utf8')
        await writeFile(path.join(cwd, 'docker-compose.override.yml'), /```yaml\n([^]*?)```/.exec(manual)![1]!)
        await copyFile(path.join(root, 'docker-compose.yml'), path.join(cwd, 'docker-compose.yml'))
        await mkdir(path.join(cwd, 'secrets'))
        await writeFile(path.join(cwd, 'secrets/aws_access_key_id'), `${s3.accessKeyId}\n`)
        await writeFile(path.join(cwd, 'secrets/aws_secret_access_key'), `${s3.secretAccessKey}\n`)
        const words = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', '--credentials', 'file']
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
        await runCompose('up', '--no-start')
        relay = await startS3InNetwork(s3, image, `${project}_default`)
        await runCompose('up', '-d')
        await untilStatus(`${url}/-/readyz`, 200)
    })
    afterAll(async () => {
        await relay?.close()
        await runCompose('down', '--volumes')
        await s3.close()
        await rm(cwd, { recursive: true })
    })

    test('pip installs, and nothing but the files holds the secret', async () => {
        expect(await pipInstall(url, sample)).toBe(sample.version)
        const container = (await runCompose('ps', '-q', 'pypi')).trim()
        const inspected = (await docker('inspect', container)).stdout
        const { stdout, stderr } = await docker('logs', container)
        expect(inspected + stdout + stderr).not.toContain(s3.secretAccessKey)
        expect(complaintsIn(stdout + stderr)).toEqual([])
    })

    test('a secret that is replaced is taken up; the twin: a wrong one is, too', async () => {
        const secret = path.join(cwd, 'secrets/aws_secret_access_key')
        await writeFile(secret, 'wrong')
        await untilStatus(url + sample.file, 502)
        await writeFile(secret, s3.secretAccessKey)
        await untilStatus(url + sample.file, 200)
    })

    test('a secret that the workers cannot read is named', async () => {
        const secret = path.join(cwd, 'secrets/aws_secret_access_key')
        await chmod(secret, 0o600)
        await runCompose('restart', 'pypi')
        await untilStatus(`${url}/-/healthz`, 200)
        expect(await statusOf(url + sample.file)).toBe(503)
        const container = (await runCompose('ps', '-q', 'pypi')).trim()
        await expect
            .poll(async () => (await docker('logs', container)).stderr)
            .toContain('/run/secrets/aws_secret_access_key cannot be read by the workers of nginx')
        await chmod(secret, 0o644)
        await untilStatus(url + sample.file, 200)
    })
})
