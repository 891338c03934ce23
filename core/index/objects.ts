/** An object in a listing. */
export interface ListedObject {
    /** Without the prefix of the index. */
    key: string
    /** Bytes. */
    size: number
    /** Without quotes. A different ETag means different bytes; the same ETag and size mean the same object. */
    etag: string
    lastModified: Date
}

/** The result of HEAD: `metadata` are the `x-amz-meta-*` headers, with names in lower case. */
export interface ObjectHead extends ListedObject {
    metadata: Record<string, string>
    /** The stored Content-Encoding. */
    contentEncoding: string | undefined
}

/** The whole content of a small object. */
export interface ObjectContent<Bytes extends Uint8Array = Uint8Array> {
    /** As stored: not decoded. */
    body: Bytes
    etag: string
    /** The stored Content-Encoding. */
    contentEncoding: string | undefined
    /** The `x-amz-meta-*` headers, with names in lower case. */
    metadata?: Record<string, string>
}

/** The headers stored with an object. */
export interface ObjectHeaders {
    contentType: string
    cacheControl: string
    /** The encoding of the bytes, which the writer has applied. */
    contentEncoding?: 'gzip'
    /** ASCII, without leading or trailing white space. */
    metadata?: Record<string, string>
}

/**
 * The condition of a write: the object still has this `etag`, or is `absent`.
 *
 * @see Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"
 */
export type Condition = { etag: string } | 'absent'

/**
 * The outcome of a write: `refused` if the condition did not hold, `unsupported` if the server lacks conditional
 * writes. In both cases nothing was written.
 */
export type PutResult =
    | { outcome: 'written'; etag: string }
    | { outcome: 'refused'; /** The server says that there is no object to compare. */ isAbsent?: boolean }
    | { outcome: 'unsupported' }

/** The start of a listing of one folder, up to the next slash. */
export interface ListingStart {
    /** Names of the folders in it, without slashes. */
    folders: string[]
    /** With their keys in the index. */
    objects: ListedObject[]
    /** False if there is more. */
    isComplete: boolean
}

/** A bucket as the index uses it. Keys are relative to the prefix of the index. */
export interface IndexBucket {
    /** Whether the server is known to have conditional writes. */
    readonly isAws: boolean
    /** Reads a small object; undefined only if S3 answers "no such key". */
    get(key: string): Promise<ObjectContent | undefined>
    head(key: string): Promise<ObjectHead | undefined>
    /** Writes a small object if a condition holds. */
    put(key: string, body: Uint8Array, headers: ObjectHeaders, condition: Condition): Promise<PutResult>
    /** Writes a small object unconditionally. @returns its ETag */
    write(key: string, body: Uint8Array, headers: ObjectHeaders): Promise<string>
    /** Deletes objects; succeeds for missing ones. */
    delete(keys: readonly string[]): Promise<void>
    /** Lists all objects whose key starts with `start`, sorted by UTF-8 bytes. */
    list(start?: string): AsyncIterable<ListedObject>
    /** The names of the top-level folders of the index, without a trailing slash. */
    folders(): Promise<string[]>
}

/** A bucket that can list a little of a large folder. */
export interface BoundedBucket extends IndexBucket {
    /** Lists a folder (`PROJECT/`, or all of the index) by one request. @param most of objects and folders: up to 1,000 */
    listStart(folder: string, most: number): Promise<ListingStart>
}
