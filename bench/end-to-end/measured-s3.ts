import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { openBucket, type Bucket } from '../../scripts/s3/bucket.js'
import type { NginxCommand } from '../../scripts/nginx/nginx-process.js'
import { access, bucketName, startEmbeddedS3 } from '../embedded-s3.js'
import { runNginx } from '../running-nginx.js'
import { standInConfiguration } from './stand-in-configuration.js'
import { timeOfFiles } from './write-index.js'

/** What nginx asks: the embedded S3 server, or an nginx in the place of S3, which costs little and verifies nothing. */
export const s3Kinds = ['stand-in', 'embedded'] as const
export type S3Kind = (typeof s3Kinds)[number]

/** A server that answers as S3 does. */
export interface MeasuredS3 {
    port: number
    /** The ETag of an object, in its quotes. @param md5 hex @param size bytes */
    etagOf(md5: string, size: number): string
    stop(): Promise<void>
}

/** Starts the embedded S3 server, with an empty bucket. @param folder of its objects */
export async function startEmptyBucket(folder: string): Promise<MeasuredS3 & { bucket: Bucket }> {
    const server = await startEmbeddedS3(folder)
    const bucket = openBucket({ bucket: bucketName, endpointUrl: server.endpoint, ...access })
    await bucket.create()
    return {
        port: Number(new URL(server.endpoint).port),
        bucket,
        etagOf: (md5) => `"${md5}"`,
        stop: () => server.close(),
    }
}

/** Makes the folder of the bucket's objects below that of the stand-in. @returns its path */
export async function makeStandInFolder(folder: string): Promise<string> {
    const objects = path.join(folder, bucketName)
    await mkdir(objects, { recursive: true })
    return objects
}

/** Starts an nginx with one worker that serves the files of a folder with the headers of S3. */
export async function startStandInS3(nginx: NginxCommand, folder: string): Promise<MeasuredS3> {
    const { port, stop } = await runNginx(nginx, 0, (place) => [
        { name: 'nginx.conf', content: standInConfiguration(place, folder) },
    ])
    const time = (timeOfFiles.getTime() / 1000).toString(16)
    return { port, etagOf: (_md5, size) => `"${time}-${size.toString(16)}"`, stop }
}
