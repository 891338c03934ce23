import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../../core/index/objects.js'
import { rootPages } from '../stored/pages.js'
import { holdsFiles } from '../../../core/index/project-objects.js'
import { mapParallel } from '../../../core/parallel.js'
import { isAbandonedUpload } from '../../../core/upload/open-upload.js'
import { readStoredPage } from '../stored/stored-page.js'
import type { Problem } from './problem.js'
import { rootPage } from '../../../core/root-page.js'
import { parallelProjects, scan, type ScanProgress } from './scan.js'
import { readPage } from '../../../core/index/compare-and-swap.js'
import { verifyProject } from './verify-project.js'
import { findings, merged, otherForm, verifyHtml, verifyStored, type Findings } from './verify-page.js'

/** The result of `verify`. */
export interface VerifyReport {
    projects: number
    files: number
    /** Sorted by key. */
    problems: Problem[]
    /** Number of valid pages in an older form. */
    older: number
    /** False if S3 does not list them. */
    seesOpenUploads: boolean
}

/**
 * Compares the pages with the objects of an index; writes nothing.
 *
 * @param options.deep also download each file
 * @throws UserError when S3 fails
 */
export async function verify(
    bucket: Bucket,
    options: { deep: boolean; now?: Date; onProgress?: (progress: ScanProgress) => void },
): Promise<VerifyReport> {
    const problems: Problem[] = []
    const projects: string[] = []
    let files = 0
    let older = 0
    const add = (found: Findings) => {
        // Not push(...found.problems): a call has at most some 120,000 arguments.
        for (const problem of found.problems) problems.push(problem)
        older += found.older
    }
    const now = options.now ?? new Date()
    const found = await scan(
        bucket,
        async (objects) => {
            add(await verifyProject(bucket, objects, options.deep))
            if (objects.files.size > 0) projects.push(objects.project)
            files += objects.files.size
        },
        now,
        options.onProgress,
    )
    for (const key of found.unknown) {
        problems.push({
            kind: 'unknown-object',
            key,
            detail: 'is neither a package file nor a page of the index',
        })
    }
    for (const { key, lastModified } of found.abandoned) {
        const detail = `is the body of an upload that was killed on ${lastModified.toISOString().slice(0, 10)}`
        problems.push({ kind: 'abandoned-upload', key, detail })
    }
    const open = await bucket.openUploads((upload) => isAbandonedUpload(upload, now))
    for (const { key, begun } of open ?? []) {
        const detail = `has parts in S3 of an upload that began on ${begun.toISOString().slice(0, 10)} and was killed`
        problems.push({ kind: 'abandoned-upload', key, detail })
    }
    add(await verifyList(bucket, projects, found.html))
    problems.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    return { projects: projects.length, files, problems, older, seesOpenUploads: open !== undefined }
}

async function verifyList(bucket: Bucket, projects: string[], html: ListedObject | undefined): Promise<Findings> {
    const { jsonKey: key, htmlKey } = rootPages
    const stored = await readStoredPage(bucket, key)
    // An empty bucket needs no project list.
    if (stored === undefined && projects.length === 0) return { problems: [], older: 0 }
    if (stored === undefined) return findings({ kind: 'missing-page', key, detail: 'does not exist' })
    const page = readPage(rootPages, stored, { replaceBroken: true })
    if (page === undefined) return findings({ kind: 'broken-page', key, detail: 'is not the list of the projects' })
    const listed = new Set(page.projects)
    const withFiles = new Set(projects)
    const unlisted = projects.filter((name) => !listed.has(name))
    // Not those that were published after their folder was scanned.
    const others = page.projects.filter((name) => !withFiles.has(name))
    const held = await mapParallel(others, parallelProjects, (name) => holdsFiles(bucket, name))
    const empty = others.filter((_name, position) => !held[position])
    const problems: Problem[] = [
        ...unlisted.map((name): Problem => ({ kind: 'unlisted-project', key, detail: `does not list ${name}` })),
        ...empty.map((name): Problem => ({ kind: 'wrong-list', key, detail: `lists ${name}, which has no files` })),
    ]
    return merged(
        { problems, older: 0 },
        verifyStored(stored, rootPages.toJson(rootPage(page.projects)), otherForm),
        await verifyHtml(bucket, htmlKey, html, rootPages.toHtml(page)),
    )
}
