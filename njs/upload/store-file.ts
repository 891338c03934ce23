import type { ObjectHeaders, PutResult } from '../../core/index/objects.js'
import { canonicalPath } from '../../core/canonical-path.js'
import { stagedKey } from '../../core/upload/staged-body.js'
import type { Header } from '../signing/sigv4.js'
import { base64, objectHeaders, outcomeOf, type NginxBucket } from './nginx-bucket.js'
import { errorCode, etagOf, failure } from './s3-connection.js'
import type { S3Request } from './s3-request.js'
import { element, escape } from './xml.js'

/** Files up to this size are sent from memory. Bytes. */
export const maxSinglePut = 8 * 1024 * 1024
/** Parts where S3 cannot copy a part. Bytes. */
const partSize = 8 * 1024 * 1024

/** A file to store, which lies in the body of the client's request. */
export interface FileToStore {
    key: string
    headers: ObjectHeaders
    size: number
    /** Hex. */
    sha256: string
    md5: string
    /** Where the file begins in the body. */
    offset: number
    /** Digest of the whole body, hex; only called for files larger than `maxSinglePut`. */
    bodyDigest: (name: 'sha256' | 'md5') => Promise<string>
    /** Bytes of the file in memory, which a later call may overwrite. */
    read: (position: number, length: number) => Buffer
    /** Unique name of the body while it is in S3. */
    id: string
}

/**
 * Stores a file that must not replace another one. A large one never passes through the memory of nginx.
 *
 * @returns with the ETag of the answer: empty for a large file
 */
export async function storeFile(bucket: NginxBucket, file: FileToStore): Promise<PutResult> {
    if (file.size > maxSinglePut) return storeInParts(bucket, file)
    const request: S3Request = {
        method: 'PUT',
        key: bucket.prefix + file.key,
        body: file.read(0, file.size),
        payloadHash: file.sha256,
        headers: [...objectHeaders(file.headers), ['content-md5', base64(file.md5)], ['if-none-match', '*']],
    }
    const answer = await bucket.connection.ask(request)
    if (answer.status !== 200) return outcomeOf(request, answer)
    return { outcome: 'written', etag: etagOf(answer) }
}

async function storeInParts(bucket: NginxBucket, file: FileToStore): Promise<PutResult> {
    const { connection } = bucket
    const key = bucket.prefix + file.key
    const begin: S3Request = { method: 'POST', key, query: [['uploads', '']], headers: objectHeaders(file.headers) }
    const begun = await connection.ask(begin)
    const uploadId = begun.status === 200 ? element(begun.body.toString('utf8'), 'UploadId') : undefined
    if (uploadId === undefined) throw failure(begin, begun)
    const abort = () => bucket.abortUpload({ key: file.key, id: uploadId })
    try {
        const etags = (await copyFromStaged(bucket, file, uploadId)) ?? (await sendParts(bucket, file, uploadId))
        const parts = etags.map(
            (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escape(`"${etag}"`)}</ETag></Part>`,
        )
        const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/'
        const body = Buffer.from(
            `<CompleteMultipartUpload xmlns="${xmlns}">${parts.join('')}</CompleteMultipartUpload>`,
        )
        const complete: S3Request = {
            method: 'POST',
            key,
            query: [['uploadId', uploadId]],
            body,
            payloadHash: await bucket.digests.sha256(body),
            // Servers that do not know this condition ignore it: the caller has looked for the key.
            headers: [['if-none-match', '*']],
        }
        const answer = await connection.ask(complete)
        if (answer.status === 200) return { outcome: 'written', etag: '' }
        const result = outcomeOf(complete, answer)
        if (errorCode(answer) !== 'NoSuchUpload') await abort()
        return result
    } catch (error) {
        // What remains after a failure here is deleted by a later upload, see `cleanUp`.
        await abort().catch(() => undefined)
        throw error
    }
}

/**
 * Stores the body as it is, and lets S3 copy the file out of it.
 *
 * @returns the ETags of the parts; undefined when the server cannot do it
 */
async function copyFromStaged(bucket: NginxBucket, file: FileToStore, uploadId: string): Promise<string[] | undefined> {
    const { connection } = bucket
    const isV4 = connection.place.signature === 'V4'
    const staged = bucket.prefix + stagedKey(file.id)
    const stage: S3Request = {
        method: 'PUT',
        key: staged,
        ownBody: true,
        ...(isV4 && { payloadHash: await file.bodyDigest('sha256') }),
        headers: [
            ['content-type', 'application/octet-stream'],
            // Signatures of version 2 have no digest of the body.
            ...(isV4 ? [] : [['content-md5', base64(await file.bodyDigest('md5'))] as Header]),
        ],
    }
    const stored = await connection.ask(stage)
    if (stored.status !== 200) throw failure(stage, stored)
    try {
        const copy: S3Request = {
            method: 'PUT',
            key: bucket.prefix + file.key,
            query: [
                ['partNumber', '1'],
                ['uploadId', uploadId],
            ],
            headers: [
                ['x-amz-copy-source', canonicalPath(`/${bucket.name}/${staged}`)],
                ['x-amz-copy-source-range', `bytes=${file.offset}-${file.offset + file.size - 1}`],
            ],
        }
        const copied = await connection.ask(copy)
        if (copied.status === 501 || copied.status === 405) return undefined
        const etag = copied.status === 200 ? element(copied.body.toString('utf8'), 'ETag') : undefined
        if (etag === undefined) throw failure(copy, copied)
        return [etag.replace(/"/g, '')]
    } finally {
        await bucket.delete([stagedKey(file.id)]).catch(() => undefined)
    }
}

/** Sends the file in parts from memory, one after another, for servers that cannot copy a part. */
async function sendParts(bucket: NginxBucket, file: FileToStore, uploadId: string): Promise<string[]> {
    const etags: string[] = []
    for (let start = 0; start < file.size; start += partSize) {
        const body = file.read(start, Math.min(partSize, file.size - start))
        const request: S3Request = {
            method: 'PUT',
            key: bucket.prefix + file.key,
            query: [
                ['partNumber', String(etags.length + 1)],
                ['uploadId', uploadId],
            ],
            body,
            payloadHash: await bucket.digests.sha256(body),
        }
        const answer = await bucket.connection.ask(request)
        if (answer.status !== 200) throw failure(request, answer)
        etags.push(etagOf(answer))
    }
    return etags
}
