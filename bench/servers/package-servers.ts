import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '../../scripts/nginx/free-port.js'
import { publish } from '../../scripts/publish/publish.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { runNginx, stopAll, type NginxInstallation } from '../measured-nginx.js'
import { folderUpstream, generatedFiles, generatedSettings, type Place } from '../nginx-configuration.js'
import { installPrograms, runProgram, startServer } from './programs.js'

/** A package server that runs and has the wheel. */
export interface RunningServer {
    /** The address of the project page. */
    page: string
    /** The root of its process tree. */
    pid: number
    stop(): Promise<void>
}

interface StartOptions {
    /** For the files of the server. */
    folder: string
    /** The path of the wheel to serve. */
    wheel: string
    signal: AbortSignal
}

/** A package server to measure. */
export interface PackageServer {
    /** Name and version. */
    name: string
    /** Installs the server if necessary, starts it on the loopback interface, and uploads the wheel. */
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

/** Publishes the wheel, and writes the objects of the bucket as files below `root`. @param storage of the S3 server */
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
/** The first web server that pypiserver uses if it is installed. */
const waitressVersion = '3.0.2'

/** A Python program that serves a folder. @see https://github.com/pypiserver/pypiserver */
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
        // Otherwise it redirects requests for other projects to PyPI.
        const options = ['--interface', '127.0.0.1', '--port', String(port), '--disable-fallback']
        const command = [path.join(programs, 'pypi-server'), 'run', ...options, packages] as const
        const server = await startServer(command, {}, path.join(folder, 'log'), `${url}/health`, signal)
        return { ...server, page: `${url}/simple/demo/` }
    },
}

const devpiServerVersion = '6.20.3'
const devpiClientVersion = '7.3.0'

/** A Python program with a database; the index has no mirror. @see https://github.com/devpi/devpi */
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

/** A Rust program that serves a folder. @see https://github.com/blackthorn-interstellar/pypiron */
export const pypiron: PackageServer = {
    name: `pypiron ${pypironVersion}`,
    async start({ folder, wheel, signal }) {
        const programs = await installPrograms([`pypiron==${pypironVersion}`], signal)
        const port = await freePort()
        const url = `http://127.0.0.1:${port}`
        // Without a feed it does not download a list of malicious packages.
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

/** Uploads a wheel as twine does. @see https://docs.pypi.org/api/upload/ */
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
