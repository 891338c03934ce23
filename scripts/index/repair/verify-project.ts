import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../../core/index/objects.js'
import { isOtherObject, readFacts, yankReason, type ObjectFacts } from '../../../core/index/object-facts.js'
import { projectPages } from '../stored/pages.js'
import { readStoredPage } from '../stored/stored-page.js'
import { findings, merged, otherForm, verifyHtml, verifyStored, type Findings } from './verify-page.js'
import { mapParallel } from '../../../core/parallel.js'
import {
    fileKey,
    metadataKey,
    provenanceKey,
    yankedKey,
    type ProjectObjects,
} from '../../../core/index/project-objects.js'
import { projectStatuses, type FileEntry, type ProjectPage } from '../../../core/project-page.js'
import type { Problem } from './problem.js'
import { sha256Of } from '../../s3/digests.js'
import { readPage } from '../../../core/index/compare-and-swap.js'
import { verifyContent, wrongHash } from './verify-content.js'

const parallelFiles = 16

/**
 * Compares the pages of a project with its objects.
 *
 * @param deep also download each file and compare its hash and metadata
 */
export async function verifyProject(bucket: Bucket, objects: ProjectObjects, deep: boolean): Promise<Findings> {
    const pages = projectPages(objects.project)
    const problems: Problem[] = await orphanProblems(bucket, objects)
    const stored = await readStoredPage(bucket, pages.jsonKey)
    if (stored === undefined) {
        return findings(...problems, { kind: 'missing-page', key: pages.jsonKey, detail: 'does not exist' })
    }
    const page = readPage(pages, stored, { replaceBroken: true })
    if (page === undefined) {
        return findings(...problems, {
            kind: 'broken-page',
            key: pages.jsonKey,
            detail: 'is not the page of the project',
        })
    }
    const { status } = page.status
    if (!(projectStatuses as readonly string[]).includes(status)) {
        const detail = `has the unknown status ${JSON.stringify(status)}: set another with "manage-index status"`
        problems.push({ kind: 'unknown-status', key: pages.jsonKey, detail })
    }
    return merged(
        findings(...problems, ...(await fileProblems(bucket, objects, page, deep))),
        verifyStored(stored, pages.toJson(page), otherForm),
        await verifyHtml(bucket, pages.htmlKey, objects.html, pages.toHtml(page)),
    )
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
        const listed = objects.files.get(file.filename)
        const head = listed && file.etag !== undefined ? undefined : await bucket.head(key)
        const object = head ?? listed
        if (object === undefined) return [{ kind: 'missing-file', key, detail: 'is on the page but not in the bucket' }]
        const yank = await yankProblems(bucket, objects, file)
        const provenance = await provenanceProblems(bucket, objects, file)
        const facts = head && readFacts(head.metadata)
        const changed = changeProblem(object, facts, file)
        if (changed) return [...yank, ...provenance, changed]
        const metadata = await metadataProblems(bucket, objects, file, facts)
        return [
            ...yank,
            ...provenance,
            ...metadata,
            ...(deep ? await verifyContent(bucket, objects.project, file) : []),
        ]
    })
    return [
        ...unindexed.map(([, { key }]): Problem => ({ kind: 'unindexed-file', key, detail: 'is not on the page' })),
        ...problems.flat(),
    ]
}

/** @param facts of the object; needed if the page does not record its ETag */
function changeProblem(object: ListedObject, facts: ObjectFacts | undefined, file: FileEntry): Problem | undefined {
    const { key } = object
    const changed: Problem = { kind: 'changed-file', key, detail: 'is not the file that the page describes' }
    if (object.size !== file.size) return changed
    if (file.etag !== undefined) return file.etag === object.etag ? undefined : changed
    if (facts === undefined || isOtherObject(facts, object.etag)) return changed
    return facts.sha256 === file.sha256 ? undefined : wrongHash(key, facts.sha256, file)
}

async function metadataProblems(
    bucket: Bucket,
    objects: ProjectObjects,
    file: FileEntry,
    facts: ObjectFacts | undefined,
): Promise<Problem[]> {
    const key = metadataKey(objects.project, file.filename)
    const listed = objects.metadata.get(file.filename)
    if (file.coreMetadata === undefined) {
        return listed ? [{ kind: 'stale-metadata', key, detail: 'is not on the page' }] : []
    }
    const { sha256, md5 } = facts?.coreMetadata ?? {}
    if (listed && listed.etag === md5 && sha256 === file.coreMetadata.sha256) return []
    const content = await bucket.get(key)
    if (content === undefined)
        return [{ kind: 'missing-metadata', key, detail: 'is on the page but not in the bucket' }]
    const isSame = sha256Of(content.body) === file.coreMetadata.sha256
    return isSame ? [] : [{ kind: 'stale-metadata', key, detail: 'does not have the hash on the page' }]
}

async function provenanceProblems(bucket: Bucket, objects: ProjectObjects, file: FileEntry): Promise<Problem[]> {
    const key = provenanceKey(objects.project, file.filename)
    const isListed = objects.provenance.has(file.filename)
    if (isListed === (file.provenance === true)) return []
    if (isListed) return [{ kind: 'stale-provenance', key, detail: 'is not on the page' }]
    // It may have been uploaded after the objects were listed.
    if (await bucket.head(key)) return []
    return [{ kind: 'missing-provenance', key, detail: 'is on the page but not in the bucket' }]
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
    const besides = [...objects.metadata, ...objects.provenance, ...objects.yanked].filter(
        ([filename]) => !objects.files.has(filename),
    )
    const orphans = await mapParallel(besides, parallelFiles, async ([filename, { key }]): Promise<Problem[]> => {
        const file = await bucket.head(fileKey(objects.project, filename))
        return file ? [] : [{ kind: 'orphan', key, detail: 'belongs to a file that does not exist' }]
    })
    return orphans.flat()
}
