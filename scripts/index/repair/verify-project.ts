import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../s3/objects.js'
import { yankReason } from '../stored/object-facts.js'
import { projectPages } from '../stored/pages.js'
import { mapParallel } from '../../s3/parallel.js'
import { fileKey, metadataKey, yankedKey, type ProjectObjects } from '../stored/project-objects.js'
import { projectStatuses, type FileEntry, type ProjectPage } from '../../../core/project-page.js'
import type { Problem } from './problem.js'
import { md5Of, sha256Of } from '../../s3/digests.js'
import { readPage } from '../update/compare-and-swap.js'
import { verifyContent } from './verify-content.js'

const parallelFiles = 16

/**
 * Compares the pages of a project with its objects.
 *
 * @param deep also download each file and compare its hash and metadata
 */
export async function verifyProject(bucket: Bucket, objects: ProjectObjects, deep: boolean): Promise<Problem[]> {
    const pages = projectPages(objects.project)
    const problems: Problem[] = await orphanProblems(bucket, objects)
    const content = await bucket.get(pages.jsonKey)
    if (content === undefined) {
        return [...problems, { kind: 'missing-page', key: pages.jsonKey, detail: 'does not exist' }]
    }
    const page = readPage(pages, content.body, { replaceBroken: true })
    if (page === undefined) {
        return [...problems, { kind: 'broken-page', key: pages.jsonKey, detail: 'is not the page of the project' }]
    }
    if (!content.body.equals(pages.toJson(page))) {
        problems.push({ kind: 'stale-page', key: pages.jsonKey, detail: 'is not in the form that this version writes' })
    }
    const { status } = page.status
    if (!(projectStatuses as readonly string[]).includes(status)) {
        const detail = `has the unknown status ${JSON.stringify(status)}: set another with "manage-index status"`
        problems.push({ kind: 'unknown-status', key: pages.jsonKey, detail })
    }
    const html = await htmlProblems(bucket, pages.htmlKey, objects.html, pages.toHtml(page))
    return [...problems, ...html, ...(await fileProblems(bucket, objects, page, deep))]
}

/** Compares index.html with its expected content. @param listed its entry in the listing */
export async function htmlProblems(
    bucket: Bucket,
    key: string,
    listed: ListedObject | undefined,
    html: Buffer,
): Promise<Problem[]> {
    // The ETag is the MD5 unless the object is encrypted with SSE-KMS.
    if (listed?.etag === md5Of(html)) return []
    const content = await bucket.get(key)
    if (content === undefined) return [{ kind: 'missing-page', key, detail: 'does not exist' }]
    return content.body.equals(html) ? [] : [{ kind: 'stale-page', key, detail: 'does not match its index.json' }]
}

async function fileProblems(
    bucket: Bucket,
    objects: ProjectObjects,
    page: ProjectPage,
    deep: boolean,
): Promise<Problem[]> {
    const indexed = new Set(page.files.map(({ filename }) => filename))
    const unindexed = [...objects.files].filter(([name]) => !indexed.has(name))
    const problems = await mapParallel(page.files, parallelFiles, async (file): Promise<Problem[]> => {
        const key = fileKey(page.name, file.filename)
        const object = objects.files.get(file.filename) ?? (await bucket.head(key))
        if (object === undefined) return [{ kind: 'missing-file', key, detail: 'is on the page but not in the bucket' }]
        const yank = await yankProblems(bucket, objects, file)
        if (object.etag !== file.etag || object.size !== file.size) {
            return [...yank, { kind: 'changed-file', key, detail: 'does not have the ETag and size on the page' }]
        }
        const metadata = await metadataProblems(bucket, objects, file)
        return [...yank, ...metadata, ...(deep ? await verifyContent(bucket, objects.project, file) : [])]
    })
    return [
        ...unindexed.map(([, { key }]): Problem => ({ kind: 'unindexed-file', key, detail: 'is not on the page' })),
        ...problems.flat(),
    ]
}

async function metadataProblems(bucket: Bucket, objects: ProjectObjects, file: FileEntry): Promise<Problem[]> {
    const key = metadataKey(objects.project, file.filename)
    const listed = objects.metadata.get(file.filename)
    if (file.coreMetadata === undefined) {
        return listed ? [{ kind: 'stale-metadata', key, detail: 'is not on the page' }] : []
    }
    if (listed?.etag === file.coreMetadata.etag) return []
    const content = await bucket.get(key)
    if (content === undefined)
        return [{ kind: 'missing-metadata', key, detail: 'is on the page but not in the bucket' }]
    const isSame = sha256Of(content.body) === file.coreMetadata.sha256
    return isSame ? [] : [{ kind: 'stale-metadata', key, detail: 'does not have the hash on the page' }]
}

async function yankProblems(bucket: Bucket, objects: ProjectObjects, file: FileEntry): Promise<Problem[]> {
    const key = yankedKey(objects.project, file.filename)
    const listed = objects.yanked.get(file.filename)
    const content = listed && (await bucket.get(listed.key))
    const reason = content && yankReason(content.body)
    if (reason === file.yanked) return []
    if (reason === undefined) return [{ kind: 'wrong-yank', key, detail: 'does not exist, but the page has a yank' }]
    return [{ kind: 'wrong-yank', key, detail: 'does not match the page' }]
}

async function orphanProblems(bucket: Bucket, objects: ProjectObjects): Promise<Problem[]> {
    const besides = [...objects.metadata, ...objects.yanked].filter(([filename]) => !objects.files.has(filename))
    const orphans = await mapParallel(besides, parallelFiles, async ([filename, { key }]): Promise<Problem[]> => {
        const file = await bucket.head(fileKey(objects.project, filename))
        return file ? [] : [{ kind: 'orphan', key, detail: 'belongs to a file that does not exist' }]
    })
    return orphans.flat()
}
