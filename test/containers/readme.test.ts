import { execFile, spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { environmentOf } from '../support/s3/bucket.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker, uniqueName } from '../support/containers/docker.js'
import { kustomizeBuild, missingKustomize } from '../support/kubernetes/kustomize.js'
import { pipInstall } from '../support/python/pip.js'
import { runPod } from '../support/kubernetes/pod.js'
import { isToBeFilledIn, readmeCommands } from '../support/programs/readme.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'
import { builtProgram } from '../support/programs/run-program.js'
import { startS3InNetwork } from '../support/containers/s3-in-network.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { makeSampleIndex, type SampleIndex } from '../support/index/sample-index.js'
import { untilStatus } from '../support/requests/status-of.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const composeFile = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))
const hasPlugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0
const found = await nginxImage()
const missing = found.missing ?? (hasPlugin ? undefined : missingPrograms(['docker-compose'], 'docker-compose'))

/**
 * README's commands as they stand. Beside them there are programs that stand in for what this machine cannot have:
 * generate-config is that of this tree and names the bucket that is here, pip installs the sample. Debian's section: debian.test.ts.
 */
describeWhere('README, word for word', missing ?? missingKustomize(), () => {
    const image = found.missing === undefined ? found.image : ''
    const s3Host = 's3.storage.svc.cluster.local'
    let s3: S3Server
    let sample: SampleIndex
    let cwd: string
    let environment: Record<string, string>

    beforeAll(async () => {
        s3 = await startS3('embedded')
        sample = await makeSampleIndex(s3)
    })
    afterAll(() => s3?.close())

    beforeEach(async () => {
        cwd = await temporaryFolder()
        await mkdir(`${cwd}/bin`)
        const bucket = `--bucket ${sample.bucket} --region us-east-1 --endpoint-url http://${s3Host}`
        await standIn('generate-config', `exec ${process.execPath} ${builtProgram('generate-config')} "$@" ${bucket}`)
        await standIn('pip', 'echo "$@" > pip-was-called')
        environment = { ...process.env, ...environmentOf(s3), PATH: `${cwd}/bin:${process.env.PATH}` } as never
    })

    async function standIn(name: string, script: string): Promise<void> {
        await writeFile(`${cwd}/bin/${name}`, `#!/bin/sh\n${script}\n`)
        await chmod(`${cwd}/bin/${name}`, 0o755)
    }

    const run = (commands: string[]) =>
        promisify(execFile)('/bin/sh', ['-euc', commands.join('\n')], { cwd, env: environment, timeout: 100_000 })

    /** What pip was called with, its placeholder apart. */
    const pipWords = async () => (await readFile(`${cwd}/pip-was-called`, 'utf8')).trim()

    test('Docker', async () => {
        const commands = readmeCommands('Docker')
        // The reader writes credentials here; these are in the environment.
        expect(commands.filter(isToBeFilledIn)).toEqual(['export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…'])
        const port = await freePort()
        const project = uniqueName()
        await copyFile(composeFile, path.join(cwd, 'docker-compose.yml'))
        Object.assign(environment, { COMPOSE_PROJECT_NAME: project, PORT: `127.0.0.1:${port}`, NGINX_IMAGE: image })
        if (!hasPlugin) await standIn('docker', 'test "$1" = compose; shift; exec docker-compose "$@"')
        let relay: { close(): Promise<void> } | undefined
        try {
            await run(commands.filter((command) => !isToBeFilledIn(command)))
            relay = await startS3InNetwork(s3, image, `${project}_default`, s3Host)
            expect(await pipWords()).toBe('install --index-url http://localhost:8080/simple/ PACKAGE')
            await untilStatus(`http://127.0.0.1:${port}/-/readyz`, 200)
            expect(await pipInstall(`http://127.0.0.1:${port}`, sample)).toBe(sample.version)
        } finally {
            await relay?.close()
            await run(['docker compose down --volumes'])
        }
    })

    /**
     * kubectl stands in for a cluster: it keeps the Secret, builds the folder, and forwards no port. What it applies runs
     * as a pod. With an API server: test/kubernetes/api-server.test.ts. Not run: `kubectl rollout status`, which needs
     * controllers, and the forwarding, which needs a node.
     */
    test('Kubernetes', async () => {
        const commands = readmeCommands('Kubernetes')
        await standIn(
            'kubectl',
            `case "$1 $2" in
                "create secret") test "$*" = "create secret generic nginx-s3-pypi --from-env-file=/dev/stdin"; cat > secret;;
                "apply -k") test "$#" = 3; echo "$3" > applied;;
                "rollout status"|"port-forward service/nginx-s3-pypi") echo "$*" >> named;;
                *) exit 1;;
            esac`,
        )
        await run(commands.filter((command) => !isToBeFilledIn(command)))
        expect(await pipWords()).toBe('install --index-url http://localhost:8080/simple/ PACKAGE')
        expect((await readFile(`${cwd}/named`, 'utf8')).split('\n').sort().slice(1)).toEqual([
            'port-forward service/nginx-s3-pypi 8080:80',
            'rollout status deployment/nginx-s3-pypi',
        ])
        const folder = path.join(cwd, (await readFile(`${cwd}/applied`, 'utf8')).trim())
        const secret = (await readFile(`${cwd}/secret`, 'utf8')).trim().split('\n')
        const secrets = { 'nginx-s3-pypi': Object.fromEntries(secret.map((line) => line.split(/=(.*)/s, 2))) }
        expect(secrets['nginx-s3-pypi']).toEqual(environmentOf(s3))

        const network = uniqueName()
        await docker('network', 'create', network)
        const relay = await startS3InNetwork(s3, image, network, s3Host)
        const dns = 'kube-dns.kube-system.svc'
        const pod = await runPod(await kustomizeBuild(folder), { image, network, secrets, dns })
        try {
            const url = await pod.url('http')
            await untilStatus(`${url}/-/readyz`, 200)
            expect(await pipInstall(url, sample)).toBe(sample.version)
        } finally {
            await pod.remove()
            await relay.close()
            await docker('network', 'rm', network)
        }
    })

    test('commands that are not those of a section are noticed', () => {
        expect(() => readmeCommands('No such section')).toThrow(/no commands under No such section/)
        expect(readmeCommands('Kubernetes')[2]).toMatch(/^env \| grep .*\|\n {2}kubectl create secret/)
    })
})
