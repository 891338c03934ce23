import { isAbandonedUpload } from '../../core/upload/open-upload.js'
import { isAbandoned, stagingFolder } from '../../core/upload/staged-body.js'
import type { NginxBucket } from './nginx-bucket.js'

/** Deletes of each kind: the client of the upload waits for them. */
const most = 10

/**
 * Deletes what killed uploads have left: bodies of any project, and parts of files of one project. Listing the parts of all
 * projects would cost more than one request. A failure is left to the next upload: the file of this one is stored.
 */
export async function cleanUp(bucket: NginxBucket, project: string, now: Date): Promise<void> {
    await deleteBodies(bucket, now).catch(() => undefined)
    await abortUploads(bucket, project, now).catch(() => undefined)
}

async function deleteBodies(bucket: NginxBucket, now: Date): Promise<void> {
    const staged = await bucket.listAll(`${stagingFolder}/`)
    const old = staged.filter((object) => isAbandoned(object, now))
    await bucket.delete(old.slice(0, most).map(({ key }) => key))
}

async function abortUploads(bucket: NginxBucket, project: string, now: Date): Promise<void> {
    const open = await bucket.openUploads(`${project}/`)
    const old = open.filter((upload) => isAbandonedUpload(upload, now))
    for (const upload of old.slice(0, most)) await bucket.abortUpload(upload)
}
