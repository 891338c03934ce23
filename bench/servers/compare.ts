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
import { devpi, nginxServer, pypiron, pypiserver, type PackageServer, type RunningServer } from './package-servers.js'
import { installPrograms, runProgram, treeMicroseconds } from './programs.js'

/** What a package server did with one path, over the rounds. */
interface ServerCost {
    /** With its version. */
    server: string
    path: 'page' | 'file'
    perSecond: Spread
    /** CPU time, user and system, of all processes of the server for a request. Microseconds. */
    microseconds: Spread
    /** Latencies that half of the requests, and 99 of 100, did not exceed. Milliseconds. */
    p50: Spread
    p99: Spread
}

/** What uploading one wheel cost a publisher, over the rounds. */
interface PublisherCost {
    /** With its version. */
    publisher: string
    /** How many files the project had before. */
    files: number
    /** Wall time of the whole program. Seconds. */
    seconds: Spread
    /** To S3, each try counted. */
    requests: number
}

/** What was to be measured and was not. */
interface Missing {
    name: string
    reason: string
}

/** Other package servers and publishers, and ours beside them. */
export interface ServersReport {
    servers: ServerCost[]
    publishers: PublisherCost[]
    missing: Missing[]
}

/** Measures other package servers and ours, with one nginx, and publishers. */
export async function measureOthers(
    nginx: NginxInstallation,
    wrk: string,
    options: RoundOptions,
    context: RunContext,
): Promise<ServersReport> {
    return inTemporaryFolder('servers', async (folder) => {
        const packageServers = [nginxServer(nginx, false), nginxServer(nginx, true), pypiserver, devpi, pypiron]
        const { servers, missing } = await measureServers(packageServers, wrk, folder, options, context)
        const uploads = await measurePublishers(folder, options, context)
        return { servers, publishers: uploads.publishers, missing: [...missing, ...uploads.missing] }
    })
}

/** A server that runs, and where what is measured is. */
interface Entrant {
    name: string
    server: RunningServer
    urls: { page: string; file: string }
}

type Turn = Record<'perSecond' | 'microseconds' | 'p50' | 'p99', number>

/** How long such a server may take for an answer. Seconds. */
const timeout = 10

/**
 * Measures package servers that serve the same project of one wheel of 1 KB, side by side. One that cannot be installed
 * or started is left out, with the reason.
 *
 * @param folder of theirs, which is removed afterwards
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
    const ready: Entrant[] = []
    const missing: Missing[] = []
    try {
        for (const [index, { name, start }] of packageServers.entries()) {
            context.onProgress(`${name}: starts`)
            const own = path.join(folder, String(index))
            await mkdir(own)
            try {
                const server = await start({ folder: own, wheel, signal: context.signal })
                running.push(server)
                const entrant = { name, server, urls: { page: server.page, file: await fileOn(server.page) } }
                // Not counted: it fills caches, and shows whether the server stands it.
                for (const url of Object.values(entrant.urls)) {
                    await runWrk(wrk, { folder, url, seconds: options.seconds, timeout })
                }
                ready.push(entrant)
            } catch (error) {
                context.signal.throwIfAborted()
                missing.push({ name, reason: (error as Error).message })
            }
        }
        const servers: ServerCost[] = []
        for (const of of ['page', 'file'] as const) {
            // Each has answered already.
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

/** The address of the wheel that a page links; one that was just uploaded may not be there for a moment. */
async function fileOn(page: string): Promise<string> {
    for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
        const text = await (await fetch(page)).text()
        const link = /href="([^"#]+\.whl)[#"]/.exec(text)?.[1]
        if (link !== undefined) return new URL(link, page).href
        if (Date.now() > deadline) throw new Error(`its page links no wheel: ${text}`)
    }
}

async function takeTurn(
    { server, urls }: Entrant,
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
    /** With its version. */
    name: string
    /** The command, before the wheels. */
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
            // Pages as objects that an S3 behind a web server can answer with.
            const options = ['--bucket', bucket, '--s3-endpoint-url', endpoint, '--index.html']
            return [path.join(programs, 's3pypi'), 'upload', ...options]
        },
    },
]

/** How many files a project has before one more is uploaded. */
const sizes = [1, 500]

/**
 * Measures what it takes to upload one wheel, the start of the program included, to the embedded S3 server. A publisher
 * that cannot be installed or run is left out, with the reason.
 *
 * @param folder of theirs, which is removed afterwards
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
