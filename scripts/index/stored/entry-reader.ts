import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject, ObjectHeaders } from '../../../core/index/objects.js'
import { inspectFile, tellsRequiresPython } from './inspect-file.js'
import type { LinkedFile } from './linked-files.js'
import {
    claimsFacts,
    isOtherObject,
    readFacts,
    recordedEtag,
    uploadTimeOf,
    yankReason,
    type ObjectFacts,
} from '../../../core/index/object-facts.js'
import { provenanceKey, yankedKey, type ProjectObjects } from '../../../core/index/project-objects.js'
import type { FileEntry } from '../../../core/project-page.js'
import { sha256Of } from '../../s3/digests.js'
import { metadataHeaders, yankedHeaders } from '../../../core/index/stored-headers.js'

/** How an `EntryReader` checks entries. */
export interface EntryReaderOptions {
    /**
     * `page`: reuse an entry while its object is unchanged; never download. `objects`: use the metadata of the object;
     * download only files without usable metadata. `files`: download every file.
     */
    trust: 'page' | 'objects' | 'files'
    /** Writes a missing companion object of a file. Returns its ETag. */
    write: (key: string, body: Buffer, headers: ObjectHeaders) => Promise<string>
    /** Called for each file that is unreadable, unusual or contradicts its page. */
    warn: (message: string) => void
}

/** Builds the entries of a project page from the objects in the bucket. */
export class EntryReader {
    /** Caches, by key and ETag: concurrent publishers read the same objects in every round. */
    readonly #facts = new Map<string, ObjectFacts | undefined>()
    readonly #reasons = new Map<string, string | undefined>()

    constructor(
        private readonly bucket: Bucket,
        private readonly options: EntryReaderOptions,
    ) {}

