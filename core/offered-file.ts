// Runs in Node.js and in nginx: no syntax and no functions that njs 0.7.9 lacks.

import { canonicalPath } from './canonical-path.js'

/** A file as a project page offers it to clients. */
export interface OfferedFile {
    filename: string
    /** Where the file is, if not beside the page. */
    url?: string | undefined
    /** Hex; undefined if it is not known. */
    sha256?: string | undefined
    /** Bytes. */
    size: number
    /** UTC, as PEP 700 writes it: 2026-01-02T03:04:05.000000Z */
    uploadTime: string
    requiresPython?: string | undefined
    /** FILE.metadata exists; its hash (hex), if it is known. */
    coreMetadata?: { sha256?: string | undefined } | undefined
    /** FILE.provenance exists, or where else the provenance is. @see PEP 740 */
    provenance?: boolean | string | undefined
    /** The reason; may be empty. @see PEP 592 */
    yanked?: string | undefined
}

/** A file in index.json. */
export interface FileJson {
    filename: string
    url: string
    /** Empty if none is known. @see PEP 691, "hashes" */
    hashes: { sha256?: string }
    size: number
    'upload-time': string
    'requires-python'?: string
    'core-metadata'?: { sha256: string } | true
    /** URL of FILE.provenance. */
    provenance?: string
    yanked: boolean | string
}

/** @see PEP 691, 700, 714, 740 */
export function fileJson(file: OfferedFile): FileJson {
    const { requiresPython, coreMetadata, yanked } = file
    const json: Partial<FileJson> = {
        filename: file.filename,
        url: canonicalPath(file.filename),
        hashes: file.sha256 === undefined ? {} : { sha256: file.sha256 },
        size: file.size,
        'upload-time': file.uploadTime,
    }
    if (requiresPython !== undefined) json['requires-python'] = requiresPython
    if (coreMetadata !== undefined) {
        json['core-metadata'] = coreMetadata.sha256 === undefined ? true : { sha256: coreMetadata.sha256 }
    }
    if (file.provenance) json.provenance = provenanceUrl(file)
    json.yanked = yanked === undefined ? false : yanked === '' ? true : yanked
    return json as FileJson
}

/** Relative to the page, as the URL of the file itself: pages do not know the name of their host. */
export function provenanceUrl({ filename, provenance }: OfferedFile): string {
    if (typeof provenance === 'string') return provenance
    return canonicalPath(filename) + '.provenance'
}

/**
 * The beginning of index.json, up to the list of files.
 *
 * @param versions of the files, in the order of the files
 */
export function projectJsonHead(name: string, status: { status: string; reason?: string }, versions: string[]): string {
    return (
        `{"meta":{"api-version":"1.4"},"name":${JSON.stringify(name)},` +
        `"project-status":${JSON.stringify(status)},"versions":${JSON.stringify(versions)},"files":`
    )
}

/** A list of files, one line each. @param lines a file's JSON each */
export function fileLines(lines: string[]): string {
    return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`
}
