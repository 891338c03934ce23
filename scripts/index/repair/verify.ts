import type { Bucket } from '../../s3/bucket.js'
import { rootPages } from '../stored/pages.js'
import { holdsFiles } from '../stored/project-objects.js'
import { mapParallel } from '../../s3/parallel.js'
import type { Problem } from './problem.js'
import { rootPage } from '../../../core/root-page.js'
import { parallelProjects, scan, type ScanProgress } from './scan.js'
import { readPage } from '../update/compare-and-swap.js'
import { htmlProblems, verifyProject } from './verify-project.js'

/** The result of `verify`. */
export interface VerifyReport {
    projects: number
    files: number
    /** Sorted by key. */
    problems: Problem[]
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
    // Not push(...found): a call has at most some 120,000 arguments.
    const report = (found: readonly Problem[]) => found.forEach((problem) => problems.push(problem))
    const projects: string[] = []
    let files = 0
    const found = await scan(
        bucket,
        async (objects) => {
            report(await verifyProject(bucket, objects, options.deep))
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
    report(await listProblems(bucket, projects, found.html))
    problems.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    return { projects: projects.length, files, problems }
}

async function listProblems(
    bucket: Bucket,
    projects: string[],
    html: Parameters<typeof htmlProblems>[2],
): Promise<Problem[]> {
    const { jsonKey: key, htmlKey } = rootPages
    const content = await bucket.get(key)
    // An empty bucket needs no project list.
    if (content === undefined && projects.length === 0) return []
    if (content === undefined) return [{ kind: 'missing-page', key, detail: 'does not exist' }]
    const page = readPage(rootPages, content.body, { replaceBroken: true })
    if (page === undefined) return [{ kind: 'broken-page', key, detail: 'is not the list of the projects' }]
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
    if (!content.body.equals(rootPages.toJson(rootPage(page.projects)))) {
        problems.push({ kind: 'stale-page', key, detail: 'is not in the form that this version writes' })
    }
    return [...problems, ...(await htmlProblems(bucket, htmlKey, html, rootPages.toHtml(page)))]
}
