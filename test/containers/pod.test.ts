import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { environmentOf } from '../support/s3/bucket.js'
import { createAuthority } from '../support/machine/certificates.js'
import { complaintsIn } from '../support/containers/complaints.js'
import { nginxImage } from '../support/containers/container-image.js'
import { docker } from '../support/containers/docker.js'
import { kustomizeBuild, missingKustomize } from '../support/kubernetes/kustomize.js'
import { pipInstall } from '../support/python/pip.js'
import { runPod, type Cluster, type Pod } from '../support/kubernetes/pod.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startSampleInNetwork, type SampleInNetwork } from '../support/containers/sample-in-network.js'
import { rebuildSample } from '../support/index/sample-index.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { readTokenOf } from '../support/tokens/signed-tokens.js'
import { startIssuerInNetwork } from '../support/containers/s3-in-network.js'
import { mint, mintedToken, newTokenKey } from '../support/nginx/trusted-index.js'
import { request } from '../support/requests/raw-request.js'
import { githubClaims } from '../support/tokens/ci-claims.js'
import { startIssuer } from '../support/tokens/issuer-server.js'
import { basic, sendForm, sendUpload, uploaderLine } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const found = await nginxImage()
const dns = 'kube-dns.kube-system.svc'
const s3Host = 's3.storage.svc.cluster.local'
const secrets = '/etc/nginx/secrets'

