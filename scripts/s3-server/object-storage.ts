import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BucketStorage } from './bucket-storage.js'
import { noSuchBucket, S3Error } from './errors.js'
import { writeObjectFile, type ObjectMetadata } from './object-file.js'

/**
 * All buckets, in a folder that one process locks:
 * ```
 * buckets/NAME/bucket.json        when it was created
 * buckets/NAME/objects/KEY        percent-encoded
 * buckets/NAME/uploads/ID/        incomplete multipart uploads
 * temporary/                      running uploads; emptied at the start
 * ```
 */
export class ObjectStorage {
    readonly #buckets = new Map<string, BucketStorage>()
    readonly #bucketsFolder: string
    readonly #temporaryFolder: string

    constructor(folder: string) {
        this.#bucketsFolder = join(folder, 'buckets')
        this.#temporaryFolder = join(folder, 'temporary')
        rmSync(this.#temporaryFolder, { recursive: true, force: true })
        mkdirSync(this.#temporaryFolder, { recursive: true })
        mkdirSync(this.#bucketsFolder, { recursive: true })
        for (const name of readdirSync(this.#bucketsFolder)) {
            this.#buckets.set(name, new BucketStorage(name, join(this.#bucketsFolder, name)))
        }
    }

    /** Sorted by name. */
    buckets(): BucketStorage[] {
        return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    }

    /** @throws S3Error NoSuchBucket */
    bucket(name: string): BucketStorage {
        const bucket = this.#buckets.get(name)
        if (bucket === undefined) throw noSuchBucket(name)
        return bucket
    }

    /** @param time milliseconds since 1970 @throws S3Error InvalidBucketName, BucketAlreadyOwnedByYou */
    createBucket(name: string, time: number): void {
        // Source: Amazon S3 User Guide, "General purpose bucket naming rules". Such a name is also safe as a folder name.
        if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..') || /^[\d.]+$/.test(name)) {
            throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name })
        }
        if (this.#buckets.has(name)) {
            throw new S3Error(
                'BucketAlreadyOwnedByYou',
                'Your previous request to create the named bucket succeeded and you already own it.',
                { BucketName: name },
            )
        }
        // Renamed into place, so that a bucket is created atomically.
        const folder = this.temporaryPath()
        mkdirSync(folder)
        writeFileSync(join(folder, 'bucket.json'), JSON.stringify({ created: new Date(time).toISOString() }))
        renameSync(folder, join(this.#bucketsFolder, name))
        this.#buckets.set(name, new BucketStorage(name, join(this.#bucketsFolder, name)))
    }

    /** @throws S3Error NoSuchBucket, BucketNotEmpty */
    deleteBucket(name: string): void {
        const bucket = this.bucket(name)
        if (bucket.objects.size > 0) {
            throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty', { BucketName: name })
        }
        bucket.markRemoved()
        this.#buckets.delete(name)
        const folder = this.temporaryPath()
        renameSync(join(this.#bucketsFolder, name), folder)
        rmSync(folder, { recursive: true })
    }

    /**
     * Stores content as an object file, atomically: a failed upload leaves nothing behind.
     * @param describe returns the metadata after the content was read
     * @param commit moves the file to its place
     * @throws any error of the content, `describe` or `commit`
     */
    async store(
        content: AsyncIterable<Buffer>,
        describe: () => ObjectMetadata,
        commit: (path: string, metadata: ObjectMetadata) => void,
    ): Promise<ObjectMetadata> {
        const path = this.temporaryPath()
        try {
            const metadata = await writeObjectFile(path, content, describe)
            commit(path, metadata)
            return metadata
        } catch (error) {
            await rm(path, { force: true })
            throw error
        }
    }

    /** A unique path on the file system of the buckets. */
    temporaryPath(): string {
        return join(this.#temporaryFolder, randomUUID())
    }
}
