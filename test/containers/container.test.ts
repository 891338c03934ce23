import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GenericContainer, Network, Wait, type StartedNetwork, type StartedTestContainer } from 'testcontainers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environmentOf } from '../support/s3/bucket.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker } from '../support/containers/docker.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { makeSampleIndex, type SampleIndex } from '../support/index/sample-index.js'

// Its image comes from a registry.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'

const found = await nginxImage()
const large = Buffer.alloc(64 << 20, 'large')

describeWhere('the generated folder in the official image', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    let s3: S3Server
    let sample: SampleIndex
    let network: StartedNetwork
    let relay: { close(): Promise<void> }
    let cwd: string

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'containers-'))
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3, { 'demo-pkg/large.bin': large })
        network = await new Network().start()
        relay = await startS3InNetwork(s3, image, network.getName())
        await generate(sample.bucket)
    })
    afterAll(async () => {
        await relay?.close()
        await network?.stop()
        await s3?.close()
        await rm(cwd, { recursive: true })
    })

    async function generate(bucket: string): Promise<void> {
        const outcome = await runProgram('generate-config', ['--bucket', bucket, '--endpoint-url', 'http://s3'], {
            cwd,
        })
        expect(outcome).toMatchObject({ status: 0 })
    }

    /** Starts the image with the folder; what it answers, and its container. */
    async function start(
        environment: Record<string, string>,
    ): Promise<{ url: string; container: StartedTestContainer }> {
        const folder = path.join(cwd, 'nginx-s3-pypi')
        const container = await new GenericContainer(image)
            .withNetwork(network)
            .withEnvironment(environment)
            .withBindMounts([{ source: folder, target: '/etc/nginx/nginx-s3-pypi', mode: 'ro' }])
            .withCommand(['nginx', '-c', '/etc/nginx/nginx-s3-pypi/nginx.conf', '-g', 'daemon off;'])
            .withExposedPorts(80)
            .withWaitStrategy(Wait.forHttp('/-/healthz', 80))
            .withStartupTimeout(30_000)
            .start()
        return { url: `http://127.0.0.1:${container.getMappedPort(80)}`, container }
    }

    /** The same with the right credentials, when nginx has looked up S3, which it does after its start. */
    async function startReady() {
        const started = await start(environmentOf(s3))
        await untilStatus(started.url + sample.file, 200)
        return started
    }

    test('pip installs from it, and nothing is written but what nginx writes while it runs', async () => {
        const { url, container } = await startReady()
        expect(await pipInstall(url, sample)).toBe(sample.version)
        expect(await statusOf(`${url}/-/readyz`)).toBe(200)
        expect(await statusOf(url + sample.file)).toBe(200)
        expect(await statusOf(`${url}/other/`)).toBe(404)

        const { stdout } = await docker('diff', container.getId())
        const written = stdout.split('\n').filter((line) => /^[AD] /.test(line))
        expect(written.filter((line) => !/^A \/(?:tmp\/|etc\/nginx\/nginx-s3-pypi$)/.test(line))).toEqual([])
        await container.stop()
    })

    test.each([
        [
            'the names of 2018',
            (id: string, secret: string) => ({ AWS_ACCESS_KEY: id, AWS_SECRET_KEY: secret }),
            200,
            200,
        ],
        ['a wrong secret', (id: string) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: 'wrong' }), 503, 502],
        ['no credentials', () => ({}), 503, 503],
    ])('with %s', async (_name, environment, ready, file) => {
        const { url, container } = await start(environment(s3.accessKeyId, s3.secretAccessKey))
        expect(await statusOf(`${url}/-/healthz`)).toBe(200)
        await untilStatus(url + sample.file, file)
        expect(await statusOf(`${url}/-/readyz`)).toBe(ready)
        if (file === 200) expect(await pipInstall(url, sample)).toBe(sample.version)
        else await expect(pipInstall(url, sample)).rejects.toThrow(/No matching distribution|Could not find/)
        await container.stop()
    })

    test('the logs are the container’s, and hold no secret', async () => {
        const { url, container } = await start({ ...environmentOf(s3), AWS_SESSION_TOKEN: 'hush-token' })
        await statusOf(`${url}/demo-pkg/`)
        await expect.poll(() => docker('logs', container.getId()).then(({ stdout }) => stdout)).toContain('/demo-pkg/')
        const { stdout, stderr } = await docker('logs', container.getId())
        expect(stdout + stderr).not.toMatch(/hush|Credential=|Signature/)
        expect(stdout + stderr).not.toContain(s3.secretAccessKey)
        await container.stop()
    })

    test('SIGHUP reloads, while it serves and with the credentials it had', async () => {
        const { url, container } = await startReady()
        const workers = async () => {
            const { stdout } = await docker('top', container.getId(), '-eo', 'pid,args')
            return stdout
                .split('\n')
                .filter((line) => line.includes('worker process') && !line.includes('shutting down'))
        }
        const before = await workers()
        expect(before.length).toBeGreaterThan(0)

        const stop = new AbortController()
        const statuses = requestsUntil(stop.signal, () => statusOf(url + sample.file))
        await docker('kill', '--signal', 'HUP', container.getId())
        await expect
            .poll(async () => (await workers()).filter((line) => before.includes(line)), { timeout: 10_000 })
            .toEqual([])
        await sleep(200)
        stop.abort()
        expect(new Set(await statuses)).toEqual(new Set([200]))
        expect(await pipInstall(url, sample)).toBe(sample.version)
        expect((await docker('logs', container.getId())).stderr).not.toMatch(/\[(?:emerg|alert|crit)\]/)
        await container.stop()
    })

    test('a folder that is generated anew is served after SIGHUP, and not before', async () => {
        const { url, container } = await startReady()
        await generate('another-bucket')
        try {
            expect(await statusOf(url + sample.file)).toBe(200)
            await docker('kill', '--signal', 'HUP', container.getId())
            await untilStatus(url + sample.file, 503)
        } finally {
            await generate(sample.bucket)
        }
        await docker('kill', '--signal', 'HUP', container.getId())
        await untilStatus(url + sample.file, 200)
        await container.stop()
    })

    test('a folder that nginx refuses changes nothing', async () => {
        const { url, container } = await startReady()
        const site = path.join(cwd, 'nginx-s3-pypi/site.conf')
        const good = await readFile(site, 'utf8')
        try {
            await writeFile(site, `${good}no_directive;\n`)
            await docker('kill', '--signal', 'HUP', container.getId())
            const log = async () => (await docker('logs', container.getId())).stderr
            await expect.poll(log, { timeout: 20_000 }).toContain('unknown directive "no_directive"')
            expect(await statusOf(url + sample.file)).toBe(200)
        } finally {
            await writeFile(site, good)
        }
        await container.stop()
    })

    test('docker stop waits for the download that is under way', async () => {
        const { url, container } = await startReady()
        const response = await fetch(`${url}/demo-pkg/large.bin`)
        const reader = response.body!.getReader()
        const first = await reader.read()
        const chunks = [first.value!]

        const stopping = docker('stop', '--time', '30', container.getId())
        await expect.poll(() => statusOf(`${url}/-/healthz`)).toBe('no answer')
        for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
        expect(Buffer.concat(chunks).equals(large)).toBe(true)
        await stopping
        const { stdout } = await docker('inspect', '--format', '{{.State.ExitCode}}', container.getId())
        expect(stdout.trim()).toBe('0')
        await container.stop()
    })
})

/** Asks again and again until it is told to stop. @returns all answers */
async function requestsUntil<Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer[]> {
    const answers: Answer[] = []
    while (!signal.aborted) answers.push(await ask())
    return answers
}
