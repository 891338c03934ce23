import type { Bucket } from '../../s3/bucket.js'
import type { ListedObject } from '../../../core/index/objects.js'
import { rootPages } from '../stored/pages.js'
import { readStoredPage } from '../stored/stored-page.js'
import type { Problem } from './problem.js'
import { rootPage } from '../../../core/root-page.js'
import { scan, type ScanProgress } from './scan.js'
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
}

/**
 * Compares the pages with the objects of an index; writes nothing.
 *
 * @param options.deep also download each file
 * @throws UserError when S3 fails
 */
export async function verify(
    bucket: Bucket,
    options: { deep: boolean; onProgress?: (progress: ScanProgress) => void },
): Promise<VerifyReport> {
    const problems: Problem[] = []
    const projects: string[] = []
    let files = 0
    let older = 0
    const add = (found: Findings) => {
        problems.push(...found.problems)
        older += found.older
    }
    const found = await scan(
        bucket,
        async (objects) => {
            add(await verifyProject(bucket, objects, options.deep))
            if (objects.files.size > 0) projects.push(objects.project)
            files += objects.files.size
        },
        options.onProgress,
    )
    for (const key of found.unknown) {
        problems.push({
            kind: 'unknown-object',
            key,
            detail: 'is neither a package file nor a page of the index',
        })
    }
    add(await verifyList(bucket, projects, found.html))
    problems.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    return { projects: projects.length, files, problems, older }
}

async function verifyList(bucket: Bucket, projects: string[], html: ListedObject | undefined): Promise<Findings> {
    const { jsonKey: key, htmlKey } = rootPages
    const stored = await readStoredPage(bucket, key)
    // An empty bucket needs no project list.
    if (stored === undefined && projects.length === 0) return { problems: [], older: 0 }
    if (stored === undefined) return findings({ kind: 'missing-page', key, detail: 'does not exist' })
    const page = readPage(rootPages, stored, { replaceBroken: true })
    if (page === undefined) return findings({ kind: 'broken-page', key, detail: 'is not the list of the projects' })
    const unlisted = projects.filter((name) => !page.projects.includes(name))
    const empty = page.projects.filter((name) => !projects.includes(name))
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
