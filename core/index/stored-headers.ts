import { kindOf } from '../file-name.js'
import type { ObjectHeaders } from './objects.js'

/** Files are not replaced under the same name, so clients may cache them for a year. */
const immutable = { cacheControl: 'max-age=31536000, immutable' }
/** Pages change; clients must revalidate them on each use. */
const changing = { cacheControl: 'no-cache' }
/** Pages are stored compressed: see stored-page.ts. */
const page = { ...changing, contentEncoding: 'gzip' } as const

/** On index.html: the ETag of the index.json that it was rendered from. */
export const sourceEtag = 'index-json-etag'

/** Without Content-Encoding: clients would decompress the file. @see RFC 6713 for application/gzip */
export function fileHeaders(filename: string, metadata: Record<string, string>): ObjectHeaders {
    const isZip = kindOf(filename) === 'wheel' || filename.endsWith('.zip')
    return { ...immutable, contentType: isZip ? 'application/zip' : 'application/gzip', metadata }
}

/** FILE.metadata */
export const metadataHeaders: ObjectHeaders = { ...immutable, contentType: 'text/plain; charset=utf-8' }

/** FILE.provenance: that of the first upload stays. */
export const provenanceHeaders: ObjectHeaders = {
    ...immutable,
    contentType: 'application/vnd.pypi.integrity.v1+json',
}

/** FILE.yanked */
export const yankedHeaders: ObjectHeaders = { ...changing, contentType: 'text/plain; charset=utf-8' }

/** index.json. @see PEP 691, "Content-Types" */
export const jsonHeaders: ObjectHeaders = { ...page, contentType: 'application/vnd.pypi.simple.v1+json' }

/** index.html */
export function htmlHeaders(jsonEtag: string): ObjectHeaders {
    return { ...page, contentType: 'text/html; charset=utf-8', metadata: { [sourceEtag]: jsonEtag } }
}
