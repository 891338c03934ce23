import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject, ObjectHeaders } from '../../s3/objects.js'
import { inspectFile } from './inspect-file.js'
import type { LinkedFile } from './linked-files.js'
import { claimsFacts, readFacts, uploadTimeOf, yankReason, type ObjectFacts } from './object-facts.js'
import { yankedKey, type ProjectObjects } from './project-objects.js'
import type { FileEntry } from '../../../core/project-page.js'
import { sha256Of } from '../../s3/digests.js'
import { metadataHeaders, yankedHeaders } from './stored-headers.js'

/** How far an entry is looked into. */
export interface EntryReaderOptions {
    /**
     * `page`: an entry whose object is the same is taken as it is. `objects`: what an object itself says counts, and a
     * file is downloaded where nothing says it. `files`: each file is downloaded.
     */
    trust: 'page' | 'objects' | 'files'
    /** Writes what is missing beside a file, and gives its ETag. */
    write: (key: string, body: Buffer, headers: ObjectHeaders) => Promise<string>
    /** Told of each file whose content cannot be read. */
    warn: (message: string) => void
}

/** Makes the entries of a project's page from the objects in the bucket. */
export class EntryReader {
    /** What was learnt of objects, by key and ETag: publishers that watch one another ask for the same again. */
    readonly #facts = new Map<string, ObjectFacts | undefined>()
    readonly #reasons = new Map<string, string | undefined>()

    constructor(
        private readonly bucket: Bucket,
        private readonly options: EntryReaderOptions,
    ) {}

    /**
     * The entry of a file.
     *
     * @param known what the page says of the file
     * @param linked what a page of before says of it, where there is no index.json of ours
     * @returns undefined for a file that is gone; where pages are trusted, also for one that only a download could
     *     describe: its publisher or `rebuild` will
     */
    async entry(
        object: ListedObject,
        objects: ProjectObjects,
        known: FileEntry | undefined,
        linked?: LinkedFile,
    ): Promise<FileEntry | undefined> {
        const filename = object.key.slice(objects.project.length + 1)
        const content = await this.#content(object, objects, filename, known, linked)
        if (content === undefined) return this.options.trust === 'page' ? known : undefined
        if (linked?.sha256 !== undefined && linked.sha256 !== content.sha256) {
            this.options.warn(
                `${object.key}: the page of before says sha256 ${linked.sha256}; its bytes have ${content.sha256}`,
            )
        }
        return {
            filename,
            ...content,
            yanked: await this.#yanked(objects, filename, (known ?? linked)?.yanked),
        }
    }

