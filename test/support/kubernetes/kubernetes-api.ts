import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isKept, keep } from '../machine/kept.js'
import { unusedPorts } from '../machine/ports.js'
import { missingPrograms } from '../machine/requirements.js'
import { temporaryFolder } from '../machine/temporary-folder.js'

/** The Kubernetes whose API server is built and asked. */
const version = 'v1.35.4'
const kept = `kubernetes-${version}`
const script = (name: string) => fileURLToPath(new URL(`../servers/${name}.sh`, import.meta.url))

/** How long the build may take on a busy machine, in milliseconds. */
export const buildTimeout = 1_800_000

/** What is missing to ask a real API server. Who did not ask for it is not made to build one. */
export function missingKubernetesApi(): string | undefined {
    if (isKept(kept)) return undefined
    const missing = missingPrograms(['go', 'openssl', 'curl'], 'golang openssl curl')
    if (missing !== undefined) return missing
    const { CI, TEST_KUBERNETES_API: wanted } = process.env
    return CI === 'true' || wanted !== undefined
        ? undefined
        : `it is not built: TEST_KUBERNETES_API=1 builds Kubernetes ${version} from its Go modules, for five minutes`
}

/** A running API server, without controllers and nodes. */
export interface KubernetesApi {
    /** Where a command finds kubectl and this server. */
    environment: Record<string, string>
    /** Runs kubectl as its administrator. @returns its output and, apart, its warnings; rejects with what it says */
    kubectl(...words: string[]): Promise<{ stdout: string; stderr: string }>
    close(): Promise<void>
}

/** Builds it where it is not built, and starts it. It ends with `close`, or with this process. */
export async function startKubernetesApi(): Promise<KubernetesApi> {
    const programs = await keep(kept, (folder) =>
        promisify(execFile)(script('kubernetes-build'), [version, folder], { timeout: buildTimeout }),
    )
    const folder = await temporaryFolder()
    const [port, etcd, peer] = await unusedPorts(3)
    const token = 'administrator'
    const child = spawn(script('kubernetes-api'), [programs, `${folder}/state`, `${port}`, `${etcd}`, `${peer}`], {
        env: { PATH: process.env.PATH, TOKEN: token },
        stdio: ['pipe', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
    const ended = once(child, 'close')
    await Promise.race([once(child.stdout, 'data'), ended])
    if (!output.startsWith('ready\n')) throw new Error(`the API server did not start:\n${output}`)

    const kubeconfig = path.join(folder, 'config')
    const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }
    const config = {
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
        clusters: [{ name: 'test', cluster }],
        users: [{ name: 'test', user: { token } }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'pypi' } }],
    }
    await writeFile(kubeconfig, JSON.stringify(config))
    const environment = { PATH: `${programs}:${process.env.PATH}`, HOME: folder, KUBECONFIG: kubeconfig }
    return {
        environment,
        kubectl: (...words) => promisify(execFile)(`${programs}/kubectl`, words, { env: environment, timeout: 60_000 }),
        close: async () => {
            child.stdin.destroy()
            await ended
        },
    }
}
