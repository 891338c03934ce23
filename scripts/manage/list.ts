import type { Bucket } from '../s3/bucket.js'
import { projectPages, rootPages } from '../index/stored/pages.js'
import { readStoredPage } from '../index/stored/stored-page.js'
import { mapParallel } from '../../core/parallel.js'
import { versionOf, type ProjectPage } from '../../core/project-page.js'

/** A summary of one project. */
export interface ProjectSummary {
    name: string
    /** The newest version with a file that is not yanked; undefined if all files are yanked. */
    latest: string | undefined
    versions: number
    files: number
    /** Bytes. */
    size: number
}

const parallelProjects = 16

/** Lists the projects of an index; undefined if it has no project list. */
export async function listProjects(bucket: Bucket): Promise<ProjectSummary[] | undefined> {
    const stored = await readStoredPage(bucket, rootPages.jsonKey)
    if (stored === undefined) return undefined
    const { projects } = rootPages.parse(stored)
    const summaries = await mapParallel(projects, parallelProjects, async (name) => {
        const pages = projectPages(name)
        const page = await readStoredPage(bucket, pages.jsonKey)
        return page && summary(pages.parse(page))
    })
    return summaries.filter((entry) => entry !== undefined)
}

function summary(page: ProjectPage): ProjectSummary {
    const versionsOf = (files: ProjectPage['files']) => [
        ...new Set(files.map((file) => versionOf(page.name, file.filename))),
    ]
    return {
        name: page.name,
        latest: versionsOf(page.files.filter(({ yanked }) => yanked === undefined)).at(-1),
        versions: versionsOf(page.files).length,
        files: page.files.length,
        size: page.files.reduce((sum, { size }) => sum + size, 0),
    }
}
