// A page as an object: compressed when it is written, so that nginx sends its bytes as they are.

import { UserError } from '../user-error.js'
import { decodeUtf8Lossily } from '../utf8.js'
import type { IndexBucket, ObjectContent, ObjectHeaders } from './objects.js'
import type { IndexPlatform } from './platform.js'

/** A page as read from a bucket, compressed or not. */
export interface StoredPage<Bytes extends Uint8Array = Uint8Array> {
    key: string
    etag: string
    /** Decompressed; undefined if the compressed bytes are damaged. */
    body: Bytes | undefined
    /**
     * `identity`: by an older version or another tool. `undeclared`: compressed, but a copy of the bucket has lost the
     * Content-Encoding, so clients cannot read it.
     */
    encoding: 'gzip' | 'identity' | 'undeclared'
    metadata: Record<string, string>
}

/** Reads a page; undefined only if it does not exist. */
export async function readStoredPage(
    bucket: IndexBucket,
    platform: IndexPlatform,
    key: string,
): Promise<StoredPage | undefined> {
    const content = await bucket.get(key)
    return content && storedPage(key, content, platform)
}

async function storedPage(key: string, content: ObjectContent, platform: IndexPlatform): Promise<StoredPage> {
    const { body, etag, contentEncoding, metadata = {} } = content
    // By the bytes, since Google Cloud Storage decompresses them itself.
    if (!isGzip(body)) return { key, etag, body, encoding: 'identity', metadata }
    const encoding = contentEncoding === 'gzip' ? 'gzip' : 'undeclared'
    return { key, etag, body: await platform.decompress(body), encoding, metadata }
}

function isGzip(body: Uint8Array): boolean {
    return body[0] === 0x1f && body[1] === 0x8b
}

/** The text of a page. @throws UserError if it is damaged */
export function pageText({ key, body }: StoredPage): string {
    if (body !== undefined) return decodeUtf8Lossily(body)
    throw new UserError(
        `${key} is compressed and cannot be decompressed`,
        'Rebuild it from the objects: manage-index rebuild',
    )
}

/** Whether a stored page is what the platform makes of `page`, apart from zlib's version. */
export function isStoredAs(stored: StoredPage | undefined, page: Uint8Array, platform: IndexPlatform): boolean {
    if (stored?.body === undefined || stored.encoding === 'undeclared') return false
    if (stored.encoding === 'identity' && platform.compresses) return false
    return stored.body === page || platform.areEqual(stored.body, page)
}

/** The headers of a page, which says that it is compressed if it is. */
export function headersOf(headers: ObjectHeaders, body: Uint8Array): ObjectHeaders {
    if (isGzip(body)) return headers
    const { contentType, cacheControl, metadata } = headers
    return { contentType, cacheControl, ...(metadata && { metadata }) }
}
