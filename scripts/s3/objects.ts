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
export interface ObjectContent {
    /** As stored: not decoded. */
    body: Buffer
    etag: string
    /** The stored Content-Encoding. */
    contentEncoding: string | undefined
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
export type PutResult = { outcome: 'written'; etag: string } | { outcome: 'refused' } | { outcome: 'unsupported' }
