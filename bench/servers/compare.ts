import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openBucket } from '../../scripts/s3/bucket.js'
import { access, clientEnvironment, startCountingProxy, startEmbeddedS3, type CountingProxy } from '../embedded-s3.js'
import { runWrk } from '../load.js'
import { stopAll, type NginxInstallation } from '../measured-nginx.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import { writeWheel } from '../wheels.js'
import { devpi, nginxServer, pypiserver, type PackageServer, type RunningServer } from './package-servers.js'
import { installPrograms, runProgram, treeMicroseconds } from './programs.js'
import { pypironServer } from './pypiron.js'

/** Speed and CPU time of a package server for one path. */
interface ServerCost {
    /** Name and version. */
    server: string
    path: 'page' | 'file'
    perSecond: Spread
    /** CPU time of all processes of the server for a request, user and system. Microseconds. */
    microseconds: Spread
    /** Latencies that 50 and 99 of 100 requests did not exceed. Milliseconds. */
    p50: Spread
    p99: Spread
}

/** Time and requests of a publisher that uploads one wheel. */
interface PublisherCost {
    /** Name and version. */
    publisher: string
    /** Files of the project before the upload. */
    files: number
    /** Wall time of the whole program. Seconds. */
    seconds: Spread
    /** Requests to S3, retries included. */
    requests: number
}

/** A server or publisher that could not be measured. */
interface Missing {
    name: string
    reason: string
}

export interface ServersReport {
    servers: ServerCost[]
    publishers: PublisherCost[]
    missing: Missing[]
}

/** Compares nginx-s3-pypi with other package servers and publishers. */
export async function compareServers(
    nginx: NginxInstallation,
    wrk: string,
    options: RoundOptions,
    context: RunContext,
): Promise<ServersReport> {
    return inTemporaryFolder('servers', async (folder) => {
        const packageServers = [nginxServer(nginx, false), nginxServer(nginx, true), pypiserver, devpi, pypironServer()]
        const { servers, missing } = await measureServers(packageServers, wrk, folder, options, context)
        const uploads = await measurePublishers(folder, options, context)
        return { servers, publishers: uploads.publishers, missing: [...missing, ...uploads.missing] }
    })
}

/** A running server, with the addresses of the project page and of the wheel. */
interface ReadyServer {
    name: string
    server: RunningServer
    urls: { page: string; file: string }
}

type Turn = Record<'perSecond' | 'microseconds' | 'p50' | 'p99', number>

/** Seconds after which a missing answer is an error. */
const timeout = 10

/**
 * Measures package servers that serve the same project with one wheel of 1 KB. A server that cannot be installed or
 * started goes into `missing`.
 *
 * @param folder for the files of the servers
 */
async function measureServers(
    packageServers: readonly PackageServer[],
    wrk: string,
    folder: string,
    options: RoundOptions,
    context: RunContext,
): Promise<{ servers: ServerCost[]; missing: Missing[] }> {
    const wheel = await writeWheel(folder, 'demo', '1.0', 600)
    const running: RunningServer[] = []
    const ready: ReadyServer[] = []
    const missing: Missing[] = []
    try {
        for (const [index, { name, start }] of packageServers.entries()) {
            context.onProgress(`${name}: starts`)
            const own = path.join(folder, String(index))
            await mkdir(own)
            try {
                const server = await start({ folder: own, wheels: [wheel], signal: context.signal })
                running.push(server)
                const page = `${server.index}demo/`
                const readyServer = { name, server, urls: { page, file: await fileOn(page) } }
                // Not counted. It fills caches, and shows whether the server bears the load.
                for (const url of Object.values(readyServer.urls)) {
                    await runWrk(wrk, { folder, url, seconds: options.seconds, timeout })
                }
                ready.push(readyServer)
            } catch (error) {
                context.signal.throwIfAborted()
                missing.push({ name, reason: (error as Error).message })
            }
        }
        const servers: ServerCost[] = []
        for (const of of ['page', 'file'] as const) {
            // No warm-up: each server has answered already.
            const rounds = await inRounds(
                ready.length,
                { rounds: options.rounds, warmUp: 0 },
                context.signal,
                (index) => {
                    context.onProgress(`${ready[index]!.name}: ${of}`)
                    return takeTurn(ready[index]!, of, wrk, folder, options.seconds)
                },
            )
            servers.push(...ready.map(({ name }, index) => costOf(name, of, rounds, index)))
        }
        return { servers, missing }
    } finally {
        await stopAll(running)
    }
}

/** Waits until the page of a project links a wheel, which can take a moment after the upload. @returns its address */
async function fileOn(page: string): Promise<string> {
    for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
        const text = await (await fetch(page)).text()
        const link = /href="([^"#]+\.whl)[#"]/.exec(text)?.[1]
        if (link !== undefined) return new URL(link, page).href
        if (Date.now() > deadline) throw new Error(`its page links no wheel: ${text}`)
    }
}

