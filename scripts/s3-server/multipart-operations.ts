import { createHash } from 'node:crypto'
import { parseRange } from './byte-range.js'
import { copyResult, findCopySource, hashed } from './copy-source.js'
import { S3Error } from './errors.js'
import { multipartEtag, MultipartUpload, type ClaimedPart } from './multipart-upload.js'
import { wholeSecond } from './object-file.js'
import { splitObjectChecksum } from './object-checksum.js'
import { headersToStore } from './object-headers.js'
import type { Operation, Service } from './operation.js'
import { writeCondition } from './preconditions.js'
import { readText, verifiedBody } from './request-body.js'
import { parameter } from './request-target.js'
import type { S3Request } from './request.js'
import { element, listOf, readXml, textOf, type XmlTree } from './xml.js'

/** CreateMultipartUpload. */
export const createMultipartUpload: Operation = ({ storage }, { target, headers, time }) => {
    const [bucket, key] = [target.bucket as string, target.key as string]
    const description = { key, headers: headersToStore(headers) }
    const id = MultipartUpload.create(storage.bucket(bucket), storage.temporaryPath(), description, time)
    return {
        status: 200,
        body: element('InitiateMultipartUploadResult', [
            element('Bucket', bucket),
            element('Key', key),
            element('UploadId', id),
        ]),
    }
}

/** UploadPart. */
export const uploadPart: Operation = async ({ storage }, request) => {
    const upload = findUpload(storage, request)
    const number = partNumber(parameter(request.target.query, 'partNumber'))
    const body = verifiedBody(request)
    const describe = () => {
        const { size, md5, checksum } = body.digests()
        return { ...upload.description, size, etag: md5, lastModified: wholeSecond(request.time), checksum }
    }
    const commit = (path: string): void => upload.commitPart(path, number)
    const { etag, checksum } = await storage.store(body.content, describe, commit)
    return { status: 200, headers: { ETag: `"${etag}"`, ...checksum } }
}

/** UploadPartCopy. */
export const uploadPartCopy: Operation = async ({ storage }, request) => {
    const upload = findUpload(storage, request)
    const number = partNumber(parameter(request.target.query, 'partNumber'))
    const source = findCopySource(storage, request.headers)
    const range = parseRange(request.headers.get('x-amz-copy-source-range'), source.object.size)
    const { first, last } = range ?? { first: 0, last: source.object.size - 1 }
    const md5 = createHash('md5')
    const lastModified = wholeSecond(request.time)
    const describe = () => ({
        ...upload.description,
        size: last - first + 1,
        etag: md5.digest('hex'),
        lastModified,
        checksum: {},
    })
    const commit = (path: string): void => upload.commitPart(path, number)
    const { etag } = await storage.store(hashed(source.read(first, last), md5), describe, commit)
    return { status: 200, body: copyResult('CopyPartResult', etag, lastModified) }
}

/** CompleteMultipartUpload. */
export const completeMultipartUpload: Operation = async ({ storage }, request) => {
    const [name, key] = [request.target.bucket as string, request.target.key as string]
    const bucket = storage.bucket(name)
    const upload = findUpload(storage, request)
    const condition = writeCondition(request.headers)
    const { own, object } = splitObjectChecksum(request.headers)
    const document = await readText({ ...request, headers: own }, 4 * 1024 * 1024)
    const claimed = listOf(readXml(document, 'CompleteMultipartUpload', ['Part']), 'Part').map(claimedPart)
    if (claimed.length === 0) throw new S3Error('MalformedXML', 'An upload is completed with at least one part')
    const parts = upload.verify(claimed)
    const describe = () => ({
        ...upload.description,
        size: parts.reduce((sum, { size }) => sum + size, 0),
        etag: multipartEtag(parts),
        lastModified: wholeSecond(request.time),
        checksum: object.verify(parts),
    })
    const content = object.pass(upload.content(claimed, parts))
    const { etag } = await storage.store(content, describe, (path, metadata) =>
        bucket.commit(path, metadata, condition),
    )
    await upload.remove()
    return {
        status: 200,
        body: element('CompleteMultipartUploadResult', [
            element('Location', `/${name}/${key}`),
            element('Bucket', name),
            element('Key', key),
            element('ETag', `"${etag}"`),
        ]),
    }
}

/** AbortMultipartUpload. */
export const abortMultipartUpload: Operation = async ({ storage }, request) => {
    await findUpload(storage, request).remove()
    return { status: 204 }
}

function findUpload(storage: Service['storage'], { target }: S3Request): MultipartUpload {
    const bucket = storage.bucket(target.bucket as string)
    return MultipartUpload.find(bucket, parameter(target.query, 'uploadId') ?? '', target.key as string)
}

function claimedPart(part: XmlTree): ClaimedPart {
    const checksum: Record<string, string> = {}
    for (const name of Object.keys(part).filter((name) => name.startsWith('Checksum'))) {
        checksum[name.replace('Checksum', 'x-amz-checksum-').toLowerCase()] = textOf(part, name) ?? ''
    }
    return { number: partNumber(textOf(part, 'PartNumber')), etag: textOf(part, 'ETag') ?? '', checksum }
}

function partNumber(text: string | undefined): number {
    const number = /^\d{1,5}$/.test(text?.trim() ?? '') ? Number(text) : 0
    if (number < 1 || number > 10_000) {
        throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
    }
    return number
}
