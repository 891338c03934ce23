import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
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
import { makeWheel } from '../support/distributions/distributions.js'
import { makeSampleIndex, rebuildSample, type SampleIndex } from '../support/index/sample-index.js'
import { describeWhere } from '../support/machine/requirements.js'
import { pageBlocks } from '../support/programs/page-blocks.js'
import { runProgram } from '../support/programs/run-program.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { sendUpload, uploaderLine } from '../support/uploads/send-upload.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const found = await nginxImage()

describeWhere('uploads with docker-compose.yml', found.missing ?? missingCompose(), () => {
    const image = found.missing === undefined ? found.image : ''
    const project = uniqueName()
    let cwd: string
    let s3: S3Server
    let sample: SampleIndex
    let relay: { close(): Promise<void> }
    let port: number
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
        await rebuildSample(s3, sample)
        port = await freePort()
        environment = { ...environmentOf(s3), NGINX_IMAGE: image, PORT: `127.0.0.1:${port}` }

        // What docs/uploading.md says.
        const blocks = pageBlocks('uploading.md', 'With Docker Compose')
        const override = blocks.find(({ language }) => language === 'yaml')!.text
        await writeFile(path.join(cwd, 'docker-compose.override.yml'), override)
        await copyFile(path.join(root, 'docker-compose.yml'), path.join(cwd, 'docker-compose.yml'))
        await mkdir(path.join(cwd, 'secrets'))
        await writeFile(path.join(cwd, 'secrets/uploaders'), uploaderLine)
        const options = /generate-config --bucket my-pypi (.*)/.exec(blocks.at(-1)!.text)![1]!.split(' ')
        const words = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', ...options]
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
        await runCompose('up', '--no-start')
        relay = await startS3InNetwork(s3, image, `${project}_default`)
        await runCompose('up', '-d')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
    })
    afterAll(async () => {
        await relay?.close()
        await runCompose('down', '--volumes')
        await s3.close()
        await rm(cwd, { recursive: true })
    })

    test.each([
        ['a small file', 'small', 0],
        ['a large file', 'large', 9 * 1024 * 1024],
    ])('%s is on its page', async (_name, name, ballast) => {
        const answer = await sendUpload(port, makeWheel({ name, version: '1.0', ballast }))
        expect(answer).toMatchObject({ status: 200 })
        expect(await statusOf(`http://127.0.0.1:${port}/simple/${name}/`)).toBe(200)
    })

    test('the bodies are on a disk, and none is left', async () => {
        const container = (await runCompose('ps', '-q', 'pypi')).trim()
        const run = async (...words: string[]) => (await docker('exec', container, ...words)).stdout.trim()
        expect(await run('stat', '--file-system', '--format', '%T', '/tmp')).toBe('tmpfs')
        expect(await run('stat', '--file-system', '--format', '%T', '/tmp/temp-upload')).not.toBe('tmpfs')
        expect(await run('find', '/tmp/temp-upload', '-type', 'f')).toBe('')
        const { stdout, stderr } = await docker('logs', container)
        expect(complaintsIn(stdout + stderr)).toEqual([])
    })
})
