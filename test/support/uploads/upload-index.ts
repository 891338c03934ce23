import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Bucket } from '../../../scripts/s3/bucket.js'
import { temporaryFolder } from '../machine/temporary-folder.js'
import { startIndex, type Index, type IndexOptions } from '../nginx/start-index.js'
import { environmentOf } from '../s3/bucket.js'
import { startS3, type S3Name, type S3Server } from '../s3/s3-servers.js'
import { newBucket } from '../s3/test-bucket.js'
import { uploaderLine } from './send-upload.js'

/** An index that takes uploads of one user, and its bucket as another client sees it. */
export interface UploadIndex {
    index: Index
    bucket: Bucket
    s3: S3Server
    /** Files for the options of the index. */
    folder: string
    /** Starts one more nginx on the bucket, with the same options. */
    startAnother(): Promise<Index>
    /** Objects of the bucket, by key. */
    keys(): Promise<string[]>
    stop(): Promise<void>
}

/**
 * @param options of the generator; `noHtpasswd` for uploaders without a password
 * @param s3.endpoint of a proxy before the S3 server, made from that of the server
 * @param s3.now the clock of the embedded S3 server
 */
export async function startUploadIndex(
    { noHtpasswd, ...options }: Partial<IndexOptions> & { noHtpasswd?: boolean } = {},
    {
        s3Name = 'embedded',
        endpoint,
        now,
    }: { s3Name?: S3Name; endpoint?: (s3: S3Server) => Promise<string>; now?: () => Date } = {},
): Promise<UploadIndex> {
    const s3 = await startS3(s3Name, now && { now })
    const bucket = await newBucket(s3, options.prefix)
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const uploadHtpasswd = path.join(folder, 'uploaders')
    await writeFile(uploadHtpasswd, uploaderLine)
    const start = async () =>
        startIndex({
            endpointUrl: endpoint === undefined ? s3.endpoint : await endpoint(s3),
            environment: environmentOf(s3),
            bucket: bucket.name,
            region: s3.region,
            ...{ upload: true, ...(noHtpasswd !== true && { uploadHtpasswd }), ...options },
        })
    const index = await start()
    return {
        index,
        bucket,
        s3,
        folder,
        startAnother: start,
        keys: async () => {
            const keys: string[] = []
            for await (const { key } of bucket.list()) keys.push(key)
            return keys
        },
        stop: async () => {
            await index.stop()
            await s3.close()
        },
    }
}
