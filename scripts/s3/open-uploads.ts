import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3'
import { openUploadKey, type OpenUpload } from '../../core/upload/open-upload.js'
import { absent, isRefused } from './answers.js'

/** The place of an index. */
interface Place {
    name: string
    prefix: string
}

/** The last upload of a page. */
interface Markers {
    KeyMarker?: string | undefined
    UploadIdMarker?: string | undefined
}

/**
 * Lists the open multipart uploads below a prefix.
 *
 * @param isWanted the others are not kept in memory
 * @returns undefined if S3 denies the listing, or does not support it
 */
export async function listOpenUploads(
    client: S3Client,
    { name, prefix }: Place,
    isWanted: (upload: OpenUpload) => boolean,
    pageSize = 1000,
): Promise<OpenUpload[] | undefined> {
    const found: OpenUpload[] = []
    let markers: Markers = {}
    for (;;) {
        const page = await listPage(client, { Bucket: name, Prefix: prefix, MaxUploads: pageSize }, markers)
        if (page === undefined) return undefined
        const uploads = (page.Uploads ?? []).map(({ Key = '', UploadId = '', Initiated }) => ({
            key: openUploadKey(Key, page.EncodingType),
            id: UploadId,
            begun: Initiated ?? new Date(NaN),
        }))
        const last = uploads.at(-1)
        // A server that ignores the markers would send the same page for ever.
        if (last === undefined || (last.key === markers.KeyMarker && last.id === markers.UploadIdMarker)) return found
        for (const { key, ...upload } of uploads) {
            const own = { ...upload, key: key.slice(prefix.length) }
            if (key.startsWith(prefix) && isWanted(own)) found.push(own)
        }
        if (!page.IsTruncated) return found
        // Not NextKeyMarker: Swift omits it, and Swift and Ceph do not encode it.
        markers = { KeyMarker: last.key, UploadIdMarker: last.id }
    }
}

/** @returns undefined if the server refuses it */
async function listPage(
    client: S3Client,
    input: { Bucket: string; Prefix: string; MaxUploads: number },
    { KeyMarker, UploadIdMarker }: Markers,
) {
    const send = (markers: Markers) =>
        client.send(new ListMultipartUploadsCommand({ ...input, EncodingType: 'url', ...markers }))
    try {
        // versitygw refuses the marker of an upload: without it, further uploads of the same key are left to the next run.
        return await send({ KeyMarker, UploadIdMarker }).catch((error: unknown) => {
            if (KeyMarker === undefined || !isRefused(error)) throw error
            return send({ KeyMarker })
        })
    } catch (error) {
        if (isRefused(error)) return undefined
        throw error
    }
}

/** Aborts an open upload, which deletes its parts; succeeds if it has ended meanwhile. */
export async function abortOpenUpload(client: S3Client, { name, prefix }: Place, upload: OpenUpload): Promise<void> {
    const input = { Bucket: name, Key: prefix + upload.key, UploadId: upload.id }
    await absent<unknown>(client.send(new AbortMultipartUploadCommand(input)), 'NoSuchUpload')
}
