import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { configWords } from '../../scripts/config/option-table.js'
import { createAuthority } from '../support/machine/certificates.js'
import {
    buildTimeout,
    missingKubernetesApi,
    startKubernetesApi,
    type KubernetesApi,
} from '../support/kubernetes/kubernetes-api.js'
import { kubernetesVariants } from '../support/variants/kubernetes-variants.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

describeWhere('the API server of Kubernetes', missingKubernetesApi(), () => {
    let cwd: string
    let api: KubernetesApi
    let folders = 0

    beforeAll(async () => {
        cwd = await temporaryFolder()
        api = await startKubernetesApi()
        await api.kubectl('create', 'namespace', 'pypi')
        // It refuses pods that may do much, and warns of a Deployment of such pods.
        const restricted = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`)
        await api.kubectl('label', 'namespace', 'pypi', ...restricted)
    }, buildTimeout)
    afterAll(() => api?.close())

    /** As the printed steps say: the script of uploads is too large for the annotation of a client-side apply. */
    const applyWords = ({ upload }: { upload?: boolean }) => (upload ? ['apply', '--server-side'] : ['apply'])

    async function generate(options: object, out: string): Promise<string> {
        const words = configWords({ bucket: 'my-pypi', target: 'kubernetes', ...options })
        const outcome = await runProgram('generate-config', [...words, '--out', out], { cwd })
        expect(outcome).toMatchObject({
            status: 0,
            stderr: expect.stringMatching(/^(?:generate-config: warning: .*\n)*$/),
        })
        return path.join(cwd, out)
    }

    test.each(kubernetesVariants)('takes the folder without a warning: %s', async (_name, options) => {
        const folder = await generate(options, `dry-${folders++}`)
        const words = [...applyWords(options), '-k', folder, '--dry-run=server', '--validate=strict']
        const { stdout, stderr } = await api.kubectl(...words)
        expect(stderr).toBe('')
        expect(stdout.match(/ (?:created|serverside-applied) \(server dry run\)$/gm)).toHaveLength(
            options.only === undefined ? 8 : 6,
        )
    })

    test('changes nothing when it is applied again, and rolls the pods when a file has changed', async () => {
        const folder = await generate({}, 'applied')
        // Not what kubectl says: it sends the selector of a disruption budget each time.
        const versions = async () =>
            (await api.kubectl('get', '-k', folder, '-o', 'jsonpath={.items[*].metadata.resourceVersion}')).stdout
        await api.kubectl('apply', '-k', folder)
        const before = await versions()
        expect(before.split(' ')).toHaveLength(8)
        await api.kubectl('apply', '-k', folder)
        expect(await versions()).toBe(before)
        await api.kubectl('scale', 'deployment/nginx-s3-pypi', '--replicas=5')
        await generate({ prefix: 'team-a/' }, 'applied')
        const { stdout } = await api.kubectl('apply', '-k', folder)
        expect(stdout).toMatch(/^configmap\/nginx-s3-pypi-\w+ created$/m)
        expect(stdout).toMatch(/^deployment.apps\/nginx-s3-pypi configured$/m)
        // What the autoscaler has decided stays.
        const replicas = await api.kubectl('get', 'deployment', 'nginx-s3-pypi', '-o', 'jsonpath={.spec.replicas}')
        expect(replicas.stdout).toBe('5')
    })

    test('a folder for uploads is applied beside the one that reads, and shares nothing with it', async () => {
        const uploads = { upload: true, uploadHtpasswd: '/etc/nginx/secrets/uploaders', only: 'upload' }
        const folders = [await generate({}, 'reading'), await generate(uploads, 'uploading')]
        const names = async (folder: string) =>
            (await api.kubectl('get', '-k', folder, '-o', 'name')).stdout.trim().split('\n').sort()
        await api.kubectl('apply', '-k', folders[0]!)
        await api.kubectl(...applyWords(uploads), '-k', folders[1]!)
        const before = await api.kubectl('get', '-k', folders[0]!, '-o', 'yaml')
        const [reading, uploading] = [await names(folders[0]!), await names(folders[1]!)]
        expect(uploading.filter((name) => reading.includes(name))).toEqual([])
        expect(uploading).toContain('deployment.apps/nginx-s3-pypi-upload')
        const selected = 'app.kubernetes.io/name=nginx-s3-pypi'
        const { stdout } = await api.kubectl('get', 'deployments', '-l', selected, '-o', 'name')
        expect(stdout).toBe('deployment.apps/nginx-s3-pypi\n')
        await api.kubectl('delete', '-k', folders[1]!)
        expect((await api.kubectl('get', '-k', folders[0]!, '-o', 'yaml')).stdout).toBe(before.stdout)
    })

    test('an index that was applied takes uploads later, and no field is in conflict', async () => {
        const uploads = { upload: true, uploadHtpasswd: '/etc/nginx/secrets/uploaders' }
        await api.kubectl('apply', '-k', await generate({}, 'later'))
        await api.kubectl('scale', 'deployment/nginx-s3-pypi', '--replicas=5')
        await api.kubectl(...applyWords(uploads), '-k', await generate(uploads, 'later'))
        const { stdout } = await api.kubectl('get', 'deployment', 'nginx-s3-pypi', '-o', 'jsonpath={.spec}')
        expect(JSON.parse(stdout)).toMatchObject({
            replicas: 5,
            template: { spec: { terminationGracePeriodSeconds: 900 } },
        })
    })

    describe('pods', () => {
        /** The pod of the Deployment, as YAML. */
        async function pod(edit: (spec: never) => void): Promise<string> {
            const folder = await generate({ cache: '/var/cache/nginx' }, 'pod')
            const deployment = parseAllDocuments(await readFile(`${folder}/deployment.yaml`, 'utf8'))[0]!.toJS()
            const { spec } = deployment.spec.template
            edit(spec as never)
            const file = path.join(cwd, 'pod.yaml')
            await writeFile(file, stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' }, spec }))
            return file
        }

        test('are restricted', async () => {
            const { stdout } = await api.kubectl('create', '--dry-run=server', '-f', await pod(() => {}))
            expect(stdout).toBe('pod/pod created (server dry run)\n')
        })

        // eslint-disable-next-line @typescript-eslint/no-explicit-any
        test.each<[name: string, edit: (spec: any) => void, words: RegExp]>([
            ['may be root', (spec) => delete spec.securityContext.runAsNonRoot, /runAsNonRoot != true/],
            ['have every system call', (spec) => delete spec.securityContext.seccompProfile, /seccompProfile/],
            ['keep capabilities', (spec) => delete spec.containers[0].securityContext.capabilities, /capabilities/],
            [
                'may become more',
                (spec) => delete spec.containers[0].securityContext.allowPrivilegeEscalation,
                /allowPrivilegeEscalation != false/,
            ],
            ['see the node', (spec) => (spec.volumes[1] = { name: 'tmp', hostPath: { path: '/' } }), /hostPath/],
        ])('that %s are refused', async (_name, edit, words) => {
            const file = await pod(edit)
            await expect(api.kubectl('create', '--dry-run=server', '-f', file)).rejects.toThrow(words)
        })
    })

    describe('what no schema knows is refused', () => {
        test.each([
            [
                'a port that has no name',
                'network-policy.yaml',
                'port: http',
                'port: no_such_name',
                /network policy|port/i,
            ],
            [
                'a volume that is not there',
                'deployment.yaml',
                '- name: tmp\n          emptyDir',
                '- name: temp\n          emptyDir',
                /volumeMounts\[1\]\.name: Not found: "tmp"/,
            ],
            [
                'a selector of other pods',
                'deployment.yaml',
                /(template:\n +metadata:\n +labels:\n +app\.kubernetes\.io\/name: )\S+/,
                '$1other',
                /selector.*does not match template `?labels/,
            ],
            [
                'more pods at least than at most',
                'horizontal-pod-autoscaler.yaml',
                'maxReplicas: 10',
                'maxReplicas: 1',
                /maxReplicas/,
            ],
        ])('%s', async (_name, file, right, wrong, words) => {
            const folder = await generate({}, 'broken')
            const text = await readFile(path.join(folder, file), 'utf8')
            expect(text.replace(right, wrong)).not.toBe(text)
            await writeFile(path.join(folder, file), text.replace(right, wrong))
            try {
                await expect(api.kubectl('apply', '-k', folder, '--dry-run=server')).rejects.toThrow(words)
            } finally {
                await writeFile(path.join(folder, file), text)
            }
        })
    })

    test('the commands that make the Secrets make what the pods ask for', async () => {
        const { key, cert } = createAuthority().issue('pypi.example.com')
        for (const [name, text] of Object.entries({ 'cert.pem': cert, 'key.pem': key, users: 'ci:x\n' }))
            await writeFile(path.join(cwd, name), text)
        const secrets = '/etc/nginx/secrets'
        const files = [
            '--tls-cert',
            `${secrets}/cert.pem`,
            '--tls-key',
            `${secrets}/key.pem`,
            '--htpasswd',
            `${secrets}/users`,
        ]
        const words = ['--bucket', 'my-pypi', '--target', 'kubernetes', ...files, '--out', 'secrets']
        const { stdout: steps } = await runProgram('generate-config', words, { cwd })
        const commands = /:\n\n((?: {2}.*\n)+)\nThen/.exec(steps)![1]!
        const environment = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'a=b/c+d $e"\'' }
        await promisify(execFile)('/bin/sh', ['-euc', commands], { cwd, env: { ...api.environment, ...environment } })
        const secret = async (name: string): Promise<Record<string, string>> =>
            JSON.parse((await api.kubectl('get', 'secret', name, '-o', 'jsonpath={.data}')).stdout)
        const made = await secret('nginx-s3-pypi')
        const decoded = Object.entries(made).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])
        expect(Object.fromEntries(decoded)).toEqual(environment)
        expect(Object.keys(await secret('nginx-s3-pypi-tls')).sort()).toEqual(['tls.crt', 'tls.key'])
        expect(Object.keys(await secret('nginx-s3-pypi-files'))).toEqual(['htpasswd'])
    })
})
