import { mapParallel } from '../../../core/parallel.js'
import type { PackageIndex } from '../update/package-index.js'
import { readSummary, replaceSummaries, type StoredSummaries } from '../update/update-summaries.js'
import { parallelProjects } from './scan.js'

/**
 * Makes the summaries of all projects again.
 *
 * @param before as they were read before the projects were scanned
 * @param described the described file of each project
 * @throws UserError if S3 fails
 */
export async function rebuildSummaries(
    index: PackageIndex,
    before: StoredSummaries,
    described: ReadonlyMap<string, string | undefined>,
): Promise<void> {
    const summaries = await mapParallel(described, parallelProjects, async ([project, filename]) => {
        return [project, await readSummary(index.bucket, project, filename)] as const
    })
    // A publisher may have changed one after its project was scanned.
    const isNewer = ([name, summary]: [string, string]) => summary !== before.summaries?.get(name)
    await replaceSummaries(index, before, (stored) => new Map([...summaries, ...[...(stored ?? [])].filter(isNewer)]))
}