    /**
     * Builds the entry of a file.
     *
     * @param known the file's entry on the current page
     * @param linked the file's data on a page by another tool, used when index.json is missing
     * @returns undefined if the file is gone; with `trust: 'page'`, also if it would have to be downloaded: its
     *     publisher or `rebuild` adds it
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
                `${object.key}: the old page says sha256 ${linked.sha256}, the file has ${content.sha256}`,
            )
        }
        return {
            filename,
            ...content,
            provenance: (await this.#hasProvenance(objects, filename, known)) || undefined,
            yanked: await this.#yanked(objects, filename, (known ?? linked)?.yanked),
        }
    }

    async #content(
        object: ListedObject,
        objects: ProjectObjects,
        filename: string,
        known: FileEntry | undefined,
        linked: LinkedFile | undefined,
    ): Promise<Omit<FileEntry, 'filename' | 'provenance' | 'yanked'> | undefined> {
        const { size, etag } = object
        const metadata = objects.metadata.get(filename)
        const { trust } = this.options
        const hasMetadata = metadata !== undefined
        if (trust === 'page' && known && isSameObject(object, known) && hasMetadata === !!known.coreMetadata)
            return known

        const stored = await this.#storedFacts(object)
        const facts = trust === 'files' ? undefined : this.#trusted(object, stored, known)
        if (facts) {
            const coreMetadata = await this.#coreMetadata(facts, metadata)
            const { sha256, uploadTime, requiresPython } = facts
            const entry = { sha256, size, uploadTime, etag: recordedEtag(stored, etag), requiresPython }
            if (coreMetadata !== 'wrong') return { ...entry, coreMetadata }
            if (trust === 'page') return entry
        }
        return trust === 'page' ? undefined : this.#download(object, metadata, stored, known, linked)
    }

    async #storedFacts(object: ListedObject): Promise<ObjectFacts | undefined> {
        const id = `${object.key}\n${object.etag}`
        if (!this.#facts.has(id)) {
            const metadata = (await this.bucket.head(object.key))?.metadata ?? {}
            const facts = readFacts(metadata)
            if (facts === undefined && claimsFacts(metadata)) {
                this.options.warn(`${object.key}: invalid x-amz-meta-* headers, ignored`)
            }
            this.#facts.set(id, facts)
        }
        return this.#facts.get(id)
    }

    /** The facts about a file without downloading it; undefined if its object contradicts the page or itself. */
    #trusted(
        object: ListedObject,
        stored: ObjectFacts | undefined,
        known: FileEntry | undefined,
    ): ObjectFacts | undefined {
        if (this.options.trust === 'page') return stored
        const isOther = stored !== undefined && isOtherObject(stored, object.etag)
        if (known === undefined) return isOther ? undefined : stored
        const isSame = isSameObject(object, known)
        if (stored && known.etag === undefined) {
            return !isOther && stored.sha256 === known.sha256 && object.size === known.size ? stored : undefined
        }
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

    /** Checks FILE.metadata. @returns undefined if the file has none and needs none, `wrong` if it must be written */
    async #coreMetadata(
        facts: ObjectFacts,
        metadata: ListedObject | undefined,
    ): Promise<FileEntry['coreMetadata'] | 'wrong'> {
        if (facts.coreMetadata === undefined) return metadata && 'wrong'
        if (metadata === undefined) return 'wrong'
        const { sha256, md5 } = facts.coreMetadata
        if (metadata.etag === md5) return { sha256 }
        const stored = await this.bucket.get(metadata.key)
        return stored && sha256Of(stored.body) === sha256 ? { sha256 } : 'wrong'
    }

    async #download(
        object: ListedObject,
        metadata: ListedObject | undefined,
        stored: ObjectFacts | undefined,
        known: FileEntry | undefined,
        linked: LinkedFile | undefined,
    ): Promise<Omit<FileEntry, 'filename' | 'provenance' | 'yanked'> | undefined> {
        const found = await inspectFile(this.bucket, object.key)
        if (found === undefined) return undefined
        // Unreadable files stay in the index: clients check the hash, and old sdists have no PKG-INFO.
        if (found.problem !== undefined) this.options.warn(found.problem)
        if (found.oddities.length > 0) this.options.warn(`${filenameOf(object.key)}: ${found.oddities.join('; ')}`)
        const said = known ?? linked
        const same = [stored, known].find((entry) => entry?.sha256 === found.sha256)
        // If the file is readable, its own Requires-Python wins.
        const isReadable = found.problem === undefined && tellsRequiresPython(found)
        const requiresPython = isReadable ? found.requiresPython : (same ?? said)?.requiresPython
        if (said?.requiresPython !== undefined && said.requiresPython !== requiresPython) {
            const own = requiresPython ?? 'none'
            this.options.warn(`${object.key}: the page says Requires-Python ${said.requiresPython}, the file ${own}`)
        }
        return {
            sha256: found.sha256,
            size: object.size,
            uploadTime: same?.uploadTime ?? uploadTimeOf(object.lastModified),
            etag: recordedEtag(stored?.sha256 === found.sha256 ? stored : undefined, object.etag),
            requiresPython,
            coreMetadata: found.metadata && (await this.#storeMetadata(object.key, found.metadata, metadata)),
        }
    }

    async #storeMetadata(fileKey: string, body: Buffer, stored: ListedObject | undefined) {
        const sha256 = sha256Of(body)
        const current = stored && (await this.bucket.get(stored.key))
        const isStored = current && sha256Of(current.body) === sha256
        if (!isStored) await this.options.write(`${fileKey}.metadata`, body, metadataHeaders)
        return { sha256 }
    }

    /** The listing may be older than the page. */
    async #hasProvenance(objects: ProjectObjects, filename: string, known: FileEntry | undefined): Promise<boolean> {
        if (objects.provenance.has(filename)) return true
        return known?.provenance === true && !!(await this.bucket.head(provenanceKey(objects.project, filename)))
    }

    /** Reads FILE.yanked. A yank that only the page records is written to FILE.yanked. */
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