    async #content(
        object: ListedObject,
        objects: ProjectObjects,
        filename: string,
        known: FileEntry | undefined,
        linked: LinkedFile | undefined,
    ): Promise<Omit<FileEntry, 'filename' | 'yanked'> | undefined> {
        const { size, etag } = object
        const metadata = objects.metadata.get(filename)
        const { trust } = this.options
        if (trust === 'page' && known && isSameObject(object, known) && known.coreMetadata?.etag === metadata?.etag) {
            return known
        }

        const stored = await this.#storedFacts(object)
        const facts = trust === 'files' ? undefined : this.#trusted(object, stored, known)
        if (facts) {
            const coreMetadata = await this.#coreMetadata(facts, metadata, known)
            const { sha256, uploadTime, requiresPython } = facts
            if (coreMetadata !== 'wrong') return { sha256, size, uploadTime, etag, requiresPython, coreMetadata }
            if (trust === 'page') return { sha256, size, uploadTime, etag, requiresPython }
        }
        return trust === 'page' ? undefined : this.#download(object, metadata, [stored, known], known ?? linked)
    }

    async #storedFacts(object: ListedObject): Promise<ObjectFacts | undefined> {
        const id = `${object.key}\n${object.etag}`
        if (!this.#facts.has(id)) {
            const metadata = (await this.bucket.head(object.key))?.metadata ?? {}
            const facts = readFacts(metadata)
            if (facts === undefined && claimsFacts(metadata)) {
                this.options.warn(
                    `${object.key}: what its object says of it (x-amz-meta-*) cannot be read and is ignored`,
                )
            }
            this.#facts.set(id, facts)
        }
        return this.#facts.get(id)
    }

    /** What is known of a file without reading it, unless its object contradicts the page or itself. */
    #trusted(
        object: ListedObject,
        stored: ObjectFacts | undefined,
        known: FileEntry | undefined,
    ): ObjectFacts | undefined {
        if (this.options.trust === 'page') return stored
        if (known === undefined) {
            const isOther = stored?.md5 !== undefined && stored.md5 !== object.etag && !object.etag.includes('-')
            return isOther ? undefined : stored
        }
        const isSame = isSameObject(object, known)
        if (stored) return isSame === (stored.sha256 === known.sha256) ? stored : undefined
        if (!isSame) return undefined
        const { sha256, uploadTime, requiresPython, coreMetadata } = known
        return {
            sha256,
            uploadTime,
            requiresPython,
            coreMetadata: coreMetadata && { sha256: coreMetadata.sha256, md5: undefined },
        }
    }

    /** FILE.metadata when it is what it should be, undefined when there should be none. */
    async #coreMetadata(
        facts: ObjectFacts,
        metadata: ListedObject | undefined,
        known: FileEntry | undefined,
    ): Promise<FileEntry['coreMetadata'] | 'wrong'> {
        if (facts.coreMetadata === undefined) return metadata && 'wrong'
        if (metadata === undefined) return 'wrong'
        const { etag } = metadata
        const { sha256, md5 } = facts.coreMetadata
        if (etag === md5) return { sha256, etag }
        if (known?.coreMetadata?.etag === etag && known.coreMetadata.sha256 === sha256) return { sha256, etag }
        const stored = await this.bucket.get(metadata.key)
        return stored && sha256Of(stored.body) === sha256 ? { sha256, etag: stored.etag } : 'wrong'
    }

    async #download(
        object: ListedObject,
        metadata: ListedObject | undefined,
        before: (ObjectFacts | FileEntry | undefined)[],
        said: LinkedFile | undefined,
    ): Promise<Omit<FileEntry, 'filename' | 'yanked'> | undefined> {
        const found = await inspectFile(this.bucket, object.key)
        if (found === undefined) return undefined
        // It is in the bucket, so it stays in the index: clients check its hash, and old sdists have no PKG-INFO.
        if (found.problem !== undefined) this.options.warn(found.problem)
        if (found.oddities.length > 0) this.options.warn(`${filenameOf(object.key)}: ${found.oddities.join('; ')}`)
        const same = before.find((entry) => entry?.sha256 === found.sha256)
        // A file that can be read says itself which Python it needs.
        const requiresPython = found.problem === undefined ? found.requiresPython : (same ?? said)?.requiresPython
        if (said?.requiresPython !== undefined && said.requiresPython !== requiresPython) {
            const own = requiresPython ?? 'none'
            this.options.warn(`${object.key}: the page says Requires-Python ${said.requiresPython}, the file ${own}`)
        }
        return {
            sha256: found.sha256,
            size: object.size,
            uploadTime: same?.uploadTime ?? uploadTimeOf(object.lastModified),
            etag: object.etag,
            requiresPython,
            coreMetadata: found.metadata && (await this.#storeMetadata(object.key, found.metadata, metadata)),
        }
    }

    async #storeMetadata(fileKey: string, body: Buffer, stored: ListedObject | undefined) {
        const sha256 = sha256Of(body)
        const current = stored && (await this.bucket.get(stored.key))
        if (current && sha256Of(current.body) === sha256) return { sha256, etag: current.etag }
        return { sha256, etag: await this.options.write(`${fileKey}.metadata`, body, metadataHeaders) }
    }

    /** A yank is an object beside the file; one that only the page knows is made into one. */
    async #yanked(objects: ProjectObjects, filename: string, known: string | undefined): Promise<string | undefined> {
        const marker = objects.yanked.get(filename)
        const reason = marker && (await this.#reason(marker))
        if (reason !== undefined || known === undefined) return reason
        if (this.options.trust !== 'page') {
            await this.options.write(yankedKey(objects.project, filename), Buffer.from(known), yankedHeaders)
        }
        return known
    }

    async #reason(marker: ListedObject): Promise<string | undefined> {
        const id = `${marker.key}\n${marker.etag}`
        if (!this.#reasons.has(id)) {
            const content = await this.bucket.get(marker.key)
            this.#reasons.set(id, content && yankReason(content.body))
        }
        return this.#reasons.get(id)
    }
}

function filenameOf(key: string): string {
    return key.slice(key.lastIndexOf('/') + 1)
}

function isSameObject(object: ListedObject, known: FileEntry): boolean {
    return known.etag === object.etag && known.size === object.size
}