async function takeTurn(
    { server, urls }: ReadyServer,
    of: ServerCost['path'],
    wrk: string,
    folder: string,
    seconds: number,
): Promise<Turn> {
    const before = treeMicroseconds(server.pid)
    const load = await runWrk(wrk, { folder, url: urls[of], seconds, timeout })
    return {
        perSecond: load.requests / load.seconds,
        microseconds: (treeMicroseconds(server.pid) - before) / load.requests,
        p50: load.p50,
        p99: load.p99,
    }
}

function costOf(server: string, path: ServerCost['path'], rounds: readonly Turn[][], index: number): ServerCost {
    const value = (of: keyof Turn) => spreadOf(rounds.map((turns) => turns[index]![of]))
    return {
        server,
        path,
        perSecond: value('perSecond'),
        microseconds: value('microseconds'),
        p50: value('p50'),
        p99: value('p99'),
    }
}

/** A program that uploads wheels into a bucket. */
interface Publisher {
    /** Name and version. */
    name: string
    /** The command that is followed by the wheels. */
    command(bucket: string, endpoint: string, signal: AbortSignal): Promise<[string, ...string[]]>
}

const s3pypiVersion = '2.0.1'

const publishers: readonly Publisher[] = [
    {
        name: 'nginx-s3-pypi',
        async command(bucket) {
            const program = fileURLToPath(new URL('../../scripts/publish-package.js', import.meta.url))
            return [process.execPath, program, bucket]
        },
    },
    {
        // https://github.com/gorilla-co/s3pypi
        name: `s3pypi ${s3pypiVersion}`,
        async command(bucket, endpoint, signal) {
            const programs = await installPrograms([`s3pypi==${s3pypiVersion}`], signal)
            // It writes pages as `PROJECT/index.html`, for an S3 behind a web server.
            const options = ['--bucket', bucket, '--s3-endpoint-url', endpoint, '--index.html']
            return [path.join(programs, 's3pypi'), 'upload', ...options]
        },
    },
]

/** Files of the project before an upload. */
const sizes = [1, 500]

/**
 * Measures publishers that upload one wheel to the embedded S3 server, including the start of the program. A publisher
 * that cannot be installed or run goes into `missing`.
 *
 * @param folder for wheels and objects
 */
async function measurePublishers(
    folder: string,
    options: RoundOptions,
    context: RunContext,
): Promise<{ publishers: PublisherCost[]; missing: Missing[] }> {
    const costs: PublisherCost[] = []
    const missing: Missing[] = []
    const server = await startEmbeddedS3(path.join(folder, 'storage'))
    const proxy = await startCountingProxy(server.endpoint)
    try {
        for (const [index, publisher] of publishers.entries()) {
            context.onProgress(`${publisher.name}: uploads`)
            try {
                for (const files of sizes) {
                    const own = path.join(folder, `${index}-${files}`)
                    await mkdir(own)
                    const cost = await measureUploads(
                        publisher,
                        `bench-${index}-${files}`,
                        files,
                        own,
                        proxy,
                        options,
                        context,
                    )
                    costs.push(cost)
                }
            } catch (error) {
                context.signal.throwIfAborted()
                missing.push({ name: publisher.name, reason: (error as Error).message })
            }
        }
        return { publishers: costs, missing }
    } finally {
        await proxy.close()
        await server.close()
    }
}

async function measureUploads(
    { name, command }: Publisher,
    bucketName: string,
    files: number,
    folder: string,
    proxy: CountingProxy,
    options: RoundOptions,
    { signal }: RunContext,
): Promise<PublisherCost> {
    const { endpoint: endpointUrl } = proxy
    await openBucket({ bucket: bucketName, endpointUrl, ...access }).create()
    const [program, ...words] = await command(bucketName, endpointUrl, signal)
    const environment = { ...clientEnvironment, AWS_ENDPOINT_URL: endpointUrl }
    const upload = (wheels: string[]) => runProgram(program, [...words, ...wheels], environment, signal)
    const newWheel = (number: number) => writeWheel(folder, 'demo', `1.${number}`, 600)
    const before: string[] = []
    for (let number = 0; number < files; number++) before.push(await newWheel(number))
    await upload(before)
    const seconds: number[] = []
    let requests = 0
    for (let round = 0; round < options.rounds; round++) {
        const wheel = await newWheel(files + round)
        proxy.requests = 0
        const begin = performance.now()
        await upload([wheel])
        seconds.push((performance.now() - begin) / 1000)
        requests = proxy.requests
    }
    return { publisher: name, files, seconds: spreadOf(seconds), requests }
}
