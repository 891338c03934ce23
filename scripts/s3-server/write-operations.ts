import { createHash } from 'node:crypto'
import { copyResult, findCopySource, hashed } from './copy-source.js'
import { S3Error } from './errors.js'
import { wholeSecond } from './object-file.js'
import { headersToStore } from './object-headers.js'
import type { Operation } from './operation.js'
import { writeCondition } from './preconditions.js'
import { verifiedBody } from './request-body.js'
import { sortKeyOf } from './key-names.js'

/** PutObject. */
export const putObject: Operation = async ({ storage }, request) => {
    const { target, time } = request
    const key = target.key as string
    const bucket = storage.bucket(target.bucket as string)
    const condition = writeCondition(request.headers)
    // Fails before the client sends the body if possible. The condition is checked again when the body has arrived.
    condition(bucket.objects.get(sortKeyOf(key)), key)
    const headers = headersToStore(request.headers)
    const body = verifiedBody(request)
    const describe = () => {
        const { size, md5, checksum } = body.digests()
        return { key, size, etag: md5, lastModified: wholeSecond(time), headers, checksum }
    }
    const { etag, checksum } = await storage.store(body.content, describe, (path, metadata) =>
        bucket.commit(path, metadata, condition),
    )
    return { status: 200, headers: { ETag: `"${etag}"`, ...checksum } }
}

/** CopyObject. */
export const copyObject: Operation = async ({ storage }, request) => {
    const { target, headers, time } = request
    const key = target.key as string
    const bucket = storage.bucket(target.bucket as string)
    const condition = writeCondition(headers)
    const directive = headers.get('x-amz-metadata-directive') ?? 'COPY'
    const source = findCopySource(storage, headers)
    if (directive !== 'COPY' && directive !== 'REPLACE') {
        throw new S3Error('InvalidArgument', 'Unknown metadata directive.')
    }
    if (directive === 'COPY' && source.bucket === bucket && source.object.key === key) {
        throw new S3Error(
            'InvalidRequest',
            'This copy request is illegal because it is trying to copy an object to itself without changing the ' +
                "object's metadata.",
        )
    }
    const stored = directive === 'COPY' ? source.object.headers : headersToStore(headers)
    const md5 = createHash('md5')
    const { size, checksum } = source.object
    const describe = () => ({
        key,
        size,
        etag: md5.digest('hex'),
        lastModified: wholeSecond(time),
        headers: stored,
        checksum,
    })
    const { etag } = await storage.store(hashed(source.read(0, size - 1), md5), describe, (path, metadata) =>
        bucket.commit(path, metadata, condition),
    )
    return { status: 200, body: copyResult('CopyObjectResult', etag, wholeSecond(time)) }
}
