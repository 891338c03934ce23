import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environmentOf } from '../support/s3/bucket.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { startIndexContainer, type IndexContainer } from '../support/containers/index-container.js'
import { pipInstall } from '../support/python/pip.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { startSampleInNetwork, type SampleInNetwork } from '../support/containers/sample-in-network.js'

const found = await nginxImage()

/** A load balancer as one would write it. */
const balancerConf = (first: string, second: string) => `
upstream index {
    zone index 64k;
    server ${first}:80;
    server ${second}:80;
}
server {
    listen 80;
    location / {
        proxy_pass http://index;
        proxy_set_header Host $http_host;
        proxy_connect_timeout 2s;
    }
}
`

describeWhere('two containers behind one address', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    const balancer = uniqueName()
    const replicas: IndexContainer[] = []
    let world: SampleInNetwork
    let cwd: string
    let url: string

    beforeAll(async () => {
        cwd = await mkdtemp(path.join(tmpdir(), 'containers-'))
        world = await startSampleInNetwork(image)
        const words = ['--bucket', world.sample.bucket, '--endpoint-url', 'http://s3', '--out', 'index']
        expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
        for (let count = 0; count < 2; count++) {
            const folder = path.join(cwd, 'index')
            replicas.push(
                await startIndexContainer({
                    image,
                    network: world.network,
                    folder,
                    port: 80,
                    environment: environmentOf(world.s3),
                }),
            )
        }
        await writeFile(path.join(cwd, 'default.conf'), balancerConf(replicas[0]!.name, replicas[1]!.name))
        const mount = `${cwd}/default.conf:/etc/nginx/conf.d/default.conf:ro`
        await docker(
            ...['run', '--detach', '--name', balancer, '--network', world.network],
            ...['--publish', '127.0.0.1::80', '--volume', mount, image],
        )
        url = `http://${(await docker('port', balancer, '80')).stdout.trim()}`
        await untilStatus(`${url}/-/readyz`, 200)
    })
    afterAll(async () => {
        await docker('rm', '--force', '--volumes', balancer)
        for (const replica of replicas) await replica.remove()
        await world?.close()
        await rm(cwd, { recursive: true })
    })

    const answersOf = async (replica: IndexContainer) =>
        ((await replica.logs()).match(/"project":"demo-pkg"/g) ?? []).length

    test('both serve; one is stopped while pip installs, and no install fails', async () => {
        for (let count = 0; count < 2; count++) expect(await pipInstall(url, world.sample)).toBe(world.sample.version)
        for (const replica of replicas) await expect.poll(() => answersOf(replica)).toBeGreaterThan(0)

        const statuses = new Set<number | 'no answer'>()
        let stopped = false
        const asking = (async () => {
            while (!stopped) statuses.add(await statusOf(url + world.sample.file))
        })()
        const stopping = docker('stop', '--time', '30', replicas[0]!.name)
        for (let count = 0; count < 3; count++) expect(await pipInstall(url, world.sample)).toBe(world.sample.version)
        await stopping
        expect(await pipInstall(url, world.sample)).toBe(world.sample.version)
        stopped = true
        await asking
        expect([...statuses]).toEqual([200])
    })

    test('it was they who served: without either there is no index', async () => {
        await docker('stop', '--time', '30', replicas[1]!.name)
        expect(await statusOf(url + world.sample.file)).not.toBe(200)
        await expect(pipInstall(url, world.sample)).rejects.toThrow(/No matching distribution|Could not find/)
    })
})
