import type { ObjectMetadata } from './object-file.js'
import type { SortedMap } from './sorted-map.js'

/** What to list. Texts are UTF-8 bytes, one character each, as `sortKeyOf` makes them. */
export interface ListQuery {
    readonly prefix: string
    /** Empty for none. */
    readonly delimiter: string
    /** The first key that may be listed: where the page before left off. */
    readonly from: string
    /** Only what sorts after this is listed. */
    readonly after: string
    readonly maxKeys: number
}

/** A page of a listing, in order. */
export interface ListPage {
    readonly entries: readonly ListEntry[]
    /** Where the next page starts; undefined for the last page. */
    readonly next: string | undefined
}

/** An object, or all keys that share a common prefix. */
export type ListEntry = { readonly name: string; readonly object: ObjectMetadata | undefined }

/**
 * One page of a bucket's keys. Keys that hold the delimiter after the prefix are rolled up into one common prefix.
 * Source: Amazon S3 API Reference, "ListObjectsV2".
 */
export function listObjects(objects: SortedMap<ObjectMetadata>, query: ListQuery): ListPage {
    const { prefix, delimiter, after, maxKeys } = query
    const entries: ListEntry[] = []
    const first = [prefix, query.from, after === '' ? '' : `${after}\0`].reduce((a, b) => (a > b ? a : b))
    let position = objects.indexFrom(first)
    while (maxKeys > 0) {
        const key = objects.keyAt(position)
        if (key === undefined || !key.startsWith(prefix)) break
        if (entries.length === maxKeys) return { entries, next: key }
        const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
        if (end < 0) {
            entries.push({ name: key, object: objects.get(key) })
            position++
        } else {
            const common = key.slice(0, end + delimiter.length)
            if (common > after) entries.push({ name: common, object: undefined })
            position = objects.indexFrom(successor(common))
        }
    }
    return { entries, next: undefined }
}

/** What sorts right after everything that starts with these bytes. UTF-8 has no byte 255, so nothing carries over. */
function successor(prefix: string): string {
    return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
