import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { stopAll, type NginxInstallation } from '../measured-nginx.js'
import type { RunningServer } from '../servers/package-servers.js'
import { installPrograms, runProgram, startServer } from '../servers/programs.js'
import { runPublic } from './public-nginx.js'

export interface ProxyOptions {
    /** For the files of the proxy. */
    folder: string
    /** The index behind it, without a path. */
    origin: string
    signal: AbortSignal
}

/** A caching proxy to measure. */
export interface Proxy {
    /** Name and version. */
    name: string
    /** Starts it with an empty cache on the loopback interface. */
    start(options: ProxyOptions): Promise<RunningServer>
}

/** Clients that ask the index itself. */
export const noProxy: Proxy = {
    name: 'no proxy',
    start: async ({ origin }) => ({ index: `${origin}/simple/`, pid: 0, stop: async () => {} }),
}

/** nginx with the files of `generate-config --public`, in front of an empty bucket. */
export function ourProxy(nginx: NginxInstallation, workers: number, cooldown: string): Proxy {
    return {
        name: `nginx-s3-pypi, nginx ${nginx.name}`,
        async start({ folder, origin }) {
            const { server } = await startEmbeddedBucket(path.join(folder, 's3'))
            const storage = { stop: () => server.close() }
            try {
                const port = Number(new URL(server.endpoint).port)
                const running = await runPublic(nginx, nginx.engines[0]!, port, { workers, origin, cooldown })
                return {
                    index: `http://127.0.0.1:${running.port}/simple/`,
                    pid: running.master,
                    stop: () => stopAll([running, storage]),
                }
            } catch (error) {
                await storage.stop()
                throw error
            }
        },
    }
}

const proxpiVersion = '1.3.1'
const gunicornVersion = '27.0.1'

/** A Python program; one process with two threads, as in its container. @see https://github.com/EpicWink/proxpi */
export const proxpi: Proxy = {
    name: `proxpi ${proxpiVersion}`,
    async start({ folder, origin, signal }) {
        const programs = await installPrograms([`proxpi==${proxpiVersion}`, `gunicorn==${gunicornVersion}`], signal)
        const address = `127.0.0.1:${await freePort()}`
        const command = [
            path.join(programs, 'gunicorn'),
            ...['--bind', address, '--threads', '2', '--log-level', 'warning', 'proxpi.server:app'],
        ] as const
        const environment = { PROXPI_INDEX_URL: `${origin}/simple/`, PROXPI_CACHE_DIR: path.join(folder, 'cache') }
        const server = await startServer(
            command,
            environment,
            path.join(folder, 'log'),
            `http://${address}/health`,
            signal,
        )
        return { ...server, index: `http://${address}/index/` }
    },
}

const pypironVersion = '0.0.29'

/** A Rust program with a folder. @see https://github.com/blackthorn-interstellar/pypiron */
export const pypiron: Proxy = {
    name: `pypiron ${pypironVersion}`,
    async start({ folder, origin, signal }) {
        const programs = await installPrograms([`pypiron==${pypironVersion}`], signal)
        const address = `127.0.0.1:${await freePort()}`
        const url = `http://${address}`
        const command = [
            ...[path.join(programs, 'pypiron'), 'serve', '--bind-addr', address],
            ...['--data-dir', path.join(folder, 'data'), '--proxy-upstream', origin, '--allow-insecure-upstream'],
            // Without a feed it does not download a list of malicious packages.
            ...['--advisory-feed', ''],
        ] as const
        const server = await startServer(
            command as unknown as [string, ...string[]],
            {},
            path.join(folder, 'log'),
            `${url}/health`,
            signal,
        )
        return { ...server, index: `${url}/simple/` }
    },
}

const devpiServerVersion = '6.20.3'
const devpiClientVersion = '7.3.0'

/** A Python program with a database; a mirror index. @see https://github.com/devpi/devpi */
export const devpiMirror: Proxy = {
    name: `devpi-server ${devpiServerVersion}`,
    async start({ folder, origin, signal }) {
        const programs = await installPrograms(
            [`devpi-server==${devpiServerVersion}`, `devpi-client==${devpiClientVersion}`],
            signal,
        )
        const data = ['--serverdir', path.join(folder, 'server')]
        const program = (name: string) => path.join(programs, name)
        await runProgram(program('devpi-init'), [...data, '--no-root-pypi'], {}, signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        const command = [program('devpi-server'), ...data, '--host', '127.0.0.1', '--port', String(port)] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/+api`, signal)
        try {
            const own = ['--clientdir', path.join(folder, 'client')]
            const devpi = (name: string, ...words: string[]) =>
                runProgram(program('devpi'), [name, ...own, ...words], {}, signal)
            await devpi('use', url)
            await devpi('user', '-c', 'bench', 'password=bench')
            await devpi('login', 'bench', '--password=bench')
            await devpi('index', '-c', 'mirror', 'type=mirror', `mirror_url=${origin}/simple/`)
        } catch (error) {
            await server.stop()
            throw error
        }
        return { ...server, index: `${url}/bench/mirror/+simple/` }
    },
}
