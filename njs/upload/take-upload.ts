import crypto from 'crypto'
import { partOf, type ByteSource } from '../../core/byte-source.js'
import { findEntryOf } from '../../core/index/add-file.js'
import { factsMetadata, knownSha256, readFacts, recordedEtag, uploadTimeOf } from '../../core/index/object-facts.js'
import type { ObjectHead } from '../../core/index/objects.js'
import { withoutConditions } from '../../core/index/package-index.js'
import type { IndexPlatform } from '../../core/index/platform.js'
import { fileKey, metadataKey } from '../../core/index/project-objects.js'
import { fileHeaders, metadataHeaders } from '../../core/index/stored-headers.js'
import { provenanceOf } from '../../core/upload/attestations.js'
import { checkUpload, type CheckedUpload } from '../../core/upload/check-upload.js'
import { readClaim, type UploadClaim } from '../../core/upload/claim.js'
import { readForm } from '../../core/upload/form.js'
import { RefusedUpload } from '../../core/upload/refused-upload.js'
import { stagedKey } from '../../core/upload/staged-body.js'
import type { Audit } from './audit.js'
import { asBuffer, decodeBase64 } from './engine.js'
import { cleanUp } from './clean-up.js'
import { digestOf } from './digests.js'
import type { NginxBucket } from './nginx-bucket.js'
import type { ChangePages } from './page-change.js'
import { RefusedByS3 } from './refused-by-s3.js'
import { storeProvenance } from './store-provenance.js'
import { maxSinglePut, storeFile } from './store-file.js'

/** An upload, and what it is put into. */
export interface UploadContext {
    bucket: NginxBucket
    /** The body of the request. */
    body: ByteSource
    contentType: string
    engine: IndexPlatform
    mayUpload: (project: string) => boolean
    /** What the user may upload, for a message. */
    rights: string
    /** Who uploads, for the metadata of the file. */
    uploadedBy: string
    changePages: ChangePages
    now: Date
    /** Unique: the name of the body while it is in S3. */
    id: string
    /** Filled in step by step. */
    audit: Audit
}

/** The result of an upload. */
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
        throw new RefusedUpload(403, `You may not upload to the project ${project}`, context.rights)
    }
    const file = partOf(body, claim.file.offset, claim.file.size)
    const md5 = await checkDigests(claim, sha256, file, engine)
    const checked = await checkUpload(claim, file, engine)
    const { attestations } = claim
    const provenance = attestations && provenanceOf(attestations, claim, decodeBase64)

    await context.changePages({ step: 'prepare', project, probeKey: stagedKey(context.id) })
    const stored = await storeOnce(context, claim, file, md5, checked)
    const { metadata, requiresPython } = checked
    if (metadata) await bucket.write(metadataKey(project, filename), metadata, metadataHeaders)
    const coreMetadata = metadata && { sha256: await bucket.digests.sha256(metadata) }
    const { etag, uploadTime, wasPresent } = stored
    const attested = await storeProvenance(bucket, claim, provenance, wasPresent)
    const { size } = claim.file
    const entry = { filename, sha256, size, uploadTime, etag, requiresPython, coreMetadata }
    const listed = { ...entry, provenance: attested.exists || undefined }
    const added = await context.changePages({ step: 'add', project, entry: listed })
    await context.changePages({ step: 'list', project, added: added! })
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
    if (before) return sameFile(context, before, claim, file, md5)
    const isLarge = file.size > maxSinglePut
    const uploadTime = uploadTimeOf(context.now)
    const coreMetadata = metadata && {
        sha256: await bucket.digests.sha256(metadata),
        md5: bucket.digests.md5(metadata),
    }
    // A large file is stored in parts, so that its ETag is not its MD5.
    const { uploadedBy } = context
    const facts = { sha256, md5: isLarge ? undefined : md5, uploadTime, requiresPython, coreMetadata, uploadedBy }
    // A large file is usually copied from the staged body, without this memory.
    let buffer: Uint8Array | undefined
    const result = await storeFile(bucket, {
        ...{ key, sha256, md5, size: file.size, offset: claim.file.offset, id: context.id },
        headers: fileHeaders(filename, factsMetadata(facts)),
        bodyDigest: (name) => digestOf(name, body, engine),
        read: (position, length) => {
            buffer ??= engine.allocate(Math.min(file.size, maxSinglePut))
            file.readInto(buffer, position, length)
            return asBuffer(length === buffer.length ? buffer : buffer.subarray(0, length))
        },
    })
    if (isLarge) await cleanUp(bucket, project, context.now)
    if (result.outcome === 'unsupported') throw withoutConditions()
    // S3 has compared the bytes with their MD5.
    if (result.outcome === 'written' && result.etag === md5) return { etag: undefined, uploadTime, wasPresent: false }
    const after = await bucket.head(key)
    if (after === undefined) throw new Error(`${key} is gone right after its upload`)
    if (result.outcome === 'written' && after.size !== file.size) {
        throw new RefusedByS3(
            `S3 stored ${after.size} bytes as ${key} instead of ${file.size}`,
            'delete this object, and publish the file with publish-package',
        )
    }
    // If it was not written, another upload was faster, or the answer to an earlier attempt of this one was lost.
    const stored = await sameFile(context, after, claim, file, md5)
    return result.outcome === 'written' ? { ...stored, wasPresent: false } : stored
}

/**
 * Compares the object of the same name with the file.
 *
 * @throws RefusedUpload unless it is the same
 */
async function sameFile(
    { bucket, engine }: UploadContext,
    object: ObjectHead,
    claim: UploadClaim,
    file: ByteSource,
    md5: string,
): Promise<StoredFile> {
    const { project, filename } = claim
    const facts = readFacts(object.metadata)
    // Another tool wrote an object without facts. The page knows it after `manage-index rebuild`.
    const known = knownSha256(object, facts ? undefined : await findEntryOf(bucket, engine, project, filename))
    const hasSize = object.size === file.size
    const isSame =
        known !== undefined
            ? known === claim.sha256
            : hasSize && object.etag === (md5 === '' ? await digestOf('md5', file, engine) : md5)
    if (hasSize && isSame) {
        const uploadTime = facts?.uploadTime ?? uploadTimeOf(object.lastModified)
        return { etag: recordedEtag(facts, object.etag), uploadTime, wasPresent: true }
    }
    const exists = (what: string, cure: string) =>
        new RefusedUpload(400, `File already exists ('${filename}', ${what})`, cure)
    // An ETag is the MD5 of some objects only.
    if (hasSize && known === undefined) {
        const rebuild = 'If it is the same file, "manage-index rebuild" indexes it. Otherwise upload a new version.'
        throw exists('stored by another tool', rebuild)
    }
    const isOther = known !== undefined && known !== claim.sha256
    throw exists(
        isOther ? `with sha256 hash '${known}'` : 'with other bytes',
        'A file is never replaced: upload a new version.',
    )
}
