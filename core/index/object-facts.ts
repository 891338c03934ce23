import type { FileEntry } from '../project-page.js'
import { decodeUtf8Lossily } from '../utf8.js'
import type { ObjectHead } from './objects.js'

/**
 * The `x-amz-meta-*` metadata of a file's object. Its entry can be rebuilt from this, without the pages and without a
 * download.
 */
export interface ObjectFacts {
    /** Hex. */
    sha256: string
    /** Hex; only for files uploaded in one part. Equals the ETag on most servers. */
    md5?: string | undefined
    /** Same format as on the page. Last-Modified does not replace it: copying an object resets that. */
    uploadTime: string
    requiresPython?: string | undefined
    /** User, or CI job, that uploaded the file through nginx; or the index that it was mirrored from. */
    uploadedBy?: string | undefined
    /** Digests of FILE.metadata, hex. On most servers the MD5 is its ETag, so a listing is enough to check it. */
    coreMetadata?: { sha256: string; md5: string | undefined } | undefined
}

/** Serializes the facts as object metadata: ASCII without white space, because some servers change white space. */
export function factsMetadata(facts: ObjectFacts): Record<string, string> {
    return {
        sha256: facts.sha256,
        ...(facts.md5 && { md5: facts.md5 }),
        'upload-time': facts.uploadTime,
        ...(facts.requiresPython && { 'requires-python': encodeURIComponent(facts.requiresPython) }),
        ...(facts.uploadedBy && { 'uploaded-by': encodeURIComponent(facts.uploadedBy) }),
        ...(facts.coreMetadata && { 'core-metadata-sha256': facts.coreMetadata.sha256 }),
        ...(facts.coreMetadata?.md5 && { 'core-metadata-md5': facts.coreMetadata.md5 }),
    }
}

/**
 * Parses the facts in an object's metadata.
 *
 * @returns undefined if another tool wrote the object or the metadata is invalid; the file itself is read then
 */
export function readFacts(metadata: Record<string, string>): ObjectFacts | undefined {
    const { sha256, md5, 'upload-time': uploadTime, 'requires-python': encoded = '' } = metadata
    const coreMetadata = metadata['core-metadata-sha256']
    const requiresPython = decoded(encoded)
    if (!isHex(sha256, 64) || requiresPython === undefined || !isUploadTime(uploadTime)) return undefined
    if (coreMetadata && !isHex(coreMetadata, 64)) return undefined
    return {
        sha256: sha256!,
        md5: isHex(md5, 32) ? md5 : undefined,
        uploadTime: uploadTime!,
        requiresPython: requiresPython || undefined,
        // Only for people: what cannot be read is no reason to read the file.
        uploadedBy: decoded(metadata['uploaded-by'] ?? '') || undefined,
        coreMetadata: coreMetadata ? { sha256: coreMetadata, md5: metadata['core-metadata-md5'] } : undefined,
    }
}

/** Whether an object carries facts, valid or not. */
export function claimsFacts(metadata: Record<string, string>): boolean {
    return metadata.sha256 !== undefined && metadata['upload-time'] !== undefined
}

/** Whether the facts were copied from another object. An ETag with a hyphen, of an upload in parts, cannot tell. */
export function isOtherObject({ md5 }: ObjectFacts, etag: string): boolean {
    return md5 !== undefined && md5 !== etag && !etag.includes('-')
}

/**
 * The ETag that the page must record to detect that an object was replaced: none if the object has facts, which are
 * replaced with it. ETags that are no MD5, as with SSE-KMS, are recorded.
 */
export function recordedEtag(facts: ObjectFacts | undefined, etag: string): string | undefined {
    return facts === undefined || isOtherObject(facts, etag) ? etag : undefined
}

/**
 * The SHA-256 of a stored file, hex; undefined if only its bytes can tell.
 *
 * @param entry of the file on the page of its project
 */
export function knownSha256({ metadata, etag }: ObjectHead, entry: FileEntry | undefined): string | undefined {
    return readFacts(metadata)?.sha256 ?? (entry?.etag === etag ? entry.sha256 : undefined)
}

function isHex(text: string | undefined, digits: number): boolean {
    return text?.length === digits && /^[0-9a-f]+$/.test(text)
}

function isUploadTime(text: string | undefined): boolean {
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text ?? '') && !isNaN(Date.parse(text!))
}

/** Decodes one line of text; undefined if it is not percent-encoded UTF-8 or has control characters. */
function decoded(encoded: string): string | undefined {
    try {
        const text = decodeURIComponent(encoded)
        return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? undefined : text
    } catch (error) {
        if (!(error instanceof URIError)) throw error
        return undefined
    }
}

/** Characters. */
const longestReason = 1000

/** The reason in FILE.yanked, reduced to one line; may be empty. */
export function yankReason(body: Uint8Array): string {
    const text = decodeUtf8Lossily(body.subarray(0, 4 * longestReason))
    return text
        .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
        .trim()
        .slice(0, longestReason)
}

/** Formats a time as in PEP 700: UTC, with microseconds. */
export function uploadTimeOf(date: Date): string {
    return date.toISOString().replace(/Z$/, '000Z')
}
