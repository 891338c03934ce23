import { docker, uniqueName } from './docker.js'
import { untilStatus } from '../requests/status-of.js'

/** A container that serves a generated folder. */
export interface IndexContainer {
    name: string
    /** On this machine's loopback. */
    url: string
    /** What nginx wrote, of both kinds. */
    logs(): Promise<string>
    remove(): Promise<void>
}

/** How a container is started. */
export interface ContainerStart {
    image: string
    network: string
    /** The generated folder. */
    folder: string
    /** The port that nginx listens on. */
    port: number
    environment: Record<string, string>
    /** More options of `docker run`. */
    options?: string[]
}

/** Starts a container as `generate-config` says, and waits until its nginx answers. */
export async function startIndexContainer(start: ContainerStart): Promise<IndexContainer> {
    const container = await runIndexContainer(start)
    try {
        await untilStatus(`${container.url}/-/healthz`, 200)
        return container
    } catch (error) {
        const logs = await container.logs()
        await container.remove()
        throw new Error(`the container does not answer:\n${logs}`, { cause: error })
    }
}

/** The same, without waiting; its nginx may have ended. */
export async function runIndexContainer(start: ContainerStart): Promise<IndexContainer> {
    const name = uniqueName()
    const environment = Object.entries(start.environment).flatMap(([key, value]) => ['--env', `${key}=${value}`])
    await docker(
        ...['run', '--detach', '--name', name, '--network', start.network, '--publish', `127.0.0.1::${start.port}`],
        ...['--volume', `${start.folder}:/etc/nginx/nginx-s3-pypi:ro`, ...environment, ...(start.options ?? [])],
        ...[start.image, 'nginx', '-c', '/etc/nginx/nginx-s3-pypi/nginx.conf', '-g', 'daemon off;'],
    )
    // One that has ended has no port.
    const published = await docker('port', name, String(start.port)).catch(() => ({ stdout: '127.0.0.1:1\n' }))
    return {
        name,
        url: `http://${published.stdout.split('\n')[0]!}`,
        logs: async () => {
            const { stdout, stderr } = await docker('logs', name)
            return stdout + stderr
        },
        remove: async () => void (await docker('rm', '--force', '--volumes', name)),
    }
}