describeWhere('a pod of the folder for Kubernetes', found.missing ?? missingKustomize(), () => {
    const image = found.missing === undefined ? found.image : ''
    let world: SampleInNetwork
    let cwd: string
    let pod: Pod | undefined
    let folders = 0

    beforeAll(async () => {
        cwd = await temporaryFolder()
        world = await startSampleInNetwork(image, s3Host)
    })
    afterEach(async () => {
        await pod?.remove()
        pod = undefined
    })
    afterAll(async () => {
        await world?.close()
    })

    /** Generates a folder with these options and runs a pod of it. */
    async function run(options: string[], more: Partial<Cluster> = {}): Promise<Pod> {
        const out = `out-${folders++}`
        const words = ['--bucket', world.sample.bucket, '--endpoint-url', `http://${s3Host}`, '--target', 'kubernetes']
        const outcome = await runProgram('generate-config', [...words, ...options, '--out', out], { cwd })
        expect(outcome).toMatchObject({ status: 0 })
        const manifests = await kustomizeBuild(path.join(cwd, out))
        const cluster = {
            image,
            network: world.network,
            dns,
            secrets: { 'nginx-s3-pypi': environmentOf(world.s3) },
            ...more,
        }
        pod = await runPod(manifests, cluster)
        return pod
    }

    async function expectProbes(pod: Pod): Promise<void> {
        for (const name of ['startup', 'liveness', 'readiness'] as const)
            await untilStatus((await pod.probe(name)).url, 200)
    }

    test.each<[name: string, options: string[], writable: string[]]>([
        ['as it is', [], ['/tmp']],
        [
            'with a cache',
            ['--cache', '/var/cache/nginx', '--cache-size', '64m', '--stale'],
            ['/tmp', '/var/cache/nginx'],
        ],
        ['with its credentials in files', ['--credentials', 'file'], ['/tmp']],
    ])('%s: probes are answered, pip installs, and it ends in order', async (_name, options, writable) => {
        const pod = await run(options)
        await expectProbes(pod)
        const url = await pod.url('http')
        await untilStatus(`${url}/-/readyz`, 200)
        for (let count = 0; count < 2; count++) expect(await pipInstall(url, world.sample)).toBe(world.sample.version)

        const { stdout } = await docker('top', pod.name, '-eo', 'uid,pid,args')
        expect(stdout.match(/^ *101 +\d+ +nginx: worker process$/gm)).toHaveLength(2)
        expect(stdout).not.toMatch(/^ *0 /m)
        for (const folder of ['/', '/etc/nginx', '/etc/nginx/nginx-s3-pypi', '/var/cache/nginx', '/run', '/tmp']) {
            const touched = docker('exec', pod.name, 'touch', `${folder}/x`)
            if (writable.includes(folder)) await touched
            else await expect(touched, folder).rejects.toThrow(/Read-only file system|Permission denied/)
        }
        expect(await pod.stop()).toBe(0)
        expect(complaintsIn(await pod.logs())).toEqual([])
    })

    test('files of Secrets: passwords, and TLS to the name of the certificate', async () => {
        const { key, cert } = createAuthority().issue('pypi.example.com')
        const password = `{SHA}${createHash('sha1').update('p@ss').digest('base64')}`
        const options = [
            '--htpasswd',
            `${secrets}/users`,
            '--tls-cert',
            `${secrets}/cert`,
            '--tls-key',
            `${secrets}/key`,
        ]
        const held = {
            'nginx-s3-pypi': environmentOf(world.s3),
            'nginx-s3-pypi-tls': { 'tls.crt': cert, 'tls.key': key },
            'nginx-s3-pypi-files': { htpasswd: `ci:${password}\n` },
        }
        const pod = await run(options, { secrets: held })
        const curl = async (...words: string[]) => {
            const all = ['--silent', '--output', '/dev/null', '--insecure', ...words]
            const format = '%{http_code} %{redirect_url}'
            return (await promisify(execFile)('curl', [...all, '--write-out', format])).stdout.trim()
        }
        const redirected = await pod.url('http')
        await untilStatus(`${redirected}/-/healthz`, 200)
        for (const name of ['startup', 'liveness', 'readiness'] as const)
            await expect.poll(async () => curl((await pod.probe(name)).url)).toBe('200')
        const url = await pod.url('https')
        expect(await curl(url + world.sample.file)).toBe('401')
        expect(await curl('--user', 'ci:wrong', url + world.sample.file)).toBe('401')
        expect(await curl('--user', 'ci:p@ss', url + world.sample.file)).toBe('200')
        // To the port of the Service, not to that of the pod.
        expect(await curl('--header', 'Host: pypi.example.com', `${redirected}/simple/`)).toBe(
            '301 https://pypi.example.com/simple/',
        )
    })

    test.each<[name: string, object: string, options: string[]]>([
        ['beside reading', 'nginx-s3-pypi', []],
        ['alone', 'nginx-s3-pypi-upload', ['--only', 'upload']],
    ])('uploads %s, small and large', async (_name, object, more) => {
        await rebuildSample(world.s3, world.sample)
        const options = ['--upload', '--upload-htpasswd', `${secrets}/uploaders`, '--upload-max-size', '64m', ...more]
        const held = {
            [object]: environmentOf(world.s3),
            [`${object}-files`]: { 'upload-htpasswd': uploaderLine },
        }
        const pod = await run(options, { secrets: held })
        const url = await pod.url('http')
        await untilStatus(`${url}/-/readyz`, 200)
        for (const [version, ballast] of [
            ['1.0', 0],
            ['2.0', 9 * 1024 * 1024],
        ] as const) {
            const name = `uploaded-${more.length}`
            const answer = await sendUpload(Number(new URL(url).port), makeWheel({ name, version, ballast }), { name })
            expect(answer).toMatchObject({ status: 200 })
            expect(await statusOf(`${url}/simple/${name}/`)).toBe(more.length === 0 ? 200 : 404)
        }
        expect(await pod.stop()).toBe(0)
        expect(complaintsIn(await pod.logs())).toEqual([])
    })

    test('tokens: a reader and a job of CI, with the files of Secrets and an issuer in the cluster', async () => {
        await rebuildSample(world.s3, world.sample)
        const host = 'issuer.ci.svc.cluster.local'
        const authority = createAuthority()
        const issuer = await startIssuer()
        const relay = await startIssuerInNetwork(issuer, image, world.network, host, authority.issue(host))
        onTestFinished(async () => {
            await relay.close()
            await issuer.close()
        })
        const publisher = '{issuer: hub, repository: acme/tools, environment: pypi, tag: v*, projects: acme-*}'
        const publishers =
            'audience: pypi.example.com\nissuers:\n  hub: {type: github, url: "https://' +
            `${host}"}\npublishers:\n  - ${publisher}\n`
        await writeFile(path.join(cwd, 'publishers.yaml'), publishers)
        const options = [
            ...[
                '--read-tokens',
                '--upload',
                '--token-keys',
                `${secrets}/keys`,
                '--revoked-tokens',
                `${secrets}/revoked`,
            ],
            ...['--trusted-publishers', 'publishers.yaml', '--issuer-ca-bundle', `${secrets}/issuers.pem`],
        ]
        const key = newTokenKey()
        const held = {
            'nginx-s3-pypi': environmentOf(world.s3),
            'nginx-s3-pypi-files': {
                ...{ 'token-keys': key, 'revoked-tokens': 'somebody\n' },
                'issuer-ca.crt': await readFile(authority.file, 'utf8'),
            },
        }
        const pod = await run(options, { secrets: held })
        const url = await pod.url('http')
        const port = Number(new URL(url).port)
        const signed = (subject: string) => readTokenOf(key, { subject })
        const now = () => Math.floor(Date.now() / 1000)
        const withToken = (token: string) => ({ Authorization: basic({ user: '__token__', password: token }) })
        const read = async (token: string) =>
            (await request(port, world.sample.file, { headers: withToken(token) })).status
        await untilStatus(`${url}/-/readyz`, 200)
        const reader = signed('laptop')
        for (let count = 0; count < 3; count++) expect(await read(reader)).toBe(200)
        // In the volume of the pod, for nginx only.
        const found = await docker(
            'exec',
            pod.name,
            'sh',
            '-c',
            'stat -c "%a %u" /tmp/temp-tokens; ls /tmp/temp-tokens',
        )
        expect(found.stdout).toMatch(/^700 101\n\d+\n/)

        const minted = await mintedToken(port, issuer.token(githubClaims(now())))
        const form = encodeForm(uploadParts(makeWheel({ name: 'acme-pod', version: '1.0' })))
        expect(await sendForm(port, form, { headers: withToken(minted) })).toMatchObject({ status: 200 })
        const page = await request(port, '/simple/acme-pod/', { headers: withToken(reader) })
        expect(page.status).toBe(200)
        expect(complaintsIn(await pod.logs())).toEqual([])

        expect(await read(signed('somebody'))).toBe(401)
        expect(await read(minted)).toBe(401)
        expect((await mint(port, issuer.token(githubClaims(now(), { repository: 'evil/tools' })))).status).toBe(422)
        expect(await pod.stop()).toBe(0)
        expect(await pod.logs()).not.toContain(reader.slice(0, 40))
    })

    test('with a wrong secret it lives and does not get ready', async () => {
        const wrong = { ...environmentOf(world.s3), AWS_SECRET_ACCESS_KEY: 'wrong' }
        const pod = await run([], { secrets: { 'nginx-s3-pypi': wrong } })
        await untilStatus((await pod.probe('liveness')).url, 200)
        // S3 was looked up, and refuses; before that a pod is not ready either.
        await untilStatus((await pod.url('http')) + world.sample.file, 502)
        expect(await statusOf((await pod.probe('readiness')).url)).toBe(503)
    })

    test('without a part of the credentials nothing starts', async () => {
        const secrets = { 'nginx-s3-pypi': { AWS_ACCESS_KEY_ID: 'AKIA' } }
        await expect(run([], { secrets })).rejects.toThrow(/AWS_SECRET_ACCESS_KEY in Secret nginx-s3-pypi/)
    })

    test('nginx looks for the DNS of the cluster when it starts', async () => {
        const pod = await run([], { dns: 'another.name' })
        await docker('wait', pod.name)
        expect(await pod.logs()).toMatch(/\[emerg\] .*host not found in resolver "kube-dns\.kube-system\.svc"/)
    })

    test('the volume at /tmp is needed, and the root is really read-only', async () => {
        const pod = await run([], {
            edit: ({ containers: [container] }) => {
                container!.volumeMounts = container!.volumeMounts.filter(({ name }) => name !== 'tmp')
            },
        })
        await docker('wait', pod.name)
        expect(await pod.logs()).toMatch(/\[emerg\].*\/tmp\/.*Read-only file system/)
    })
})
