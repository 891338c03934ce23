import { execFile } from 'node:child_process'
import { copyFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { compose, missingCompose } from '../support/containers/compose.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { startPypiInNetwork, type PypiInNetwork } from '../support/containers/pypi-in-network.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { makeSampleIndex, rebuildSample, type SampleIndex } from '../support/index/sample-index.js'
import { describeWhere } from '../support/machine/requirements.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { publish } from '../support/nginx/public-index.js'
import { pageBlocks } from '../support/programs/page-blocks.js'
import { runProgram } from '../support/programs/run-program.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { request } from '../support/requests/raw-request.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const found = await nginxImage()
const six = pypiPage('six', [
    pypiFile('six-1.16.0.tar.gz', '2020-01-02T03:04:05Z'),
    pypiFile('six-1.17.0.tar.gz', '2021-01-02T03:04:05Z'),
    pypiFile('six-1.18.0.tar.gz', new Date().toISOString().replace('Z', '000Z')),
])
const files = six.files.map(({ url }) => url.replace(pypiFiles, '/packages/'))

describeWhere('public packages with docker-compose.yml', found.missing ?? missingCompose(), () => {
    const image = found.missing === undefined ? found.image : ''
    const project = uniqueName()
    let cwd: string
    let s3: S3Server
    let sample: SampleIndex
    let relay: { close(): Promise<void> }
    let upstream: PypiInNetwork
    let port: number
    let environment: Record<string, string>

    async function runCompose(...words: string[]): Promise<string> {
        const [program, ...all] = [...compose, '-p', project, ...words]
        const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))
        const env = { ...Object.fromEntries(inherited), ...environment }
        return (await promisify(execFile)(program!, all, { env, cwd, timeout: 90_000 })).stdout
    }

    const container = async () => (await runCompose('ps', '-q', 'pypi')).trim()
    const status = (file: string) => statusOf(`http://127.0.0.1:${port}${file}`)

    beforeAll(async () => {
        cwd = await temporaryFolder()
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
        await rebuildSample(s3, sample)
        port = await freePort()
        environment = { ...environmentOf(s3), NGINX_IMAGE: image, PORT: `127.0.0.1:${port}` }

        // What docs/public-packages.md says, with an index in the place of PyPI.
        const blocks = pageBlocks('public-packages.md', 'With Docker Compose')
        const override = blocks.find(({ language }) => language === 'yaml')!.text
        await writeFile(path.join(cwd, 'docker-compose.override.yml'), override)
        await copyFile(path.join(root, 'docker-compose.yml'), path.join(cwd, 'docker-compose.yml'))
        const commands = blocks.at(-1)!.text.split('\n')
        await promisify(execFile)('sh', ['-c', commands[0]!], { cwd })
        const options = /generate-config --bucket my-pypi (.*)/
            .exec(commands[1]!)![1]!
            .replace('--public ', '--public https://pypi.example/simple/ --public-ca-bundle /etc/nginx/rules/ca.pem ')
            .split(' ')
        const words = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', ...options]
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
        await runCompose('up', '--no-start')
        relay = await startS3InNetwork(s3, image, `${project}_default`)
        upstream = await startPypiInNetwork(image, `${project}_default`)
        await writeFile(path.join(cwd, 'rules/ca.pem'), upstream.authority)
        publish(upstream.pypi, six)
        await runCompose('up', '-d')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
    })
    afterAll(async () => {
        await relay?.close()
        await upstream?.close()
        await runCompose('down', '--volumes')
        await s3.close()
    })

    test('pages and files of both indexes', async () => {
        const { body } = await request(port, '/simple/six/', {
            headers: { Accept: 'application/vnd.pypi.simple.v1+json' },
        })
        const { versions, meta } = JSON.parse(body.toString())
        expect([versions, meta._hidden]).toEqual([['1.16.0', '1.17.0'], { cooldown: 1 }])
        const file = await request(port, files[0]!)
        expect([file.status, file.body.toString()]).toEqual([200, six.files[0]!.filename])
        expect(await status(sample.file)).toBe(200)
        expect(await status('/simple/nothing/')).toBe(404)
    })

    test('its files are on the disk, and nginx has nothing to complain of', async () => {
        const stat = ['stat', '--file-system', '--format', '%T', '/var/cache/pypi/pypi-public-pages']
        expect((await docker('exec', await container(), ...stat)).stdout).not.toBe('tmpfs\n')
        const { stdout, stderr } = await docker('logs', await container())
        expect(complaintsIn(stdout + stderr)).toEqual([])
    })

    test('rules that an editor replaces are taken up', async () => {
        await writeFile(path.join(cwd, 'rules/deny.new'), 'six==1.17 CVE-2026-1\n')
        await rename(path.join(cwd, 'rules/deny.new'), path.join(cwd, 'rules/deny.txt'))
        const denied = await request(port, files[1]!)
        expect([denied.status, denied.body.toString()]).toEqual([403, expect.stringContaining('CVE-2026-1')])
    })

    test('a new container has the cache of the last one, while the public index is down', async () => {
        upstream.pypi.failure = 500
        await runCompose('up', '-d', '--force-recreate', 'pypi')
        await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
        expect(await status('/simple/six/')).toBe(200)
        expect(await status(files[0]!)).toBe(200)
        expect(await status(files[2]!)).toBe(502)
        expect(await status('/simple/other/')).toBe(502)
    })
})
