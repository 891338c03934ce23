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

/** The facts in the metadata of an object; undefined for one that something else uploaded. */
export function readFacts(metadata: Record<string, string>): ObjectFacts | undefined {
    const { sha256, md5, 'upload-time': uploadTime, 'requires-python': requiresPython } = metadata
    const coreMetadata = metadata['core-metadata-sha256']
    if (!/^[0-9a-f]{64}$/.test(sha256 ?? '') || uploadTime === undefined) return undefined
    return {
        sha256: sha256!,
        md5,
        uploadTime,
        requiresPython: requiresPython && decodeURIComponent(requiresPython),
        coreMetadata: coreMetadata ? { sha256: coreMetadata, md5: metadata['core-metadata-md5'] } : undefined,
    }
}

/** A time as PEP 700 writes it: UTC, with microseconds. */
export function uploadTimeOf(date: Date): string {
    return date.toISOString().replace(/Z$/, '000Z')
}
