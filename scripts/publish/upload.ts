import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { UserError } from '../../core/user-error.js'
import type { Distribution } from '../distribution/read-distribution.js'
import { factsMetadata, recordedEtag, type ObjectFacts } from '../../core/index/object-facts.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { fileKey, metadataKey, provenanceKey } from '../../core/index/project-objects.js'
import type { FileEntry, ProjectPage } from '../../core/project-page.js'
import { md5Of, sha256Of } from '../s3/digests.js'
import { fileHeaders, metadataHeaders } from '../../core/index/stored-headers.js'
import type { PutResult } from '../../core/index/objects.js'
import { alreadyExists, planUpload, type PlannedUpload } from './plan-upload.js'

/** Files up to this size are uploaded in one request, from memory. Bytes. */
const maxSinglePut = 16 * 1024 * 1024

/**
 * Uploads a file, then its .metadata.
 *
 * The order matters: if two publishers upload different bytes, S3 accepts one of the files, and only its publisher may
 * write the .metadata.
 *
 * @param onProgress called with the number of bytes uploaded so far
 * @returns the page entry of the file
 */
export async function upload(
    index: PackageIndex,
    plan: PlannedUpload,
    page: ProjectPage | undefined,
    onProgress: (bytes: number) => void,
): Promise<FileEntry> {
    const { distribution } = plan
    const { project, filename, sha256, size, requiresPython, metadata } = distribution
    const expected = metadata && { sha256: sha256Of(metadata), md5: md5Of(metadata) }
    // Attestations of the bytes that are replaced. Before the upload: a repeat after an interruption replaces nothing.
    if (plan.action === 'overwrite') {
        const key = provenanceKey(project, filename)
        // Publishers may have no right to delete.
        if (await index.bucket.head(key)) await index.bucket.delete([key])
    }
    const { etag, uploadTime } =
        plan.action === 'present' ? plan : await uploadFile(index, plan, page, expected, onProgress)
    onProgress(size)
    if (metadata) await index.bucket.write(metadataKey(project, filename), metadata, metadataHeaders)
    const coreMetadata = expected && { sha256: expected.sha256 }
    return { filename, sha256, size, uploadTime, etag, requiresPython, coreMetadata, yanked: undefined }
}

async function uploadFile(
    index: PackageIndex,
    plan: PlannedUpload,
    page: ProjectPage | undefined,
    coreMetadata: ObjectFacts['coreMetadata'],
    onProgress: (bytes: number) => void,
): Promise<Pick<PlannedUpload, 'etag' | 'uploadTime'>> {
    const { bucket } = index
    const { distribution, action, uploadTime, uploadedBy } = plan
    const { project, filename, sha256, requiresPython } = distribution
    const key = fileKey(project, filename)
    const facts: ObjectFacts = { sha256, uploadTime, requiresPython, uploadedBy, coreMetadata }
    const once = action === 'upload' && index.conditionalWrites
    const send = async (condition: boolean): Promise<PutResult> => {
        if (distribution.size > maxSinglePut) {
            // Only AWS checks the condition of a multipart upload; Ceph 16 ignores it.
            return bucket.putStream(
                key,
                unchanged(distribution),
                fileHeaders(filename, factsMetadata(facts)),
                condition && bucket.isAws,
                onProgress,
            )
        }
        const body = await readFile(distribution.path)
        if (sha256Of(body) !== sha256) throw changedMeanwhile(distribution)
        facts.md5 = md5Of(body)
        const headers = fileHeaders(filename, factsMetadata(facts))
        if (condition) return bucket.put(key, body, headers, 'absent')
        return { outcome: 'written', etag: await bucket.write(key, body, headers) }
    }
    let result = await send(once)
    if (result.outcome === 'unsupported') {
        index.withoutConditionalWrites()
        result = await send(false)
    }
    if (result.outcome === 'written') {
        if (result.etag) return { etag: recordedEtag(facts, result.etag), uploadTime }
        throw new UserError(`${filename} disappeared right after its upload`)
    }
    // Another publisher was faster. If it uploaded the same bytes, this is a success.
    const now = await planUpload(bucket, distribution, page, { overwrite: false, now: new Date(0) })
    if (now.action !== 'present') throw alreadyExists(bucket, distribution, page)
    return now
}

/** Reads a file; throws at its end if the bytes are not those that were checked. */
async function* unchanged(distribution: Distribution): AsyncGenerator<Buffer> {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(distribution.path, { highWaterMark: 1024 * 1024 })) {
        hash.update(chunk as Buffer)
        yield chunk as Buffer
    }
    if (hash.digest('hex') !== distribution.sha256) throw changedMeanwhile(distribution)
}

function changedMeanwhile({ filename }: Distribution): UserError {
    return new UserError(`${filename} changed while it was being published`, 'Run the same command again.')
}
