import { S3Error } from './errors.js'

/** Offsets of the first and the last byte. */
export interface ByteRange {
    readonly first: number
    readonly last: number
}

/**
 * Parses a Range header. Like S3, supports only a single range and ignores other headers, as RFC 9110 allows.
 * @param size of the object, in bytes
 * @returns undefined for the whole object
 * @throws S3Error InvalidRange when no byte of the object is in the range
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
    const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? []
    if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
    if (first === '') {
        if (Number(last) === 0 || size === 0) throw invalidRange(header, size)
        return { first: Math.max(0, size - Number(last)), last: size - 1 }
    }
    if (last !== '' && Number(last) < Number(first)) return undefined
    if (Number(first) >= size) throw invalidRange(header, size)
    return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

function invalidRange(header: string | undefined, size: number): S3Error {
    return new S3Error(
        'InvalidRange',
        'The requested range is not satisfiable',
        { RangeRequested: header ?? '', ActualObjectSize: String(size) },
        { 'Content-Range': `bytes */${size}` },
    )
}
