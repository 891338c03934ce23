import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { environmentOf } from '../support/bucket.js'
import { nginxImage, unprivilegedImage } from '../support/container-image.js'
import { docker, uniqueName } from '../support/docker.js'
import {
    runIndexContainer,
    startIndexContainer,
    type ContainerStart,
    type IndexContainer,
} from '../support/index-container.js'
import { pipInstall } from '../support/pip.js'
import { describeWhere } from '../support/requirements.js'
import { runProgram } from '../support/run-program.js'
import { startS3InNetwork } from '../support/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3-servers.js'
import { makeSampleIndex, type SampleIndex } from '../support/sample-index.js'

const found = await nginxImage()
const unprivileged = found.missing === undefined ? await unprivilegedImage(found.image) : ''

/** What a cautious administrator takes from a container: all that `/tmp` does not give back. */
const confined = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']

describeWhere('a container that may do little', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    const network = uniqueName()
    let s3: S3Server
    let sample: SampleIndex
    let relay: { close(): Promise<void> }
    let cwd: string
    let container: IndexContainer | undefined

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'containers-'))
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
        await docker('network', 'create', network)
        relay = await startS3InNetwork(s3, image, network)
        for (const [out, ...options] of [['direct'], ['cached', '--cache', '/tmp', '--cache-size', '64m']]) {
            const index = ['--bucket', sample.bucket, '--endpoint-url', 'http://s3', '--listen', '8080']
            const outcome = await runProgram('generate-config', [...index, '--out', out!, ...options], { cwd })
            expect(outcome).toMatchObject({ status: 0 })
        }
    })
    afterEach(async () => {
        await container?.remove()
        container = undefined
    })
    afterAll(async () => {
        await relay?.close()
        await docker('network', 'rm', network)
        await s3?.close()
        await rm(cwd, { recursive: true })
    })

    const start = (name: string, more: Partial<ContainerStart>): ContainerStart => ({
        ...{ image, network, folder: path.join(cwd, name), port: 8080, environment: environmentOf(s3), ...more },
    })

    test.each<[name: string, folder: string, image: string, options: string[], user: string]>([
        ['the unprivileged image', 'direct', unprivileged, confined, '101'],
        ['the unprivileged image, with a cache', 'cached', unprivileged, confined, '101'],
        ['the official image as its own user', 'direct', image, [...confined, '--user', '101:101'], '101'],
        ['any user, with a cache', 'cached', image, [...confined, '--user', '12345:0'], '12345'],
        ['an init process', 'direct', image, ['--init'], '0'],
    ])('%s: pip installs, and it ends in order', async (_name, folder, variant, options, user) => {
        container = await startIndexContainer(start(folder, { image: variant, options }))
        expect(await pipInstall(container.url, sample)).toBe(sample.version)
        expect(await pipInstall(container.url, sample)).toBe(sample.version)

        const { stdout } = await docker('top', container.name, '-eo', 'uid,pid,args')
        expect(stdout).toMatch(new RegExp(`^ *${user} +\\d+ +nginx: master process`, 'm'))

        await docker('stop', '--time', '30', container.name)
        const state = await docker('inspect', '--format', '{{.State.ExitCode}}', container.name)
        expect(state.stdout).toBe('0\n')
        expect(await container.logs()).not.toMatch(/\[(?:warn|error|crit|alert|emerg)\]/)
    })

    test('without a place for its pid nginx does not start: the root is really read-only', async () => {
        container = await runIndexContainer(start('direct', { options: ['--read-only'] }))
        await docker('wait', container.name)
        expect(await container.logs()).toMatch(/\[emerg\].*\/tmp\/.*Read-only file system/)
    })
})
