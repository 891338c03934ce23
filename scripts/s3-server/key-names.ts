import { createHash } from 'node:crypto'

const maximalNameBytes = 255

/**
 * The file name of a key's object: the percent-encoded key, with encoded dots if it begins with one. All files of a bucket
 * are in one folder, so that no key leads out of it and `a` can exist beside `a/b`. A key that is too long for a file name
 * is hashed; `%~` cannot begin an encoded key.
 */
export function fileNameOf(key: string): string {
    const name = encodeURIComponent(key).replace(/^\./, '%2E').replaceAll('*', '%2A')
    if (Buffer.byteLength(name) <= maximalNameBytes) return name
    return '%~' + createHash('sha256').update(key).digest('hex')
}

/** The key's UTF-8 bytes, one character each: `<` then compares them in S3's order. */
export function sortKeyOf(key: string): string {
    return Buffer.from(key, 'utf8').toString('latin1')
}

/** The reverse of `sortKeyOf`. */
export function keyOfSortKey(sortKey: string): string {
    return Buffer.from(sortKey, 'latin1').toString('utf8')
}
