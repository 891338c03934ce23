import { S3Error } from './errors.js'

/** The parsed Host header and request target. */
export interface RequestTarget {
    /** The path as sent, percent-encoded. */
    readonly rawPath: string
    /** The path, decoded. */
    readonly path: string
    /** The bucket in the Host header of a virtual-hosted-style request. */
    readonly virtualBucket: string | undefined
    /** The bucket of either style; undefined for the service itself. */
    readonly bucket: string | undefined
    /** The key, decoded; undefined for the bucket itself. */
    readonly key: string | undefined
    /** The decoded query parameters. */
    readonly query: Query
}

/** Query parameters: each name with its values, in the order sent. */
export type Query = ReadonlyMap<string, readonly string[]>

/** The first value of a query parameter, or undefined. */
export function parameter(query: Query, name: string): string | undefined {
    return query.get(name)?.[0]
}

const maximalKeyBytes = 1024

/**
 * Parses the target of a request.
 * @param url the request target as sent, one character per byte (Node's `req.url`)
 * @param host the Host header
 * @param domain the suffix of virtual-host style, without a port: `BUCKET.domain`
 * @throws S3Error InvalidURI, KeyTooLongError
 */
export function parseTarget(url: string, host: string, domain: string): RequestTarget {
    if (!url.startsWith('/')) throw invalidUri()
    const [rawPath, rawQuery] = splitOnce(url, '?')
    const path = percentDecode(rawPath)
    const virtualBucket = bucketOfHost(host, domain)
    const [bucket, key] = virtualBucket === undefined ? splitOnce(path.slice(1), '/') : [virtualBucket, path.slice(1)]
    if (key !== undefined && Buffer.byteLength(key) > maximalKeyBytes) {
        throw new S3Error('KeyTooLongError', 'Your key is too long', { MaxSizeAllowed: String(maximalKeyBytes) })
    }
    return {
        rawPath,
        path,
        virtualBucket,
        bucket: bucket === '' ? undefined : bucket,
        key: key === '' ? undefined : key,
        query: parseQuery(rawQuery ?? ''),
    }
}

function bucketOfHost(host: string, domain: string): string | undefined {
    const name = host.replace(/:\d+$/, '').toLowerCase()
    return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined
}

function parseQuery(rawQuery: string): Query {
    const query = new Map<string, string[]>()
    for (const part of rawQuery.split('&').filter((part) => part !== '')) {
        // In a query, unlike in a path, S3 reads + as a space.
        const [name, value] = splitOnce(part.replaceAll('+', '%20'), '=')
        const values = query.get(percentDecode(name)) ?? []
        query.set(percentDecode(name), [...values, percentDecode(value ?? '')])
    }
    return query
}

/** Decodes percent-encoded UTF-8. @throws S3Error InvalidURI */
export function percentDecode(text: string): string {
    if (/%(?![0-9a-f]{2})/i.test(text)) throw invalidUri()
    const bytes = text.replace(/%(..)/g, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'))
    } catch (error) {
        if (error instanceof TypeError) throw invalidUri()
        throw error
    }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
    const index = text.indexOf(separator)
    return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)]
}

function invalidUri(): S3Error {
    return new S3Error('InvalidURI', "Couldn't parse the specified URI.")
}
