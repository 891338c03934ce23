import { S3ServiceException } from '@aws-sdk/client-s3'
import type { PutResult } from './objects.js'
import { bareEtag } from './wire-format.js'

/** Only "there is no such key" is an absent object: every other error must never be read as one. */
export async function absent<Answer>(request: Promise<Answer>, name = 'NoSuchKey'): Promise<Answer | undefined> {
    try {
        return await request
    } catch (error) {
        if (isNamed(error, name)) return undefined
        throw error
    }
}

/** What became of a conditional write. @throws any error that does not say so */
export async function putResult(request: Promise<{ ETag?: string | undefined }>): Promise<PutResult> {
    try {
        return { outcome: 'written', etag: bareEtag((await request).ETag) }
    } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
        // 409: another conditional write was under way. NoSuchKey: If-Match, and the object is gone. NoSuchUpload: the
        // upload was completed, but the answer was lost.
        if (status === 412 || status === 409 || isNamed(error, 'NoSuchKey', 'NoSuchUpload'))
            return { outcome: 'refused' }
        if (status === 501) return { outcome: 'unsupported' }
        throw error
    }
}

/** Whether S3 gave an error one of these names. */
export function isNamed(error: unknown, ...names: string[]): boolean {
    return error instanceof S3ServiceException && names.includes(error.name)
}

/** Whether a server has understood a request and does not do such requests, whatever the credentials. */
export function isRefused(error: unknown): boolean {
    if (!(error instanceof S3ServiceException)) return false
    if (isNamed(error, 'NoSuchBucket', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken')) return false
    return [400, 403, 404, 405, 411, 415, 501].includes(error.$metadata.httpStatusCode ?? 0)
}
