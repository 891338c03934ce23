import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { environmentOf } from '../support/s3/bucket.js'
import { nginxImage, officialImage } from '../support/containers/container-image.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { sendUpload, uploaderLine } from '../support/uploads/send-upload.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { makeSampleIndex, rebuildSample, type SampleIndex } from '../support/index/sample-index.js'

const found = await nginxImage()

describeWhere('the commands that generate-config prints for Docker', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    let s3: S3Server
    let sample: SampleIndex
    let cwd: string

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'containers-'))
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
    })
    afterAll(async () => {
        await s3?.close()
        await rm(cwd, { recursive: true })
    })

    async function nextSteps(...words: string[]): Promise<string> {
        const { status, stdout } = await runProgram('generate-config', ['--bucket', sample.bucket, ...words], { cwd })
        expect(status).toBe(0)
        return stdout
    }

    /** Runs a command among the steps in a shell, as it stands but for what other containers of this machine may use. */
    async function runStep(steps: string, beginning: string, changes: Record<string, string>): Promise<void> {
        let command = /(?:\\\n|.)*/.exec(steps.slice(steps.indexOf(`  ${beginning}`)))![0]
        for (const [word, other] of Object.entries(changes)) {
            expect(command).toContain(word)
            command = command.replace(word, () => other)
        }
        const env = { ...process.env, ...environmentOf(s3) }
        await promisify(execFile)('/bin/sh', ['-euc', command], { cwd, env, timeout: 60_000 })
    }

    test.each([['nginx-s3-pypi'], ["my é'日本 $x+%25~"]])(
        'a network and a container, from the folder %j',
        async (folder) => {
            const name = uniqueName()
            const port = await freePort()
            const steps = await nextSteps('--endpoint-url', 'http://s3', '--out', folder)
            await runStep(steps, 'docker network create', { ' pypi': ` ${name}` })
            const relay = await startS3InNetwork(s3, image, name)
            try {
                await runStep(steps, 'docker run', {
                    '--name pypi': `--name ${name}`,
                    '--network pypi': `--network ${name}`,
                    '-p 8080:80': `-p 127.0.0.1:${port}:80`,
                    [` ${officialImage} `]: ` ${image} `,
                })
                const url = `http://127.0.0.1:${port}`
                await untilStatus(`${url}/-/readyz`, 200)
                expect(await pipInstall(url, sample)).toBe(sample.version)
            } finally {
                await docker('rm', '--force', '--volumes', name)
                await relay.close()
                await docker('network', 'rm', name)
            }
        },
    )

    test('a container with a cache, and with passwords', async () => {
        const name = uniqueName()
        const port = await freePort()
        await writeFile(path.join(cwd, 'users'), 'ci:{PLAIN}p%40ss\n')
        const words = ['--endpoint-url', s3.endpoint, '--listen', `127.0.0.1:${port}`, '--out', 'closed']
        const serving = ['--cache', '/var/cache/pypi', '--cache-size', '64m', '--htpasswd', path.join(cwd, 'users')]
        const steps = await nextSteps(...words, ...serving)
        try {
            await runStep(steps, 'docker run', {
                '--name pypi': `--name ${name}`,
                'pypi-cache:': `${name}:`,
                [` ${officialImage} `]: ` ${image} `,
            })
            await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
            expect(await statusOf(`http://127.0.0.1:${port}${sample.file}`)).toBe(401)
            const url = `http://ci:p%2540ss@127.0.0.1:${port}`
            expect(await pipInstall(url, sample)).toBe(sample.version)
            expect(await pipInstall(url, sample)).toBe(sample.version)
            const { stdout } = await docker('exec', name, 'find', '/var/cache/pypi', '-type', 'f')
            expect(stdout).toMatch(/files\/.*\n/)
            expect((await docker('logs', name)).stdout).toContain('"cache":"HIT"')
        } finally {
            await docker('rm', '--force', name)
            await docker('volume', 'rm', name)
        }
    })

    test.each([
        ['beside reading', []],
        ['alone', ['--only', 'upload']],
    ])('a container that takes uploads %s', async (_name, more) => {
        await rebuildSample(s3, sample)
        const name = uniqueName()
        const port = await freePort()
        await writeFile(path.join(cwd, 'uploaders'), uploaderLine)
        const words = ['--endpoint-url', s3.endpoint, '--listen', `127.0.0.1:${port}`, '--out', 'uploads', ...more]
        const steps = await nextSteps(...words, '--upload', '--upload-htpasswd', path.join(cwd, 'uploaders'))
        try {
            await runStep(steps, 'docker run', {
                '--name pypi': `--name ${name}`,
                [` ${officialImage} `]: ` ${image} `,
            })
            await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
            expect(steps).toContain(`uv publish --publish-url http://localhost:${port}/legacy/ --username USER dist/*`)
            const project = `uploaded-${more.length}`
            const wheel = makeWheel({ name: project, version: '1.0', ballast: 9 * 1024 * 1024 })
            expect(await sendUpload(port, wheel, { name: project })).toMatchObject({ status: 200 })
            expect(await statusOf(`http://127.0.0.1:${port}/simple/${project}/`)).toBe(more.length === 0 ? 200 : 404)
            const { stdout, stderr } = await docker('logs', name)
            expect(complaintsIn(stdout + stderr)).toEqual([])
        } finally {
            await docker('rm', '--force', '--volumes', name)
        }
    })

    test('a container in the network of the host, where S3 is', async () => {
        const name = uniqueName()
        const port = await freePort()
        const listen = `127.0.0.1:${port}`
        const steps = await nextSteps('--endpoint-url', s3.endpoint, '--listen', listen, '--out', 'host')
        expect(steps).not.toContain('docker network create')
        try {
            await runStep(steps, 'docker run', {
                '--name pypi': `--name ${name}`,
                [` ${officialImage} `]: ` ${image} `,
            })
            await untilStatus(`http://${listen}/-/readyz`, 200)
            expect(steps).toContain(`pip install --index-url http://localhost:${port}/simple/ PACKAGE`)
            expect(await pipInstall(`http://localhost:${port}`, sample)).toBe(sample.version)
        } finally {
            await docker('rm', '--force', '--volumes', name)
        }
        expect(await statusOf(`http://${listen}/-/healthz`)).toBe('no answer')
    })
})
