import { createHash } from 'node:crypto'

const maximalNameBytes = 255

/**
 * The name of the file that holds a key's object. All of a bucket's files lie in one folder, so that no key leads out
 * of it and `a` may exist beside `a/b`: the key, percent-encoded, dots too where it starts with one. A key whose name
 * would be too long for a file system is named by its hash; `%~` starts no encoded key.
 */
export function fileNameOf(key: string): string {
    const name = encodeURIComponent(key).replace(/^\./, '%2E').replaceAll('*', '%2A')
    if (Buffer.byteLength(name) <= maximalNameBytes) return name
    return '%~' + createHash('sha256').update(key).digest('hex')
}

/** The key's UTF-8 bytes, one character each: what S3 sorts by, and what `<` then compares. */
export function sortKeyOf(key: string): string {
    return Buffer.from(key, 'utf8').toString('latin1')
}

/** The key of such bytes. */
export function keyOfSortKey(sortKey: string): string {
    return Buffer.from(sortKey, 'latin1').toString('utf8')
}
