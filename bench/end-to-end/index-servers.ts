import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Bucket } from '../../scripts/s3/bucket.js'
import type { NginxCommand } from '../../scripts/nginx/nginx-process.js'
import type { Course } from '../course.js'
import type { PlannedProject } from './generated-index.js'
import { makeStandInFolder, startEmptyBucket, startStandInS3, type MeasuredS3, type S3Kind } from './measured-s3.js'
import type { WrittenObject } from './request-kinds.js'
import { intoBucket, intoFolder, writeIndex, type WriteObject } from './write-index.js'

/** Servers that have the same index. */
export interface IndexServers {
    objects: WrittenObject[]
    /** The server of a kind. @throws Error when it was not wanted */
    server(kind: S3Kind): MeasuredS3
    /** The bucket of the embedded server. @throws Error when it was not wanted */
    bucket(): Bucket
    stop(): Promise<void>
}

/**
 * Starts the servers that are wanted and writes the index into them.
 *
 * @param folder for their objects
 */
export async function startIndexServers(
    nginx: NginxCommand,
    projects: readonly PlannedProject[],
    wanted: ReadonlySet<S3Kind>,
    folder: string,
    course: Course,
): Promise<IndexServers> {
    const objects: WrittenObject[] = []
    const writes: WriteObject[] = [recordInto(objects, course)]
    const servers = new Map<S3Kind, MeasuredS3>()
    let filled: Bucket | undefined
    const stop = async () => {
        for (const server of servers.values()) await server.stop()
    }
    try {
        if (wanted.has('stand-in')) {
            const root = path.join(folder, 'stand-in')
            writes.push(intoFolder(await makeStandInFolder(root)))
            servers.set('stand-in', await startStandInS3(nginx, root))
        }
        if (wanted.has('embedded')) {
            const embedded = await startEmptyBucket(path.join(folder, 's3'))
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

/** Notes what is written, and ends the writing when the run is to end. */
function recordInto(objects: WrittenObject[], { signal, onProgress }: Course): WriteObject {
    return async (key, body) => {
        signal.throwIfAborted()
        objects.push({ key, size: body.length, md5: createHash('md5').update(body).digest('hex') })
        if (objects.length % 1000 === 0) onProgress(`writes the index: ${objects.length} objects`)
    }
}
