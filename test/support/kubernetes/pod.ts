import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { docker, uniqueName } from '../containers/docker.js'
import { temporaryFolder } from '../machine/temporary-folder.js'

/** The part of a pod's specification that the engine runs; what it does not know of fails the test. */
interface Container {
    image: string
    command: string[]
    ports: { name: string; containerPort: number }[]
    env: { name: string; value?: string; valueFrom?: { secretKeyRef: SecretKey & { name: string } } }[]
    resources: { limits: { memory: string } }
    securityContext: {
        allowPrivilegeEscalation: boolean
        readOnlyRootFilesystem: boolean
        capabilities: { drop: string[] }
    }
    lifecycle: { preStop: { exec: { command: string[] } } }
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
    [probe: `${string}Probe`]: { httpGet: { path: string; port: string; scheme?: string } }
}

interface SecretKey {
    key: string
    optional?: boolean
    path?: string
}

interface Volume {
    name: string
    configMap?: { name: string }
    emptyDir?: { sizeLimit: string }
    secret?: { secretName: string; defaultMode: number }
    projected?: {
        defaultMode?: number
        sources: { secret?: { name: string; items: SecretKey[] }; configMap?: { name: string } }[]
    }
}

interface PodSpec {
    containers: Container[]
    volumes: Volume[]
    securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number }
}

interface ConfigMap {
    metadata: { name: string }
    data: Record<string, string>
}

/** What a cluster would have besides the folder. */
export interface Cluster {
    image: string
    network: string
    /** The text of each key, by the name of the Secret. */
    secrets: Record<string, Record<string, string>>
    /** Changes the specification, to see that it matters. */
    edit?: (spec: PodSpec) => void
    /** The Service of DNS; Docker's own answers for it. */
    dns?: string
}

/** A container that runs as the kubelet would run it. */
export interface Pod {
    name: string
    /** Of the container's port with this name, on this machine's loopback. */
    url(port: string): Promise<string>
    /** What the kubelet asks. */
    probe(name: 'startup' | 'liveness' | 'readiness'): Promise<{ url: string }>
    /** Runs what comes before the end, and ends it. @returns the exit status */
    stop(): Promise<number>
    logs(): Promise<string>
    remove(): Promise<void>
}

/** Runs the pods' one container, from the objects that kustomize has built, with the container engine. */
export async function runPod(manifests: string, cluster: Cluster): Promise<Pod> {
    const objects = parseAllDocuments(manifests, { version: '1.1' }).map((document) => document.toJS())
    const spec = structuredClone(objects.find(({ kind }) => kind === 'Deployment').spec.template.spec) as PodSpec
    cluster.edit?.(spec)
    const container = spec.containers[0]!
    const configMaps = objects.filter(({ kind }) => kind === 'ConfigMap')
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)

    const mounts: string[] = []
    for (const { name, mountPath, readOnly } of container.volumeMounts) {
        const volume = spec.volumes.find((each) => each.name === name)!
        const source = path.join(folder, name)
        await mkdir(source)
        // An emptyDir is a folder of the node that anyone in the pod may write to.
        if (volume.emptyDir !== undefined) await chmod(source, 0o777)
        for (const [file, { text, mode }] of Object.entries(filesOf(volume, configMaps, cluster.secrets))) {
            await writeFile(path.join(source, file), text)
            await chown(path.join(source, file), 0, spec.securityContext.fsGroup)
            await chmod(path.join(source, file), mode)
        }
        mounts.push('--volume', `${source}:${mountPath}${readOnly ? ':ro' : ''}`)
    }
    const { securityContext, resources, command, ports } = container
    const name = uniqueName()
    await docker(
        ...['run', '--detach', '--name', name, '--network', cluster.network],
        ...['--user', `${spec.securityContext.runAsUser}:${spec.securityContext.runAsGroup}`],
        ...(securityContext.readOnlyRootFilesystem ? ['--read-only'] : []),
        ...(securityContext.allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
        ...securityContext.capabilities.drop.flatMap((capability) => ['--cap-drop', capability]),
        ...['--memory', resources.limits.memory.replace(/i$/, '').toLowerCase()],
        ...ports.flatMap(({ containerPort }) => ['--publish', `127.0.0.1::${containerPort}`]),
        ...environmentOf(container, cluster.secrets),
        ...mounts,
        ...(cluster.dns === undefined ? [] : ['--add-host', `${cluster.dns}:127.0.0.11`]),
        ...['--entrypoint', command[0]!, cluster.image, ...command.slice(1)],
    )
    const url = async (port: string) => {
        const { containerPort } = ports.find((each) => each.name === port)!
        const published = (await docker('port', name, String(containerPort))).stdout.split('\n')[0]!
        return `${port}://${published}`
    }
    return {
        name,
        url,
        probe: async (probe) => {
            const { path, port, scheme = 'HTTP' } = container[`${probe}Probe`]!.httpGet
            return { url: (await url(port)).replace(/^\w+/, scheme.toLowerCase()) + path }
        },
        stop: async () => {
            await docker('exec', name, ...container.lifecycle.preStop.exec.command)
            await docker('stop', '--time', '30', name)
            return Number((await docker('inspect', '--format', '{{.State.ExitCode}}', name)).stdout)
        },
        logs: async () => {
            const { stdout, stderr } = await docker('logs', name)
            return stdout + stderr
        },
        remove: async () => void (await docker('rm', '--force', '--volumes', name)),
    }
}

type Files = Record<string, { text: string; mode: number }>

function filesOf(volume: Volume, configMaps: ConfigMap[], secrets: Cluster['secrets']): Files {
    const files: Files = {}
    const addConfigMap = (name: string) => {
        const map = configMaps.find(({ metadata }) => metadata.name === name)
        for (const [file, text] of Object.entries(map!.data)) files[file] = { text, mode: 0o644 }
    }
    if (volume.configMap !== undefined) addConfigMap(volume.configMap.name)
    for (const [key, text] of Object.entries(secrets[volume.secret?.secretName ?? ''] ?? {}))
        files[key] = { text, mode: volume.secret!.defaultMode }
    for (const { secret, configMap } of volume.projected?.sources ?? []) {
        if (configMap !== undefined) addConfigMap(configMap.name)
        for (const { key, path } of secret?.items ?? [])
            files[path!] = { text: keyOf(secrets, secret!.name, key), mode: volume.projected!.defaultMode! }
    }
    return files
}

function environmentOf(container: Container, secrets: Cluster['secrets']): string[] {
    return container.env.flatMap(({ name, value, valueFrom }) => {
        if (valueFrom === undefined) return ['--env', `${name}=${value}`]
        const { name: secret, key, optional } = valueFrom.secretKeyRef
        if (optional && secrets[secret]?.[key] === undefined) return []
        return ['--env', `${name}=${keyOf(secrets, secret, key)}`]
    })
}

/** Without it the kubelet starts no container. */
function keyOf(secrets: Cluster['secrets'], secret: string, key: string): string {
    const text = secrets[secret]?.[key]
    if (text === undefined) throw new Error(`couldn't find key ${key} in Secret ${secret}`)
    return text
}
