import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { compose, missingCompose } from '../support/containers/compose.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { makeSampleIndex, rebuildSample, type SampleIndex } from '../support/index/sample-index.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { pageBlocks } from '../support/programs/page-blocks.js'
import { runProgram } from '../support/programs/run-program.js'
import { request } from '../support/requests/raw-request.js'
import { untilStatus } from '../support/requests/status-of.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const found = await nginxImage()
const secrets = '/etc/nginx/secrets'

describeWhere('tokens with docker-compose.yml', found.missing ?? missingCompose(), () => {
    const image = found.missing === undefined ? found.image : ''
    const project = uniqueName()
    const [key, other] = [newTokenKey(), newTokenKey()]
    let cwd: string
    let s3: S3Server
    let sample: SampleIndex
    let relay: { close(): Promise<void> }
    let port: number
    let environment: Record<string, string>

    async function runCompose(...words: string[]): Promise<string> {
        const [program, ...all] = [...compose, '-p', project, ...words]
        const inherited = Object.entries(process.env).filter(([name]) => !/^(?:AWS|PYPI)_/.test(name))
        const env = { ...Object.fromEntries(inherited), ...environment }
        return (await promisify(execFile)(program!, all, { env, cwd, timeout: 90_000 })).stdout
    }

    async function generate(keys: string): Promise<void> {
        const tokens = ['--upload', '--read-tokens', '--token-keys', keys, '--revoked-tokens', `${secrets}/revoked`]
        const words = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', ...tokens]
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
    }

    beforeAll(async () => {
        cwd = await temporaryFolder()
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
        await rebuildSample(s3, sample)
        port = await freePort()
        environment = { ...environmentOf(s3), NGINX_IMAGE: image, PORT: `127.0.0.1:${port}` }
        const override = pageBlocks('uploading.md', 'With Docker Compose').find(({ language }) => language === 'yaml')!
        await writeFile(path.join(cwd, 'docker-compose.override.yml'), override.text)
        await copyFile(path.join(root, 'docker-compose.yml'), path.join(cwd, 'docker-compose.yml'))
        await mkdir(path.join(cwd, 'secrets'))
        await writeFile(path.join(cwd, 'secrets/token-keys'), `${key}\n`)
        await writeFile(path.join(cwd, 'secrets/revoked'), '')
        await generate(`${secrets}/token-keys`)
        await runCompose('up', '--no-start')
        relay = await startS3InNetwork(s3, image, `${project}_default`)
        await runCompose('up', '-d')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
    })
    afterAll(async () => {
        await relay?.close()
        await runCompose('down', '--volumes')
        await s3.close()
    })

    const signed = (scope: 'read' | 'upload', keyText = key, subject = 'laptop') =>
        scope === 'read' ? readTokenOf(keyText, { subject }) : uploadTokenOf(keyText, { subject, projects: ['acme-*'] })
    const withToken = (token: string) => ({ headers: { Authorization: basic({ user: '__token__', password: token }) } })
    const read = async (token: string) => (await request(port, sample.file, withToken(token))).status
    const upload = async (token: string, name: string) =>
        (await sendForm(port, encodeForm(uploadParts(makeWheel({ name, version: '1.0' }))), withToken(token))).status
    const logs = async () => {
        const { stdout, stderr } = await docker('logs', (await runCompose('ps', '-q', 'pypi')).trim())
        return stdout + stderr
    }

    test('with keys in a file: they read and upload, and leave their files in memory', async () => {
        for (let count = 0; count < 3; count++) expect(await read(signed('read'))).toBe(200)
        expect(await upload(signed('upload'), 'acme-tools')).toBe(200)
        const container = (await runCompose('ps', '-q', 'pypi')).trim()
        const stat = ['stat', '--file-system', '--format', '%T', '/tmp/temp-tokens']
        expect((await docker('exec', container, ...stat)).stdout).toBe('tmpfs\n')
        expect((await docker('exec', container, 'stat', '--format', '%a', '/tmp/temp-tokens')).stdout).toBe('700\n')
        expect(complaintsIn(await logs())).toEqual([])
    })

    test('a token of another key, or for the other purpose, is refused', async () => {
        expect(await read(signed('read', other))).toBe(401)
        expect(await read(signed('upload'))).toBe(401)
        expect(await upload(signed('upload', other), 'acme-tools')).toBe(401)
        expect(await upload(signed('read'), 'acme-tools')).toBe(401)
        expect(await upload(signed('upload'), 'other')).toBe(403)
    })

    test('a list of revoked tokens that an editor replaces is taken up', async () => {
        const lost = signed('upload', key, 'lost')
        expect(await upload(lost, 'acme-before')).toBe(200)
        await writeFile(path.join(cwd, 'secrets/revoked.new'), 'lost\n')
        await rename(path.join(cwd, 'secrets/revoked.new'), path.join(cwd, 'secrets/revoked'))
        expect(await upload(lost, 'acme-after')).toBe(401)
        expect(await read(signed('read', key, 'lost'))).toBe(401)
        expect(await upload(signed('upload'), 'acme-after')).toBe(200)
    })

    test('with keys in the environment, which no file holds; without them nothing falls open', async () => {
        await generate('env')
        environment = { ...environment, PYPI_TOKEN_KEYS: `${other} ${key}` }
        await runCompose('up', '-d', '--force-recreate', 'pypi')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
        for (const keyText of [key, other]) {
            expect(await read(signed('read', keyText))).toBe(200)
            expect(await upload(signed('upload', keyText), 'acme-env')).toBe(200)
        }
        expect(await read(signed('read', newTokenKey()))).toBe(401)
        expect(await readFile(path.join(cwd, 'nginx-s3-pypi/maps.conf'), 'utf8')).not.toContain(other)

        delete environment.PYPI_TOKEN_KEYS
        await runCompose('up', '-d', '--force-recreate', 'pypi')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
        expect(await read(signed('read'))).toBe(401)
        expect(await upload(signed('upload'), 'acme-env')).toBe(424)
        await expect.poll(logs).toContain('PYPI_TOKEN_KEYS is not set in the environment of nginx')
    })
})
