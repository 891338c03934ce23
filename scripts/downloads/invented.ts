import { listProject } from '../../core/index/project-objects.js'
import { readPage } from '../../core/index/compare-and-swap.js'
import { mapParallel } from '../../core/parallel.js'
import { versionOf } from '../../core/project-page.js'
import { rootPages } from '../index/stored/pages.js'
import { readStoredPage } from '../index/stored/stored-page.js'
import type { Bucket } from '../s3/bucket.js'
import type { IndexCounts } from './counts.js'

// With redirects, nginx does not know whether a file exists: without these checks, a reader could invent projects and
// versions, and the counts would grow with each.

const parallelProjects = 16

/** The projects of an index: its list, or the folders of a bucket without one. */
export async function knownProjects(bucket: Bucket): Promise<ReadonlySet<string>> {
    const stored = await readStoredPage(bucket, rootPages.jsonKey)
    const page = stored && readPage(rootPages, stored, { replaceBroken: true })
    return new Set(page?.projects ?? (await bucket.folders()))
}

/**
 * Removes versions that only redirects name and of which the bucket has no file. Their downloads stay in the other counts.
 *
 * @param known counts of earlier runs, whose versions were checked
 * @param unproven versions for which only redirects were seen, by project
 */
export async function forgetInvented(
    bucket: Bucket,
    known: IndexCounts,
    counts: IndexCounts,
    unproven: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
    await mapParallel(unproven, parallelProjects, async ([project, versions]) => {
        const isKnown = known.projects.get(project)?.versions
        const asked = [...versions].filter((version) => !isKnown?.has(version))
        if (asked.length === 0) return
        const { files } = await listProject(bucket, project)
        const stored = new Set([...files.keys()].map((filename) => versionOf(project, filename)))
        for (const version of asked) if (!stored.has(version)) counts.projects.get(project)?.versions.delete(version)
    })
}
