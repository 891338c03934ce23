// A page as an object: compressed when it is written, so that nginx sends its bytes as they are.

import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import * as core from '../../../core/index/stored-page.js'
import type { ListedObject, ObjectHeaders } from '../../../core/index/objects.js'
import type { IndexPlatform } from '../../../core/index/platform.js'
import { asBuffer, nodeEngine } from '../../distribution/file-source.js'
import type { Bucket } from '../../s3/bucket.js'
import { md5Of } from '../../s3/digests.js'

/** A page as read from a bucket, compressed or not. */
export type StoredPage = core.StoredPage<Buffer>

/** Larger than any page: PyPI's largest project has 43,000 files, 20 MB. Bytes. */
const maxPageSize = 256 * 1024 * 1024

/** Of what the pages for people read beside the pages of the index. */
export const jsonHeaders: ObjectHeaders = {
    contentType: 'application/json',
    cacheControl: 'no-cache',
    contentEncoding: 'gzip',
}

/** Compresses a page. The bytes differ between versions of zlib, so compare pages decompressed. */
export function compressPage(page: Buffer): Buffer {
    const best = { level: constants.Z_BEST_COMPRESSION, memLevel: constants.Z_MAX_MEMLEVEL }
    const usual = gzipSync(page, best)
    // Smaller for many files, by 6 % for 300: hashes are random, and their chance matches cost more than they save.
    const filtered = gzipSync(page, { ...best, strategy: constants.Z_FILTERED })
    return filtered.length < usual.length ? filtered : usual
}

/** Node.js for the pages in core/. */
export const nodePlatform: IndexPlatform = {
    ...nodeEngine,
    areEqual: (one, other) => asBuffer(one).equals(other),
    compresses: true,
    compress: async (page) => compressPage(asBuffer(page)),
    decompress: async (body) => decompressed(asBuffer(body)),
    sleep: (milliseconds) => sleep(milliseconds),
}

/** Reads a page; undefined only if it does not exist. */
export async function readStoredPage(bucket: Bucket, key: string): Promise<StoredPage | undefined> {
    const stored = await core.readStoredPage(bucket, nodePlatform, key)
    return stored && { ...stored, body: stored.body && asBuffer(stored.body) }
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

/** Whether a stored page is what `compressPage` makes of `page`, apart from zlib's version. */
export function isStoredAs(stored: StoredPage | undefined, page: Buffer): boolean {
    return core.isStoredAs(stored, page, nodePlatform)
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
