import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { environmentOf } from '../support/s3/bucket.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { nginxImage, unprivilegedImage } from '../support/containers/container-image.js'
import { docker } from '../support/containers/docker.js'
import {
    runIndexContainer,
    startIndexContainer,
    type ContainerStart,
    type IndexContainer,
} from '../support/containers/index-container.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startSampleInNetwork, type SampleInNetwork } from '../support/containers/sample-in-network.js'
import { untilStatus } from '../support/requests/status-of.js'

const found = await nginxImage()
const unprivileged = found.missing === undefined ? await unprivilegedImage(found.image) : ''

/** What a cautious administrator takes from a container: all that `/tmp` does not give back. */
const confined = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']

describeWhere('a container that may do little', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    let world: SampleInNetwork
    let cwd: string
    let container: IndexContainer | undefined

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'containers-'))
        world = await startSampleInNetwork(image)
        for (const [out, ...options] of [['direct'], ['cached', '--cache', '/tmp', '--cache-size', '64m']]) {
            const index = ['--bucket', world.sample.bucket, '--endpoint-url', 'http://s3', '--listen', '8080']
            const outcome = await runProgram('generate-config', [...index, '--out', out!, ...options], { cwd })
            expect(outcome).toMatchObject({ status: 0 })
        }
    })
    afterEach(async () => {
        await container?.remove()
        container = undefined
    })
    afterAll(async () => {
        await world?.close()
        await rm(cwd, { recursive: true })
    })

    const start = (name: string, more: Partial<ContainerStart>): ContainerStart => ({
        ...{
            image,
            network: world.network,
            folder: path.join(cwd, name),
            port: 8080,
            environment: environmentOf(world.s3),
            ...more,
        },
    })

    test.each<[name: string, folder: string, image: string, options: string[], user: string]>([
        ['the unprivileged image', 'direct', unprivileged, confined, '101'],
        ['the unprivileged image, with a cache', 'cached', unprivileged, confined, '101'],
        ['the official image as its own user', 'direct', image, [...confined, '--user', '101:101'], '101'],
        ['any user, with a cache', 'cached', image, [...confined, '--user', '12345:0'], '12345'],
        ['an init process', 'direct', image, ['--init'], '0'],
    ])('%s: pip installs, and it ends in order', async (_name, folder, variant, options, user) => {
        container = await startIndexContainer(start(folder, { image: variant, options }))
        await untilStatus(`${container.url}/-/readyz`, 200)
        expect(await pipInstall(container.url, world.sample)).toBe(world.sample.version)
        expect(await pipInstall(container.url, world.sample)).toBe(world.sample.version)

        const { stdout } = await docker('top', container.name, '-eo', 'uid,pid,args')
        expect(stdout).toMatch(new RegExp(`^ *${user} +\\d+ +nginx: master process`, 'm'))

        await docker('stop', '--time', '30', container.name)
        const state = await docker('inspect', '--format', '{{.State.ExitCode}}', container.name)
        expect(state.stdout).toBe('0\n')
        expect(complaintsIn(await container.logs())).toEqual([])
    })

    test('without a place for its pid nginx does not start: the root is really read-only', async () => {
        container = await runIndexContainer(start('direct', { options: ['--read-only'] }))
        await docker('wait', container.name)
        expect(await container.logs()).toMatch(/\[emerg\].*\/tmp\/.*Read-only file system/)
    })
})
