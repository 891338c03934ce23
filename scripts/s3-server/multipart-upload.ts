import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BucketStorage } from './bucket-storage.js'
import { S3Error } from './errors.js'
import { readContent, readMetadata, type ObjectMetadata } from './object-file.js'

/** An incomplete upload, as listed. */
export interface ListedUpload {
    readonly key: string
    readonly id: string
    readonly initiated: Date
}

/** Description of the object, from CreateMultipartUpload. */
interface UploadDescription {
    readonly key: string
    readonly headers: Readonly<Record<string, string>>
}

/** The description in the folder of an upload. */
interface StoredUpload extends UploadDescription {
    /** Milliseconds since 1970. */
    readonly initiated?: number
}

const descriptionFile = 'upload.json'

/** A part as listed by CompleteMultipartUpload. */
export interface ClaimedPart {
    readonly number: number
    /** With or without quotes. */
    readonly etag: string
    /** The client's `x-amz-checksum-…`, by name. */
    readonly checksum: Readonly<Record<string, string>>
}

/** Minimum size of all parts but the last, in bytes. Source: Amazon S3 User Guide, "multipart upload limits". */
const minimalPartBytes = 5 * 1024 * 1024

/** An incomplete multipart upload: a folder with a description and a file for each part. */
export class MultipartUpload {
    readonly #folder: string

    private constructor(
        folder: string,
        readonly description: UploadDescription,
    ) {
        this.#folder = folder
    }

    /** @param temporaryPath an unused path on the same file system @param initiated milliseconds since 1970 */
    static create(
        bucket: BucketStorage,
        temporaryPath: string,
        description: UploadDescription,
        initiated: number,
    ): string {
        const id = randomUUID()
        mkdirSync(temporaryPath)
        writeFileSync(join(temporaryPath, descriptionFile), JSON.stringify({ ...description, initiated }))
        renameSync(temporaryPath, join(bucket.uploadsFolder, id))
        return id
    }

    /** @throws S3Error NoSuchUpload */
    static find(bucket: BucketStorage, id: string, key: string): MultipartUpload {
        // The identifier names a folder: accept only UUIDs, against path traversal.
        const folder = join(bucket.uploadsFolder, id)
        if (!/^[0-9a-f-]{36}$/.test(id) || !existsSync(folder)) throw noSuchUpload()
        const { key: itsKey, headers } = JSON.parse(readFileSync(join(folder, descriptionFile), 'utf8')) as StoredUpload
        if (itsKey !== key) throw noSuchUpload()
        return new MultipartUpload(folder, { key, headers })
    }

    /** All incomplete uploads of a bucket, unsorted. */
    static list(bucket: BucketStorage): ListedUpload[] {
        return readdirSync(bucket.uploadsFolder).flatMap((id) => {
            const path = join(bucket.uploadsFolder, id, descriptionFile)
            let stored: StoredUpload
            try {
                stored = JSON.parse(readFileSync(path, 'utf8')) as StoredUpload
            } catch (error) {
                // An upload is removed file by file, while other requests run.
                if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
                throw error
            }
            // Version 0.1 did not store the time: such an upload is never taken for an old one.
            return [{ key: stored.key, id, initiated: new Date(stored.initiated ?? Date.now()) }]
        })
    }

    /** Moves a complete object file to a part. @throws S3Error NoSuchUpload when the upload has ended meanwhile */
    commitPart(path: string, number: number): void {
        if (!existsSync(this.#folder)) throw noSuchUpload()
        renameSync(path, this.#pathOf(number))
    }

    /**
     * Checks the listed parts and returns their metadata.
     * @throws S3Error InvalidPart, InvalidPartOrder, EntityTooSmall
     */
    verify(claimed: readonly ClaimedPart[]): ObjectMetadata[] {
        if (claimed.some(({ number }, index) => number <= (claimed[index - 1]?.number ?? 0))) {
            throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.')
        }
        return claimed.map(({ number, etag, checksum }, index) => {
            const path = this.#pathOf(number)
            const part = existsSync(path) ? readMetadata(path) : undefined
            const isSame = (name: string): boolean => part?.checksum[name] === checksum[name]
            if (part?.etag !== etag.replaceAll('"', '') || !Object.keys(checksum).every(isSame)) {
                throw new S3Error(
                    'InvalidPart',
                    'One or more of the specified parts could not be found, or its entity tag or checksum did not match.',
                    { PartNumber: String(number) },
                )
            }
            if (index < claimed.length - 1 && part.size < minimalPartBytes) {
                throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
                    PartNumber: String(number),
                })
            }
            return part
        })
    }

    /** The content of the parts, one after the other. */
    async *content(claimed: readonly ClaimedPart[], parts: readonly ObjectMetadata[]): AsyncGenerator<Buffer> {
        for (const [index, { number }] of claimed.entries()) {
            yield* readContent(this.#pathOf(number), 0, (parts[index] as ObjectMetadata).size - 1)
        }
    }

    /** Deletes the upload and its parts. */
    async remove(): Promise<void> {
        await rm(this.#folder, { recursive: true, force: true })
    }

    #pathOf(number: number): string {
        return join(this.#folder, String(number).padStart(5, '0'))
    }
}

/** The entity tag of a multipart object: the MD5 of the parts' MD5s, and the number of parts. */
export function multipartEtag(parts: readonly ObjectMetadata[]): string {
    const md5 = createHash('md5')
    for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
    return `${md5.digest('hex')}-${parts.length}`
}

function noSuchUpload(): S3Error {
    return new S3Error(
        'NoSuchUpload',
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or ' +
            'completed.',
    )
}
