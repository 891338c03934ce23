import type { Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { BucketStorage } from './bucket-storage.js'
import { preconditionFailed, S3Error } from './errors.js'
import type { ObjectMetadata } from './object-file.js'
import type { ObjectStorage } from './object-storage.js'
import { isNotModified } from './preconditions.js'
import { percentDecode } from './request-target.js'
import type { Headers } from './request.js'
import { element, type XmlElement } from './xml.js'

/** The object that a request copies. */
export interface CopySource {
    readonly bucket: BucketStorage
    readonly object: ObjectMetadata
    /** Opens bytes `first` to `last`. */
    read(first: number, last: number): Readable
}

/**
 * Finds the object that `x-amz-copy-source` names: `BUCKET/KEY` or `/BUCKET/KEY`, percent-encoded.
 * @throws S3Error NoSuchBucket, NoSuchKey, InvalidArgument, PreconditionFailed
 */
export function findCopySource(storage: ObjectStorage, headers: Headers): CopySource {
    const header = headers.get('x-amz-copy-source') ?? ''
    if (header.includes('?')) throw new S3Error('NotImplemented', 'There are no versions here')
    const [, name, key] = /^\/?([^/]+)\/(.+)$/s.exec(percentDecode(header)) ?? []
    if (name === undefined || key === undefined) {
        throw new S3Error(
            'InvalidArgument',
            'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
        )
    }
    const bucket = storage.bucket(name)
    const object = bucket.find(key)
    if (isNotModified(object, sourceConditions(headers))) throw preconditionFailed('x-amz-copy-source-If-None-Match')
    return { bucket, object, read: (first, last) => bucket.read(key, first, last) }
}

function sourceConditions(headers: Headers): Headers {
    const prefix = 'x-amz-copy-source-'
    return new Map(
        [...headers]
            .filter(([name]) => name.startsWith(prefix))
            .map(([name, value]) => [name.slice(prefix.length), value]),
    )
}

/** Passes content through and updates a digest. */
export async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
    for await (const piece of content) {
        hash.update(piece)
        yield piece
    }
}

/** The response to a copy. @param lastModified milliseconds since 1970 */
export function copyResult(name: string, etag: string, lastModified: number): XmlElement {
    return element(name, [element('LastModified', new Date(lastModified).toISOString()), element('ETag', `"${etag}"`)])
}
