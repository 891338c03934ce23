import crypto from 'crypto'
import { partOf, type ByteSource, type Engine } from '../../core/byte-source.js'
import { factsMetadata, readFacts, uploadTimeOf } from '../../core/index/object-facts.js'
import type { ObjectHead } from '../../core/index/objects.js'
import { PackageIndex } from '../../core/index/package-index.js'
import { fileKey, metadataKey } from '../../core/index/project-objects.js'
import { fileHeaders, metadataHeaders } from '../../core/index/stored-headers.js'
import { checkUpload } from '../../core/upload/check-upload.js'
import { readClaim, type UploadClaim } from '../../core/upload/claim.js'
import { readForm } from '../../core/upload/form.js'
import { RefusedUpload } from '../../core/upload/refused-upload.js'
import type { Audit } from './audit.js'
import { asBuffer } from './body-source.js'
import { digestOf, digests } from './digests.js'
import type { NginxBucket } from './nginx-bucket.js'
import { deleteAbandoned, maxSinglePut, storeFile } from './store-file.js'

/** An upload, and what it is put into. */
export interface UploadContext {
    bucket: NginxBucket
    /** The body of the request. */
    body: ByteSource
    contentType: string
    engine: Engine
    mayUpload: (project: string) => boolean
    now: Date
    /** Unique. */
    id: string
    /** Receives what is known of the upload, step by step. */
    audit: Audit
}

/**
 * Takes an upload: checks it, stores the file, then FILE.metadata, then puts the file onto the pages.
 *
 * After a failure or a kill at any step the same upload completes what is missing, as does `manage-index rebuild`.
 *
 * @returns `present` if the same file was there already
 * @throws UserError for an upload that is refused; Error when S3 fails
 */
export async function takeUpload(context: UploadContext): Promise<'uploaded' | 'present'> {
    const { bucket, body, engine, audit } = context
    const hash = crypto.createHash('sha256')
    const form = await readForm(body, context.contentType, engine, (bytes) => void hash.update(asBuffer(bytes)))
    const sha256 = hash.digest('hex')
    Object.assign(audit, { filename: form.file.filename, size: form.file.size, sha256 })
    const claim = readClaim(form)
    const { project, filename } = claim
    audit.project = project
    if (!context.mayUpload(project)) {
        throw new RefusedUpload(
            403,
            `You may not upload to the project ${project}`,
            'Ask for the right: --upload-rights.',
        )
    }
    const file = partOf(body, form.file.offset, form.file.size)
    const md5 = await checkDigests(claim, sha256, file, engine)
    const checked = await checkUpload(claim, file, engine)

    const index = new PackageIndex(bucket)
    await prepareProject(index, project)
}
