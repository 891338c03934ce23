import { noSuchKey, preconditionFailed, S3Error } from './errors.js'
import type { ObjectMetadata } from './object-file.js'
import type { Headers } from './request.js'

/**
 * Evaluates the conditional headers of GET and HEAD in the order of RFC 9110, section 13.2.2.
 * @returns whether the client's copy is current, so that the response is 304
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

/** Whether Range applies: If-Range is absent or matches this object. Source: RFC 9110, 13.1.5. */
export function rangeApplies({ etag, lastModified }: ObjectMetadata, headers: Headers): boolean {
    const ifRange = headers.get('if-range')
    return ifRange === undefined || ifRange === `"${etag}"` || httpDate(ifRange) === lastModified
}

/** Checks the object that a write replaces or deletes. Throws S3Error when the condition of the write does not hold. */
export type WriteCondition = (current: ObjectMetadata | undefined, key: string) => void

/**
 * The condition of a write. Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
 * @returns a function that throws S3Error PreconditionFailed, or NoSuchKey when If-Match finds no object
 * @throws S3Error NotImplemented for conditions that S3 does not support
 */
export function writeCondition(headers: Headers): WriteCondition {
    const ifMatch = headers.get('if-match')
    const ifNoneMatch = headers.get('if-none-match')
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
        throw new S3Error('NotImplemented', 'A write supports only If-None-Match: *')
    }
    return (current, key) => {
        if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match')
        if (ifMatch === undefined) return
        if (current === undefined) throw noSuchKey(key)
        if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match')
    }
}

/** Whether a list of entity tags contains this one. S3 clients may omit the quotes. */
function matches(list: string, etag: string): boolean {
    const tags = list.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
    return tags.some((tag) => tag === '*' || tag === etag || tag === `"${etag}"`)
}

/** Milliseconds since 1970; undefined for an invalid date, which must be ignored according to RFC 9110. */
function httpDate(text: string | undefined): number | undefined {
    const time = /^\w{3,9}, .* GMT$/.test(text ?? '') ? Date.parse(text as string) : NaN
    return Number.isNaN(time) ? undefined : time
}
