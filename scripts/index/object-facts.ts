/**
 * What a file's object carries as `x-amz-meta-*`, so that its entry can be made again without the pages and without a
 * download.
 */
export interface ObjectFacts {
    /** Hex. */
    sha256: string
    /** As in the page. The object's own date is no upload time once it has been copied. */
    uploadTime: string
    requiresPython?: string | undefined
    /** Hex: what FILE.metadata must have. */
    coreMetadataSha256?: string | undefined
}

/** The facts as the metadata of an object: ASCII without white space, which not every server keeps. */
export function factsMetadata(facts: ObjectFacts): Record<string, string> {
    return {
        sha256: facts.sha256,
        'upload-time': facts.uploadTime,
        ...(facts.requiresPython && { 'requires-python': encodeURIComponent(facts.requiresPython) }),
        ...(facts.coreMetadataSha256 && { 'core-metadata-sha256': facts.coreMetadataSha256 }),
    }
}

/** The facts in the metadata of an object; undefined for one that something else uploaded. */
export function readFacts(metadata: Record<string, string>): ObjectFacts | undefined {
    const { sha256, 'upload-time': uploadTime, 'requires-python': requiresPython } = metadata
    if (!/^[0-9a-f]{64}$/.test(sha256 ?? '') || uploadTime === undefined) return undefined
    return {
        sha256: sha256!,
        uploadTime,
        requiresPython: requiresPython && decodeURIComponent(requiresPython),
        coreMetadataSha256: metadata['core-metadata-sha256'],
    }
}

/** A time as PEP 700 writes it: UTC, with microseconds. */
export function uploadTimeOf(date: Date): string {
    return date.toISOString().replace(/Z$/, '000Z')
}
