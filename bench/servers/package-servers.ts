import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import { publish } from '../../scripts/publish/publish.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { runNginx, stopAll, type NginxInstallation } from '../measured-nginx.js'
import { folderUpstream, generatedFiles, generatedSettings, type Place } from '../nginx-configuration.js'
import { installPrograms, runProgram, startServer } from './programs.js'

/** A package server that runs. */
export interface RunningServer {
    /** The page of the project. */
    page: string
    /** The process of which all others of the server are children. */
    pid: number
    stop(): Promise<void>
}

/** What a contender may use while it starts and runs. */
interface StartOptions {
    /** A folder of its own, which goes afterwards. */
    folder: string
    /** The wheel that it is to serve. */
    wheel: string
    signal: AbortSignal
}

/** A package server to measure. */
export interface PackageServer {
    /** With its version. */
    name: string
    /** Installs it where it is not there yet, starts it on the loopback, and gives it the wheel. */
    start(stand: StartOptions): Promise<RunningServer>
}

/**
 * nginx with one worker as `generate-config` makes it. In the place of S3 is another nginx, of which nothing is counted,
 * with the objects that the publisher wrote.
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
        async start({ folder, wheel }) {
            await chmod(folder, 0o755)
            await publishInto(path.join(folder, 'root'), path.join(folder, 's3'), wheel)
            const upstream = await runNginx(nginx, 0, folderUpstream(path.join(folder, 'root')))
            try {
                const running = await runNginx(nginx, upstream.port, files)
                return {
                    page: `http://127.0.0.1:${running.port}/demo/`,
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

/** Publishes the wheel, and writes the objects of the bucket as files below `root`. */
async function publishInto(root: string, storage: string, wheel: string): Promise<void> {
    const { server, bucket } = await startEmbeddedBucket(storage)
    try {
        await publish(bucket, [wheel])
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
/** Of the web servers that it takes by itself where they are installed, the first. */
const waitressVersion = '3.0.2'

/** https://github.com/pypiserver/pypiserver: a Python program that serves a folder. */
export const pypiserver: PackageServer = {
    name: `pypiserver ${pypiserverVersion}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms(
            [`pypiserver[cache]==${pypiserverVersion}`, `waitress==${waitressVersion}`],
            signal,
        )
        const packages = path.join(folder, 'packages')
        await mkdir(packages)
        await copyFile(wheel, path.join(packages, path.basename(wheel)))
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // What it does not have would be redirected to PyPI.
        const options = ['--interface', '127.0.0.1', '--port', String(port), '--disable-fallback']
        const command = [path.join(programs, 'pypi-server'), 'run', ...options, packages] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/health`, signal)
        return { ...server, page: `${url}/simple/demo/` }
    },
}

const devpiServerVersion = '6.20.3'
const devpiClientVersion = '7.3.0'

/** https://github.com/devpi/devpi: a Python program with a database, and an index of a user without a mirror. */
export const devpi: PackageServer = {
    name: `devpi-server ${devpiServerVersion}`,
    async start({ folder, wheel, signal }) {
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
            await devpi('upload', wheel)
        } catch (error) {
            await process_.stop()
            throw error
        }
        return { ...process_, page: `${url}/bench/private/+simple/demo/` }
    },
}

const pypironVersion = '0.0.29'
const pypironPassword = 'of-no-account'

/** https://github.com/blackthorn-interstellar/pypiron: a Rust program, in a wheel on PyPI, that serves a folder here. */
export const pypiron: PackageServer = {
    name: `pypiron ${pypironVersion}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms([`pypiron==${pypironVersion}`], signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // Without a feed it does not ask the internet for what is malicious.
        const options = [
            '--data-dir',
            path.join(folder, 'data'),
            '--bind-addr',
            `127.0.0.1:${port}`,
            '--advisory-feed',
            '',
        ]
        const command = [path.join(programs, 'pypiron'), 'serve', ...options] as const
        const environment = { PYPIRON_ADMIN_PASS: pypironPassword }
        const server = await startServer(command, environment, path.join(folder, 'log'), `${url}/health`, signal)
        try {
            await uploadToPypiron(`${url}/legacy/`, wheel)
        } catch (error) {
            await server.stop()
            throw error
        }
        return { ...server, page: `${url}/simple/demo/` }
    },
}

/** As twine does. @see https://docs.pypi.org/api/upload/ */
async function uploadToPypiron(url: string, wheel: string): Promise<void> {
    const content = await readFile(wheel)
    const [name, version] = path.basename(wheel).split('-') as [string, string]
    const form = new FormData()
    const fields = {
        ':action': 'file_upload',
        protocol_version: '1',
        metadata_version: '2.1',
        filetype: 'bdist_wheel',
        pyversion: 'py3',
        name,
        version,
        sha256_digest: createHash('sha256').update(content).digest('hex'),
    }
    for (const [field, value] of Object.entries(fields)) form.set(field, value)
    form.set('content', new Blob([content]), path.basename(wheel))
    const headers = { authorization: `Basic ${Buffer.from(`admin:${pypironPassword}`).toString('base64')}` }
    const answer = await fetch(url, { method: 'POST', headers, body: form })
    if (!answer.ok) throw new Error(`it answers an upload with ${answer.status}: ${await answer.text()}`)
}
