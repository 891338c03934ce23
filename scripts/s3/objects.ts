/** An object as a listing shows it. */
export interface ListedObject {
    /** Without the prefix of the index. */
    key: string
    /** Bytes. */
    size: number
    /** Without quotes. Another ETag means other bytes; the same ETag and size mean the same object. */
    etag: string
    lastModified: Date
}

/** An object as HEAD shows it: `metadata` are its `x-amz-meta-*` headers, the names in lower case. */
export interface ObjectHead extends ListedObject {
    metadata: Record<string, string>
}

/** A small object, read whole. */
export interface ObjectContent {
    body: Buffer
    etag: string
}

/** What is sent with an object and comes back with it. */
export interface ObjectHeaders {
    contentType: string
    cacheControl: string
    /** ASCII, without white space at the ends. */
    metadata?: Record<string, string>
}

/**
 * A write that S3 does only while the object is the one that the writer knows: `etag` for that one, `absent` for none.
 *
 * @see Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"
 */
export type Condition = { etag: string } | 'absent'

/**
 * What became of a write: `refused` when the condition did not hold, `unsupported` when the server knows no conditional
 * writes. Neither has written anything.
 */
export type PutResult = { outcome: 'written'; etag: string } | { outcome: 'refused' } | { outcome: 'unsupported' }
