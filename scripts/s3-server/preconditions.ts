import { noSuchKey, preconditionFailed, S3Error } from './errors.js'
import type { ObjectMetadata } from './object-file.js'
import type { Headers } from './request.js'

/**
 * Evaluates the conditional headers of GET and HEAD in the order of RFC 9110, section 13.2.2.
 * @returns whether the client's copy is still good, so that the answer is 304
 * @throws S3Error PreconditionFailed
 */
export function isNotModified({ etag, lastModified }: ObjectMetadata, headers: Headers): boolean {
    const ifMatch = headers.get('if-match')
    const ifUnmodifiedSince = httpDate(headers.get('if-unmodified-since'))
    if (ifMatch !== undefined) {
        if (!matches(ifMatch, etag)) throw preconditionFailed('If-Match')
    } else if (ifUnmodifiedSince !== undefined && lastModified > ifUnmodifiedSince) {
        throw preconditionFailed('If-Unmodified-Since')
    }
    const ifNoneMatch = headers.get('if-none-match')
    const ifModifiedSince = httpDate(headers.get('if-modified-since'))
    if (ifNoneMatch !== undefined) return matches(ifNoneMatch, etag)
    return ifModifiedSince !== undefined && lastModified <= ifModifiedSince
}

/** Whether Range is to be obeyed: If-Range names this very object, or is not there. Source: RFC 9110, 13.1.5. */
export function rangeApplies({ etag, lastModified }: ObjectMetadata, headers: Headers): boolean {
    const ifRange = headers.get('if-range')
    return ifRange === undefined || ifRange === `"${etag}"` || httpDate(ifRange) === lastModified
}

/** What must hold of the object that a write replaces or deletes. */
export type WriteCondition = (current: ObjectMetadata | undefined, key: string) => void

/**
 * The condition of a write. Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
 * @returns a function that throws S3Error PreconditionFailed, or NoSuchKey where If-Match finds nothing
 * @throws S3Error NotImplemented for what S3 does not offer
 */
export function writeCondition(headers: Headers): WriteCondition {
    const ifMatch = headers.get('if-match')
    const ifNoneMatch = headers.get('if-none-match')
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
        throw new S3Error('NotImplemented', 'A write knows If-None-Match: * only')
    }
    return (current, key) => {
        if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match')
        if (ifMatch === undefined) return
        if (current === undefined) throw noSuchKey(key)
        if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match')
    }
}

/** Whether a list of entity tags holds this one. Clients of S3 send tags without quotes too. */
function matches(list: string, etag: string): boolean {
    const tags = list.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
    return tags.some((tag) => tag === '*' || tag === etag || tag === `"${etag}"`)
}

/** Milliseconds since 1970; undefined for a date that is none, which RFC 9110 has ignored. */
function httpDate(text: string | undefined): number | undefined {
    const time = /^\w{3,9}, .* GMT$/.test(text ?? '') ? Date.parse(text as string) : NaN
    return Number.isNaN(time) ? undefined : time
}
