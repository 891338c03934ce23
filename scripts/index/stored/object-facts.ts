/**
 * What a file's object carries as `x-amz-meta-*`, so that its entry can be made again without the pages and without a
 * download.
 */
export interface ObjectFacts {
    /** Hex. */
    sha256: string
    /** Hex; of a file that was uploaded in one part, whose ETag it is on most servers. */
    md5?: string | undefined
    /** As in the page. The object's own date is no upload time once it has been copied. */
    uploadTime: string
    requiresPython?: string | undefined
    /** What FILE.metadata must have; its MD5 is its ETag on most servers, so a listing can tell. Hex. */
    coreMetadata?: { sha256: string; md5: string | undefined } | undefined
}

/** The facts as the metadata of an object: ASCII without white space, which not every server keeps. */
export function factsMetadata(facts: ObjectFacts): Record<string, string> {
    return {
        sha256: facts.sha256,
        ...(facts.md5 && { md5: facts.md5 }),
        'upload-time': facts.uploadTime,
        ...(facts.requiresPython && { 'requires-python': encodeURIComponent(facts.requiresPython) }),
        ...(facts.coreMetadata && { 'core-metadata-sha256': facts.coreMetadata.sha256 }),
        ...(facts.coreMetadata?.md5 && { 'core-metadata-md5': facts.coreMetadata.md5 }),
    }
}

/**
 * The facts in the metadata of an object; undefined for one that something else uploaded, or that somebody has changed
 * into what no publisher writes: its file is read then.
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
        coreMetadata: coreMetadata ? { sha256: coreMetadata, md5: metadata['core-metadata-md5'] } : undefined,
    }
}

/** Whether an object carries facts, be they readable or not. */
export function claimsFacts(metadata: Record<string, string>): boolean {
    return metadata.sha256 !== undefined && metadata['upload-time'] !== undefined
}

function isHex(text: string | undefined, digits: number): boolean {
    return text?.length === digits && /^[0-9a-f]+$/.test(text)
}

function isUploadTime(text: string | undefined): boolean {
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text ?? '') && !isNaN(Date.parse(text!))
}

/** One line of text; undefined for what is not percent-encoded UTF-8 or has control characters. */
function decoded(encoded: string): string | undefined {
    try {
        const text = decodeURIComponent(encoded)
        return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? undefined : text
    } catch (error) {
        if (!(error instanceof URIError)) throw error
        return undefined
    }
}

/** Longer than any reason that a person writes. Characters. */
const longestReason = 1000

/** The reason in FILE.yanked, which may be empty: one line of text, whatever somebody has put there. */
export function yankReason(body: Buffer): string {
    const text = body.subarray(0, 4 * longestReason).toString('utf8')
    return text
        .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
        .trim()
        .slice(0, longestReason)
}

/** A time as PEP 700 writes it: UTC, with microseconds. */
export function uploadTimeOf(date: Date): string {
    return date.toISOString().replace(/Z$/, '000Z')
}
