import type { ObjectMetadata } from './object-file.js'
import type { SortedMap } from './sorted-map.js'

/** A listing query. Strings are UTF-8 bytes, one character each, as from `sortKeyOf`. */
export interface ListQuery {
    readonly prefix: string
    /** Empty for none. */
    readonly delimiter: string
    /** Where this page starts: `next` of the previous page. */
    readonly from: string
    /** List only keys after this one. */
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

/** The smallest string that sorts after all keys with this prefix. UTF-8 has no byte 255, so incrementing never carries. */
function successor(prefix: string): string {
    return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
