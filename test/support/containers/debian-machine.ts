import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { docker, uniqueName } from './docker.js'
import { keep } from '../machine/kept.js'
import { missingEngine, missingPrograms } from '../machine/requirements.js'

const folder = fileURLToPath(new URL('../../containers/debian-machine/', import.meta.url))

/** What is missing to boot a Debian in a container. */
export function missingDebianMachine(): string | undefined {
    return missingEngine() ?? missingPrograms(['mmdebstrap'], 'mmdebstrap')
}

/** A Debian that systemd has booted, with nginx as its service. */
export interface DebianMachine {
    /** Of its port 80, on this machine's loopback. */
    url: string
    /** Runs commands as root in its /root, with this environment. @returns their output */
    run(commands: string, environment?: Record<string, string>): Promise<string>
    /** Copies a folder into its /root. */
    copy(source: string): Promise<void>
    remove(): Promise<void>
}

/** Makes an image of the suite, unless there is one, and boots it. */
export async function bootDebian(suite: string, network: string): Promise<DebianMachine> {
    const hash = createHash('sha256')
    for (const name of readdirSync(folder).sort()) hash.update(readFileSync(folder + name))
    const content = hash.digest('hex').slice(0, 12)
    const context = await keep(`debian-machine-${suite}-${content}`, (made) =>
        promisify(execFile)(`${folder}build.sh`, [suite, made]),
    )
    const tag = `nginx-s3-pypi-debian-${suite}:${content}`
    await promisify(execFile)('docker', ['build', '--quiet', '--tag', tag, context])
    const name = uniqueName()
    await docker(
        ...['run', '--detach', '--name', name, '--network', network, '--publish', '127.0.0.1::80'],
        // systemd mounts things and makes control groups of its own.
        ...['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
        ...[
            '--cgroupns',
            'private',
            '--volume',
            '/sys/fs/cgroup:/sys/fs/cgroup:rw',
            '--tmpfs',
            '/run',
            '--tmpfs',
            '/tmp',
        ],
        tag,
    )
    const run = async (commands: string, environment: Record<string, string> = {}) => {
        const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`])
        const { stdout } = await docker('exec', '--workdir', '/root', ...variables, name, 'sh', '-euc', commands)
        return stdout
    }
    // "degraded" where a service of the machine's own is of no use in a container.
    await run(`for i in $(seq 150); do
        case $(systemctl is-system-running || true) in running|degraded) exit 0;; esac
        sleep .2
    done; exit 1`)
    return {
        url: `http://${(await docker('port', name, '80')).stdout.split('\n')[0]!}`,
        run,
        copy: async (source) => void (await docker('cp', source, `${name}:/root/`)),
        remove: async () => void (await docker('rm', '--force', '--volumes', name)),
    }
}
