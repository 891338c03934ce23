import { UserError } from '../../core/user-error.js'
import { readDistribution, type Distribution } from '../distribution/read-distribution.js'
import { PackageIndex } from '../index/update/package-index.js'
import { updateSummaries } from '../index/update/update-summaries.js'
import { projectPages } from '../index/stored/pages.js'
import { isMarkedUnlisted } from '../../core/index/unlisted-projects.js'
import { mapParallel } from '../../core/parallel.js'
import { readStoredPage, type StoredPage } from '../index/stored/stored-page.js'
import type { ProjectPage } from '../../core/project-page.js'
import { ensureListed } from '../../core/index/update-root.js'
import { refuseClosed } from '../../core/index/publish-edit.js'
import type { Bucket } from '../s3/bucket.js'
import { addEntries, preparePage } from './add-entries.js'
import { planUpload, type PlannedUpload } from './plan-upload.js'
import { upload } from './upload.js'

/** Concurrent uploads: each takes up to 64 MiB of memory. */
const parallelUploads = 4
const parallelReads = 4

/** Options of `publish`. */
export interface PublishOptions {
    /** Replace files that have the same name and other bytes. */
    overwrite?: boolean
    /** Accept faults that PyPI rejects, if pip and uv install the file. */
    acceptUnusual?: boolean
    /** Upload and write nothing. */
    dryRun?: boolean
    /** The upload time of new files. Default: the current time. */
    now?: Date
    onProgress?: (progress: UploadProgress) => void
    warn?: (message: string) => void
}

/** Upload progress of one file. */
export interface UploadProgress {
    filename: string
    /** Bytes. */
    sent: number
    size: number
}

/** The result for one file. */
export interface PublishedFile {
    project: string
    version: string
    filename: string
    size: number
    sha256: string
    status: 'uploaded' | 'overwritten' | 'present'
}

/**
 * Uploads wheels and sdists and adds them to their project pages.
 *
 * All checks run before the first upload. The files of a project become visible together. Publishing the same files
 * again succeeds, and completes an interrupted publish.
 *
 * @param files paths
 * @throws UserError if a file is refused or exists with other bytes, or if S3 fails
 */
export async function publish(
    bucket: Bucket,
    files: readonly string[],
    options: PublishOptions = {},
): Promise<PublishedFile[]> {
    if (files.length === 0) throw new UserError('there are no files to publish')
    const { acceptUnusual = false } = options
    const distributions = await mapParallel(files, parallelReads, (file) => readDistribution(file, { acceptUnusual }))
    for (const { filename, oddities } of distributions) {
        for (const oddity of oddities) options.warn?.(`${filename}: ${oddity}; accepted because of --accept-unusual`)
    }
    const projects = byProject(withoutTwins(distributions))
    const index = new PackageIndex(bucket, options.warn)
    const plans = await mapParallel(projects, parallelUploads, ([project, own]) =>
        planProject(index, project, own, options),
    )
    if (!options.dryRun) {
        await publishProjects(index, plans, options)
    }
    return plans.flatMap(({ uploads }) => uploads.map(publishedFile))
}

/** The planned changes for one project. */
interface ProjectPlan {
    project: string
    stored: StoredPage | undefined
    page: ProjectPage | undefined
    uploads: PlannedUpload[]
}

async function planProject(
    index: PackageIndex,
    project: string,
    distributions: Distribution[],
    options: PublishOptions,
): Promise<ProjectPlan> {
    const pages = projectPages(project)
    const stored = await readStoredPage(index.bucket, pages.jsonKey)
    const page = stored && pages.parse(stored)
    refuseClosed(page)
    const { overwrite = false, now = new Date() } = options
    const uploads = await mapParallel(distributions, parallelReads, (distribution) =>
        planUpload(index.bucket, distribution, page, { overwrite, now }),
    )
    return { project, stored, page, uploads }
}

/** Publishes projects one after the other, then lists all of them at once, also if one of them failed. */
async function publishProjects(index: PackageIndex, plans: ProjectPlan[], options: PublishOptions): Promise<void> {
    const unlisted: string[] = []
    const pages: ProjectPage[] = []
    try {
        for (const plan of plans) {
            const { page, mayBeUnlisted } = await publishProject(index, plan, options)
            pages.push(page)
            if (mayBeUnlisted) unlisted.push(plan.project)
        }
    } finally {
        if (unlisted.length > 0) await ensureListed(index, unlisted)
        if (pages.length > 0) await updateSummaries(index, pages, options.warn)
    }
}

/** A published project: its page, and whether it may be missing on the project list. */
interface PublishedProject {
    page: ProjectPage
    mayBeUnlisted: boolean
}

async function publishProject(
    index: PackageIndex,
    plan: ProjectPlan,
    options: PublishOptions,
): Promise<PublishedProject> {
    const { project } = plan
    if (plan.stored === undefined) await preparePage(index, project, options.warn)
    const entries = await mapParallel(plan.uploads, parallelUploads, (planned) => {
        const { filename, size } = planned.distribution
        return upload(index, planned, plan.page, (sent) => options.onProgress?.({ filename, sent, size }))
    })
    const { page, isNew } = await addEntries(index, project, plan.stored, entries, refuseClosed)
    // Publishing the same files again also repairs the list: a publisher without markers may have been killed.
    const isRepeated = plan.uploads.every(({ action }) => action === 'present')
    const mayBeUnlisted =
        isNew || isRepeated || !index.conditionalWrites || (await isMarkedUnlisted(index.bucket, project))
    return { page, mayBeUnlisted }
}

/** Removes duplicates. @throws UserError if two files have the same name and other bytes */
function withoutTwins(distributions: Distribution[]): Distribution[] {
    const byName = new Map<string, Distribution>()
    for (const distribution of distributions) {
        const twin = byName.get(distribution.filename)
        if (twin && twin.sha256 !== distribution.sha256) {
            throw new UserError(`${twin.path} and ${distribution.path} have the same name but different content`)
        }
        byName.set(distribution.filename, distribution)
    }
    return [...byName.values()]
}

function byProject(distributions: Distribution[]): Map<string, Distribution[]> {
    const projects = new Map<string, Distribution[]>()
    for (const distribution of distributions) {
        const others = projects.get(distribution.project)
        if (others) others.push(distribution)
        else projects.set(distribution.project, [distribution])
    }
    return projects
}

function publishedFile({ distribution, action }: PlannedUpload): PublishedFile {
    const { project, version, filename, size, sha256 } = distribution
    const status = { upload: 'uploaded', overwrite: 'overwritten', present: 'present' } as const
    return { project, version, filename, size, sha256, status: status[action] }
}
