import { S3ServiceException } from '@aws-sdk/client-s3'
import type { PutResult } from './objects.js'
import { bareEtag } from './etags-and-listed-keys.js'

/** Returns undefined for "no such key" only: no other error means that an object is absent. */
export async function absent<Answer>(request: Promise<Answer>, name = 'NoSuchKey'): Promise<Answer | undefined> {
    try {
        return await request
    } catch (error) {
        if (isNamed(error, name)) return undefined
        throw error
    }
}

/** The outcome of a conditional write. @throws errors that do not determine it */
export async function putResult(request: Promise<{ ETag?: string | undefined }>): Promise<PutResult> {
    try {
        return { outcome: 'written', etag: bareEtag((await request).ETag) }
    } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
        // 409: a concurrent conditional write. NoSuchKey: If-Match on a deleted object. NoSuchUpload: the upload was
        // completed, but the response was lost.
        if (status === 412 || status === 409 || isNamed(error, 'NoSuchKey', 'NoSuchUpload'))
            return { outcome: 'refused' }
        if (status === 501) return { outcome: 'unsupported' }
        throw error
    }
}

/** Whether an S3 error has one of these names. */
export function isNamed(error: unknown, ...names: string[]): boolean {
    return error instanceof S3ServiceException && names.includes(error.name)
}

/** Whether a server does not support a kind of request, independent of the credentials. */
export function isRefused(error: unknown): boolean {
    if (!(error instanceof S3ServiceException)) return false
    if (isNamed(error, 'NoSuchBucket', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken')) return false
    return [400, 403, 404, 405, 411, 415, 501].includes(error.$metadata.httpStatusCode ?? 0)
}
