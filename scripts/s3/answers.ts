import { S3ServiceException } from '@aws-sdk/client-s3'
import type { PutResult } from '../../core/index/objects.js'

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

/** Removes the quotes of an ETag. Some servers omit them; some quote differently in listings than in headers. */
export function bareEtag(etag: string | undefined): string {
    return (etag ?? '').replace(/^(?:W\/)?"|"$/g, '')
}

/**
 * Decodes a key of a listing requested with `encoding-type=url`, without which XML cannot carry every key.
 *
 * @param encoding the encoding that the server reports; undefined if it does not support any
 */
export function decodeListedKey(key: string, encoding: string | undefined): string {
    if (encoding !== 'url') return key
    try {
        return decodeURIComponent(key.replaceAll('+', ' '))
    } catch (error) {
        // Not UTF-8, or not encoded: not a key of an index, and no reason to fail the listing.
        if (error instanceof URIError) return key
        throw error
    }
}
