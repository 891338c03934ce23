import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { UserError } from '../../core/user-error.js'
import { noSuchBucket, noSuchKey } from './errors.js'
import { fileNameOf, sortKeyOf } from './key-names.js'
import { readContent, readMetadata, type ObjectMetadata } from './object-file.js'
import type { WriteCondition } from './preconditions.js'
import { SortedMap } from './sorted-map.js'

/**
 * One bucket: files in a folder, and their metadata in memory. Conditional writes need no lock: one process owns the folder,
 * and checks and changes synchronously.
 */
export class BucketStorage {
    /** Sorted by the bytes of the key. */
    readonly objects = new SortedMap<ObjectMetadata>()
    /** The folder of the parts of multipart uploads. */
    readonly uploadsFolder: string
    /** ISO 8601. */
    readonly created: string
    readonly #objectsFolder: string
    #removed = false

    constructor(
        readonly name: string,
        folder: string,
    ) {
        this.uploadsFolder = join(folder, 'uploads')
        this.#objectsFolder = join(folder, 'objects')
        this.created = (JSON.parse(readFileSync(join(folder, 'bucket.json'), 'utf8')) as { created: string }).created
        mkdirSync(this.uploadsFolder, { recursive: true })
        mkdirSync(this.#objectsFolder, { recursive: true })
        for (const file of readdirSync(this.#objectsFolder)) this.#load(join(this.#objectsFolder, file))
    }

    /** @throws S3Error NoSuchKey */
    find(key: string): ObjectMetadata {
        const metadata = this.objects.get(sortKeyOf(key))
        if (metadata === undefined) throw noSuchKey(key)
        return metadata
    }

    /** Opens bytes `first` to `last` of the object as it is now. */
    read(key: string, first: number, last: number): Readable {
        return readContent(this.#pathOf(key), first, last)
    }

    /** Moves a complete object file to its key. @throws S3Error when the condition does not hold */
    commit(path: string, metadata: ObjectMetadata, condition: WriteCondition): void {
        if (this.#removed) throw noSuchBucket(this.name)
        const sortKey = sortKeyOf(metadata.key)
        condition(this.objects.get(sortKey), metadata.key)
        renameSync(path, this.#pathOf(metadata.key))
        this.objects.set(sortKey, metadata)
    }

    /** Deletes a key if it exists. @throws S3Error when the condition does not hold */
    delete(key: string, condition: WriteCondition): void {
        const current = this.objects.get(sortKeyOf(key))
        condition(current, key)
        if (current === undefined) return
        unlinkSync(this.#pathOf(key))
        this.objects.delete(sortKeyOf(key))
    }

    /** Makes later commits fail. */
    markRemoved(): void {
        this.#removed = true
    }

    #pathOf(key: string): string {
        return join(this.#objectsFolder, fileNameOf(key))
    }

    #load(path: string): void {
        const metadata = readMetadata(path)
        if (metadata === undefined) {
            throw new UserError(`${path} is not a complete object`, 'Delete the file, or move it out of the folder.')
        }
        this.objects.set(sortKeyOf(metadata.key), metadata)
    }
}
