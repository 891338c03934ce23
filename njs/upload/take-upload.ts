import crypto from 'crypto'
import { partOf, type ByteSource } from '../../core/byte-source.js'
import { addFile, listProjectName, prepareProject } from '../../core/index/add-file.js'
import { factsMetadata, readFacts, recordedEtag, uploadTimeOf } from '../../core/index/object-facts.js'
import type { ObjectHead } from '../../core/index/objects.js'
import { PackageIndex } from '../../core/index/package-index.js'
import type { IndexPlatform } from '../../core/index/platform.js'
import { fileKey, metadataKey } from '../../core/index/project-objects.js'
import { fileHeaders, metadataHeaders } from '../../core/index/stored-headers.js'
import { provenanceOf } from '../../core/upload/attestations.js'
import { checkUpload, type CheckedUpload } from '../../core/upload/check-upload.js'
import { readClaim, type UploadClaim } from '../../core/upload/claim.js'
import { readForm } from '../../core/upload/form.js'
import { RefusedUpload } from '../../core/upload/refused-upload.js'
import type { Audit } from './audit.js'
import { asBuffer } from './body-source.js'
import { digestOf } from './digests.js'
import type { NginxBucket } from './nginx-bucket.js'
import { decodeBase64, storeProvenance } from './store-provenance.js'
import { deleteAbandoned, maxSinglePut, storeFile } from './store-file.js'

/** An upload, and what it is put into. */
export interface UploadContext {
    bucket: NginxBucket
    /** The body of the request. */
    body: ByteSource
    contentType: string
    engine: IndexPlatform
    mayUpload: (project: string) => boolean
    now: Date
    /** Unique: the name of the body while it is in S3. */
    id: string
    /** Receives what is known of the upload, step by step. */
    audit: Audit
}

/** What an upload came to. */
export interface TakenUpload {
    /** Whether the same file was there already. */
    wasPresent: boolean
    /** Whether the file has other attestations, of an earlier upload, which stay. */
    keptAttestations: boolean
    project: string
}

/**
 * Takes an upload: checks it, stores the file, then FILE.metadata and FILE.provenance, then puts the file on the pages.
 *
 * After a failure or a kill at any step, the same upload completes what is missing, as does `manage-index rebuild`.
 *
 * @throws UserError for an upload that is refused; Error when S3 fails
 */
export async function takeUpload(context: UploadContext): Promise<TakenUpload> {
    const { bucket, body, engine, audit } = context
    const hash = crypto.createHash('sha256')
    const form = await readForm(body, context.contentType, engine, (bytes) => void hash.update(asBuffer(bytes)))
    const sha256 = hash.digest('hex')
    Object.assign(audit, { filename: form.file.filename, size: form.file.size, sha256 })
    const claim = readClaim(form)
    const { project, filename } = claim
    audit.project = project
    if (!context.mayUpload(project)) {
        throw new RefusedUpload(403, `You may not upload to the project ${project}`, 'See --upload-rights.')
    }
    const file = partOf(body, claim.file.offset, claim.file.size)
    const md5 = await checkDigests(claim, sha256, file, engine)
    const checked = await checkUpload(claim, file, engine)
    const { attestations } = claim
    const provenance = attestations && provenanceOf(attestations, claim, decodeBase64)

    const index = new PackageIndex(bucket, engine)
    await prepareProject(index, project)
    const stored = await storeOnce(context, claim, file, md5, checked)
    const { metadata, requiresPython } = checked
    if (metadata) await bucket.write(metadataKey(project, filename), metadata, metadataHeaders)
    const coreMetadata = metadata && { sha256: await bucket.digests.sha256(metadata) }
    const { etag, uploadTime, wasPresent } = stored
    const attested = await storeProvenance(bucket, claim, provenance, wasPresent)
    const { size } = claim.file
    const entry = { filename, sha256, size, uploadTime, etag, requiresPython, coreMetadata }
    const added = await addFile(index, project, { ...entry, provenance: attested.exists || undefined })
    await listProjectName(index, project, added)
    return { wasPresent, keptAttestations: attested.isOther, project }
}

