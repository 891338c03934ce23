import { chmod, copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import { publish } from '../../scripts/publish/publish.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { runNginx, stopAll, type NginxInstallation } from '../measured-nginx.js'
import { folderUpstream, generatedFiles, generatedSettings, type Place } from '../nginx-configuration.js'
import { installPrograms, runProgram, startServer } from './programs.js'

/** A package server that runs and has the wheels. Its pages may show the last ones a moment later. */
export interface RunningServer {
    /** The address of the simple index, with a slash at its end. */
    index: string
    /** The root of its process tree. */
    pid: number
    stop(): Promise<void>
}

export interface StartOptions {
    /** For the files of the server. */
    folder: string
    /** The paths of the wheels to serve. */
    wheels: readonly string[]
    signal: AbortSignal
}

/** A package server to measure. */
export interface PackageServer {
    /** Name and version. */
    name: string
    /** Whether it redirects requests for files; false by default. */
    redirects?: boolean
    /** Projects with more files are not published into it, since that takes it many minutes; no limit by default. */
    mostFiles?: number
    /** Installs the server if necessary, starts it on the loopback interface, and uploads the wheels. */
    start(options: StartOptions): Promise<RunningServer>
}

/**
 * nginx with one worker and the files of `generate-config`. Another nginx, which is not measured, serves the objects of
 * the publisher in place of S3.
 */
export function nginxServer(nginx: NginxInstallation, cache: boolean): PackageServer {
    const files = (place: Place) => {
        const settings = generatedSettings(nginx, place, {
            ...(cache ? { cache: place.folder } : { signature: 'v4' }),
            ...(nginx.engines.includes('qjs') && { jsEngine: nginx.engines[0]! }),
        })
        return generatedFiles(settings, nginx, place, 1)
    }
    return {
        name: `nginx-s3-pypi, nginx ${nginx.name}${cache ? ', with cache' : ''}`,
        async start({ folder, wheels }) {
            await chmod(folder, 0o755)
            await publishInto(path.join(folder, 'root'), path.join(folder, 's3'), wheels)
            const upstream = await runNginx(nginx, 0, folderUpstream(path.join(folder, 'root')))
            try {
                const running = await runNginx(nginx, upstream.port, files)
                return {
                    index: `http://127.0.0.1:${running.port}/`,
                    pid: running.master,
                    stop: () => stopAll([running, upstream]),
                }
            } catch (error) {
                await upstream.stop()
                throw error
            }
        },
    }
}

/** Publishes the wheels, and writes the objects of the bucket as files below `root`. @param storage of the S3 server */
async function publishInto(root: string, storage: string, wheels: readonly string[]): Promise<void> {
    const { server, bucket } = await startEmbeddedBucket(storage)
    try {
        await publish(bucket, wheels)
        for await (const { key } of bucket.list()) {
            const file = path.join(root, bucket.name, key)
            await mkdir(path.dirname(file), { recursive: true })
            await bucket.download(key, file)
        }
    } finally {
        await server.close()
    }
}

const pypiserverVersion = '2.4.2'
/** The first web server that pypiserver uses if it is installed. */
const waitressVersion = '3.0.2'

/** A Python program that serves a folder. @see https://github.com/pypiserver/pypiserver */
export const pypiserver: PackageServer = {
    name: `pypiserver ${pypiserverVersion}`,
    async start({ folder, wheels, signal }) {
        const programs = await installPrograms(
            [`pypiserver[cache]==${pypiserverVersion}`, `waitress==${waitressVersion}`],
            signal,
        )
        const packages = path.join(folder, 'packages')
        await mkdir(packages)
        for (const wheel of wheels) await copyFile(wheel, path.join(packages, path.basename(wheel)))
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // Otherwise it redirects requests for other projects to PyPI.
        const options = ['--interface', '127.0.0.1', '--port', String(port), '--disable-fallback']
        const command = [path.join(programs, 'pypi-server'), 'run', ...options, packages] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/health`, signal)
        return { ...server, index: `${url}/simple/` }
    },
}

const devpiServerVersion = '6.20.3'
const devpiClientVersion = '7.3.0'

/** A Python program with a database; the index has no mirror. @see https://github.com/devpi/devpi */
export const devpi: PackageServer = {
    name: `devpi-server ${devpiServerVersion}`,
    async start({ folder, wheels, signal }) {
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
        const process_ = await startServer(command, {}, path.join(folder, 'log'), `${url}/+api`, signal)
        try {
            const own = ['--clientdir', path.join(folder, 'client')]
            const devpi = (name: string, ...words: string[]) =>
                runProgram(program('devpi'), [name, ...own, ...words], {}, signal)
            await devpi('use', url)
            await devpi('user', '-c', 'bench', 'password=bench')
            await devpi('login', 'bench', '--password=bench')
            await devpi('index', '-c', 'private', 'bases=')
            await devpi('use', 'bench/private')
            await devpi('upload', ...wheels)
        } catch (error) {
            await process_.stop()
            throw error
        }
        return { ...process_, index: `${url}/bench/private/+simple/` }
    },
}
