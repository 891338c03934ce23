// A page as an object: compressed when it is written, so that nginx sends its bytes as they are.

import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { UserError } from '../../../core/user-error.js'
import type { Bucket } from '../../s3/bucket.js'
import { md5Of } from '../../s3/digests.js'
import type { ListedObject, ObjectContent } from '../../s3/objects.js'

/** A page as read from a bucket, compressed or not. */
export interface StoredPage {
    key: string
    etag: string
    /** Decompressed; undefined if the compressed bytes are damaged. */
    body: Buffer | undefined
    /**
     * `identity`: by an older version or another tool. `undeclared`: compressed, but a copy of the bucket has lost the
     * Content-Encoding, so clients cannot read it.
     */
    encoding: 'gzip' | 'identity' | 'undeclared'
}

/** Larger than any page: PyPI's largest project has 43,000 files, 20 MB. Bytes. */
const maxPageSize = 256 * 1024 * 1024

/** Compresses a page. The bytes differ between versions of zlib, so compare pages decompressed. */
export function compressPage(page: Buffer): Buffer {
    const best = { level: constants.Z_BEST_COMPRESSION, memLevel: constants.Z_MAX_MEMLEVEL }
    const usual = gzipSync(page, best)
    // Smaller for many files, by 6 % for 300: hashes are random, and their chance matches cost more than they save.
    const filtered = gzipSync(page, { ...best, strategy: constants.Z_FILTERED })
    return filtered.length < usual.length ? filtered : usual
}

/** Reads a page; undefined only if it does not exist. */
export async function readStoredPage(bucket: Bucket, key: string): Promise<StoredPage | undefined> {
    const content = await bucket.get(key)
    return content && storedPage(key, content)
}

function storedPage(key: string, { body, etag, contentEncoding }: ObjectContent): StoredPage {
    // By the bytes, since Google Cloud Storage decompresses them itself.
    if (!isGzip(body)) return { key, etag, body, encoding: 'identity' }
    return { key, etag, body: decompressed(body), encoding: contentEncoding === 'gzip' ? 'gzip' : 'undeclared' }
}

function isGzip(body: Buffer): boolean {
    return body[0] === 0x1f && body[1] === 0x8b
}

/** @returns undefined if the bytes are damaged or too many */
function decompressed(body: Buffer): Buffer | undefined {
    try {
        return gunzipSync(body, { maxOutputLength: maxPageSize })
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code?.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE') return undefined
        throw error
    }
}

/** The text of a page. @throws UserError if it is damaged */
export function pageText({ key, body }: StoredPage): string {
    if (body !== undefined) return body.toString()
    throw new UserError(
        `${key} is compressed and cannot be decompressed`,
        'Rebuild it from the objects: manage-index rebuild',
    )
}

/** Whether a stored page is what `compressPage` makes of `page`, apart from zlib's version. */
export function isStoredAs(stored: StoredPage | undefined, page: Buffer): boolean {
    return stored?.encoding === 'gzip' && stored.body?.equals(page) === true
}

/**
 * Whether a listed page is known to be `page`, without reading it. False if only reading can tell: another version of
 * zlib has compressed it, or the object is encrypted with SSE-KMS, whose ETag is no MD5.
 */
export async function isListedAs(bucket: Bucket, listed: ListedObject | undefined, page: Buffer): Promise<boolean> {
    if (listed?.etag !== md5Of(compressPage(page))) return false
    // No listing holds the Content-Encoding.
    return (await bucket.head(listed.key))?.contentEncoding === 'gzip'
}

/** Whether a page is stored as `compressPage` makes it; reads it only if its entry in a listing does not tell. */
export async function isUpToDate(
    bucket: Bucket,
    key: string,
    listed: ListedObject | undefined,
    page: Buffer,
): Promise<boolean> {
    return (await isListedAs(bucket, listed, page)) || isStoredAs(await readStoredPage(bucket, key), page)
}
