import { createHash } from 'node:crypto'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { NginxCommand } from '../../scripts/nginx/nginx-process.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { bucketName, startEmbeddedBucket } from '../embedded-s3.js'
import {
    cpuMicroseconds,
    residentMemory,
    runNginx,
    type NginxInstallation,
    type RunningNginx,
} from '../measured-nginx.js'
import { removeFolder, temporaryFolder, type RunContext } from '../measurement.js'
import { generatedFiles, generatedSettings, s3StandIn } from '../nginx-configuration.js'
import { writeIndex, type PlannedProject, type WriteObject } from './generated-index.js'

/** The server behind nginx: the embedded S3 server, or an nginx in place of S3, which is cheap and verifies nothing. */
export const s3Kinds = ['stand-in', 'embedded'] as const
export type S3Kind = (typeof s3Kinds)[number]

/** A server that answers as S3 does. */
interface MeasuredS3 {
    port: number
    /** The ETag of an object, with its quotes. @param md5 hex @param size bytes */
    etagOf(md5: string, size: number): string
    stop(): Promise<void>
}

async function startEmbedded(folder: string): Promise<MeasuredS3 & { bucket: Bucket }> {
    const { server, bucket } = await startEmbeddedBucket(folder)
    return {
        port: Number(new URL(server.endpoint).port),
        bucket,
        etagOf: (md5) => `"${md5}"`,
        stop: () => server.close(),
    }
}

/** Makes the folder of the bucket in the folder of the stand-in. @returns its path */
async function makeStandInFolder(folder: string): Promise<string> {
    const objects = path.join(folder, bucketName)
    await mkdir(objects, { recursive: true })
    return objects
}

async function startStandIn(nginx: NginxCommand, folder: string): Promise<MeasuredS3> {
    const { port, stop } = await runNginx(nginx, 0, s3StandIn(folder))
    const time = (timeOfFiles.getTime() / 1000).toString(16)
    return { port, etagOf: (_md5, size) => `"${time}-${size.toString(16)}"`, stop }
}

/** An object of the index. */
export interface WrittenObject {
    key: string
    /** Bytes. */
    size: number
    /** Hex. */
    md5: string
}

/** Servers with the same index. */
export interface IndexServers {
    objects: WrittenObject[]
    /** @throws Error when the server was not started */
    server(kind: S3Kind): MeasuredS3
    /** The bucket of the embedded server. @throws Error when that was not started */
    bucket(): Bucket
    stop(): Promise<void>
}

/**
 * Starts servers and writes the index into all of them.
 *
 * @param folder for their objects
 */
export async function startIndexServers(
    nginx: NginxCommand,
    projects: readonly PlannedProject[],
    kinds: ReadonlySet<S3Kind>,
    folder: string,
    context: RunContext,
): Promise<IndexServers> {
    const objects: WrittenObject[] = []
    const writes: WriteObject[] = [recordInto(objects, context)]
    const servers = new Map<S3Kind, MeasuredS3>()
    let filled: Bucket | undefined
    const stop = async () => {
        for (const server of servers.values()) await server.stop()
    }
    try {
        if (kinds.has('stand-in')) {
            const root = path.join(folder, 'stand-in')
            writes.push(intoFolder(await makeStandInFolder(root)))
            servers.set('stand-in', await startStandIn(nginx, root))
        }
        if (kinds.has('embedded')) {
            const embedded = await startEmbedded(path.join(folder, 's3'))
            servers.set('embedded', embedded)
            filled = embedded.bucket
            writes.push(intoBucket(filled))
        }
        await writeIndex(projects, async (...object) => {
            for (const write of writes) await write(...object)
        })
    } catch (error) {
        await stop()
        throw error
    }
    return {
        objects,
        server: (kind) => present(servers.get(kind)),
        bucket: () => present(filled),
        stop,
    }
}

function present<Value>(value: Value | undefined): Value {
    if (value === undefined) throw new Error('this server was not started')
    return value
}

/** Records the written objects, shows the progress, and stops when the run is aborted. */
function recordInto(objects: WrittenObject[], { signal, onProgress }: RunContext): WriteObject {
    return async (key, body) => {
        signal.throwIfAborted()
        objects.push({ key, size: body.length, md5: createHash('md5').update(body).digest('hex') })
        if (objects.length % 1000 === 0) onProgress(`writes the index: ${objects.length} objects`)
    }
}

/** The time of all files of the stand-in. nginx makes ETags from time and size. */
const timeOfFiles = new Date('2026-01-02T03:04:05Z')

function intoBucket(bucket: Bucket): WriteObject {
    return async (key, body, headers) => void (await bucket.write(key, body, headers))
}

/** Writes objects as files, without their headers. */
function intoFolder(folder: string): WriteObject {
    return async (key, body) => {
        const file = path.join(folder, key)
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, body)
        await utimes(file, timeOfFiles, timeOfFiles)
    }
}

/** The measured configurations: without `--cache` and with it. */
export const configurations = ['direct', 'cached'] as const
export type Configuration = (typeof configurations)[number]

export interface IndexSetup {
    nginx: NginxInstallation
    configuration: Configuration
    workers: number
    /** The port of the server behind nginx. */
    s3Port: number
}

/** An nginx that serves the index. */
export interface IndexNginx {
    port: number
    /** The seconds for which the cache keeps a page; 0 without a cache. */
    pageTtl: number
    usage(): Usage
    /** Stops nginx and removes its cache. @throws Error when nginx has logged a warning or an error */
    stop(): Promise<void>
}

interface Usage {
    /** CPU time of all workers so far, user and system. Microseconds. */
    cpu: number
    /** Peak of the resident memory, summed over all workers. MiB. */
    memory: number
}

/** Starts nginx with the files of `generate-config --target standalone`. Its cache is empty. */
export async function startIndexNginx(setup: IndexSetup): Promise<IndexNginx> {
    const cache = await temporaryFolder('cache')
    let running: RunningNginx
    let pageTtl = 0
    try {
        running = await runNginx(
            setup.nginx,
            setup.s3Port,
            (place) => {
                const isCached = setup.configuration === 'cached'
                const settings = generatedSettings(setup.nginx, place, isCached ? { cache } : {})
                pageTtl = isCached ? settings.pageTtl : 0
                return generatedFiles(settings, setup.nginx, place, setup.workers)
            },
            setup.workers,
        )
    } catch (error) {
        await removeFolder(cache)
        throw error
    }
    const sum = (of: (pid: number) => number) => running.workers.reduce((total, pid) => total + of(pid), 0)
    return {
        port: running.port,
        pageTtl,
        usage: () => ({ cpu: sum(cpuMicroseconds), memory: sum((pid) => residentMemory(pid).peak) }),
        stop: () => running.stop().finally(() => removeFolder(cache)),
    }
}