/** @returns the MD5 of the file in hex; empty for a large file whose client sent none */
async function checkDigests(
    claim: UploadClaim,
    sha256: string,
    file: ByteSource,
    engine: IndexPlatform,
): Promise<string> {
    const cure = 'Upload the file again.'
    if (sha256 !== claim.sha256) {
        throw new RefusedUpload(
            400,
            `The sha256 of ${claim.filename} is ${sha256}, not the sha256_digest of the form`,
            cure,
        )
    }
    if (file.size > maxSinglePut && claim.md5 === undefined) return ''
    const md5 = await digestOf('md5', file, engine)
    if (claim.md5 === undefined || md5 === claim.md5) return md5
    throw new RefusedUpload(400, `The MD5 of ${claim.filename} is ${md5}, not the md5_digest of the form`, cure)
}

/** The file in the bucket. */
interface StoredFile {
    /** For the page. */
    etag: string | undefined
    uploadTime: string
    wasPresent: boolean
}

/** Stores the file unless it is there already. @throws RefusedUpload if another file has its name */
async function storeOnce(
    context: UploadContext,
    claim: UploadClaim,
    file: ByteSource,
    md5: string,
    { metadata, requiresPython }: CheckedUpload,
): Promise<StoredFile> {
    const { bucket, body, engine } = context
    const { project, filename, sha256 } = claim
    const key = fileKey(project, filename)
    const before = await bucket.head(key)
    if (before) return sameFile(before, claim, md5)
    const isLarge = file.size > maxSinglePut
    const uploadTime = uploadTimeOf(context.now)
    const coreMetadata = metadata && {
        sha256: await bucket.digests.sha256(metadata),
        md5: bucket.digests.md5(metadata),
    }
    // A large file is stored in parts, so that its ETag is not its MD5.
    const facts = { sha256, md5: isLarge ? undefined : md5, uploadTime, requiresPython, coreMetadata }
    const buffer = engine.allocate(Math.min(file.size, maxSinglePut))
    const result = await storeFile(
        bucket,
        {
            ...{ key, sha256, md5, size: file.size, offset: claim.file.offset, id: context.id },
            headers: fileHeaders(filename, factsMetadata(facts)),
            bodySha256: () => digestOf('sha256', body, engine),
            read: (position, length) => {
                file.readInto(buffer, position, length)
                return asBuffer(length === buffer.length ? buffer : buffer.subarray(0, length))
            },
        },
        true,
    )
    if (isLarge) await deleteAbandoned(bucket, context.now)
    if (result.outcome === 'unsupported') {
        throw new RefusedUpload(
            400,
            'The S3 server of this index has no conditional writes, which uploads need',
            'Publish with publish-package.',
        )
    }
    const after = await bucket.head(key)
    if (after === undefined) throw new Error(`${key} is gone right after its upload`)
    const { etag } = sameFile(after, claim, md5)
    if (result.outcome === 'written') return { etag, uploadTime, wasPresent: false }
    // Another upload was faster, or the answer to an earlier attempt of this one was lost.
    return sameFile(after, claim, md5)
}

/** @throws RefusedUpload if the object is not the file of the upload */
function sameFile(object: ObjectHead, claim: UploadClaim, md5: string): StoredFile {
    const { filename, sha256 } = claim
    const facts = readFacts(object.metadata)
    const isSame = facts
        ? facts.sha256 === sha256
        : // Another tool wrote it: its ETag is the only digest.
          object.size === claim.file.size && object.etag === md5 && md5 !== ''
    if (isSame) {
        const uploadTime = facts?.uploadTime ?? uploadTimeOf(object.lastModified)
        return { etag: recordedEtag(facts, object.etag), uploadTime, wasPresent: true }
    }
    throw new RefusedUpload(
        400,
        `File already exists ('${filename}', with ${facts ? `sha256 hash '${facts.sha256}'` : 'other bytes'})`,
        'A file is never replaced: upload a new version.',
    )
}
