import { UserError } from '../../core/user-error.js'
import { readDistribution, type Distribution } from '../distribution/read-distribution.js'
import { editProject } from '../index/update/edit-project.js'
import { PackageIndex } from '../index/update/package-index.js'
import { projectPages } from '../index/stored/pages.js'
import { mapParallel } from '../s3/parallel.js'
import { isInUse, listProject } from '../index/stored/project-objects.js'
import { emptyPage, takesFiles, withFiles, type FileEntry, type ProjectPage } from '../../core/project-page.js'
import { rebuildProject } from '../index/repair/rebuild-project.js'
import { updatePages } from '../index/update/update-pages.js'
import { ensureListed } from '../index/update/update-root.js'
import type { Bucket } from '../s3/bucket.js'
import type { ObjectContent } from '../s3/objects.js'
import { planUpload, type PlannedUpload } from './plan-upload.js'
import { upload } from './upload.js'

/** Files at a time: each takes up to 64 MiB while it is uploaded. */
const parallelUploads = 4
const parallelReads = 4

/** How files are published. */
export interface PublishOptions {
    /** Replace files of the same name that have other bytes. */
    overwrite?: boolean
    /** Take files that PyPI would refuse, and pip and uv install. */
    acceptUnusual?: boolean
    /** Upload and write nothing. */
    dryRun?: boolean
    /** The upload time of what is uploaded. */
    now?: Date
    onProgress?: (progress: UploadProgress) => void
    warn?: (message: string) => void
}

/** How far one file is. */
export interface UploadProgress {
    filename: string
    /** Bytes. */
    sent: number
    size: number
}

/** What became of one file. */
export interface PublishedFile {
    project: string
    version: string
    filename: string
    size: number
    sha256: string
    status: 'uploaded' | 'overwritten' | 'present'
}

/**
 * Uploads wheels and sdists and puts them on the pages of their projects.
 *
 * Everything is checked before anything is uploaded. The files of a project become visible together. Publishing the
 * same files again is a success, and completes what an interrupted publish left.
 *
 * @param files paths
 * @throws UserError for a file that is refused, for one that exists with other bytes, and when S3 fails
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
        for (const oddity of oddities) options.warn?.(`${filename}: ${oddity}; taken, as --accept-unusual asks`)
    }
    const projects = byProject(withoutTwins(distributions))
    const index = new PackageIndex(bucket, options.warn)
    const plans = await mapParallel(projects, parallelUploads, ([project, own]) =>
        planProject(index, project, own, options),
    )
    if (!options.dryRun) {
        for (const plan of plans) await publishProject(index, plan, options)
    }
    return plans.flatMap(({ uploads }) => uploads.map(publishedFile))
}

/** What is to be done for one project. */
interface ProjectPlan {
    project: string
    content: ObjectContent | undefined
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
    const content = await index.bucket.get(pages.jsonKey)
    const page = content && pages.parse(content.body)
    refuseClosed(page)
    const { overwrite = false, now = new Date() } = options
    const uploads = await mapParallel(distributions, parallelReads, (distribution) =>
        planUpload(index.bucket, distribution, page, { overwrite, now }),
    )
    return { project, content, page, uploads }
}

async function publishProject(index: PackageIndex, plan: ProjectPlan, options: PublishOptions): Promise<void> {
    const { project } = plan
    if (plan.content === undefined) await preparePage(index, project, options)
    const entries = await mapParallel(plan.uploads, parallelUploads, (planned) => {
        const { filename, size } = planned.distribution
        return upload(index, planned, plan.page, (sent) => options.onProgress?.({ filename, sent, size }))
    })
    const edit = (page: ProjectPage) => {
        refuseClosed(page)
        return withEntries(page, entries)
    }
    await editProject(index, project, edit, plan.content ? { json: { content: plan.content } } : {})
    await ensureListed(index, project)
}

/**
 * Writes both pages of a project that has no index.json, before its first file is uploaded.
 *
 * What is in the folder already, and what a page of before says of it, is on them. Where there is nothing, the pages are
 * empty and claim the name: from then on nginx sends no client to the public index for it.
 */
async function preparePage(index: PackageIndex, project: string, options: PublishOptions): Promise<void> {
    const objects = await listProject(index.bucket, project)
    if (objects.json === undefined && isInUse(objects)) {
        await rebuildProject(index, project, options.warn ? { warn: options.warn } : {}, objects)
    } else {
        await updatePages(index, projectPages(project), (page) => ({
            page: page ?? emptyPage(project),
            isComplete: true,
        }))
    }
}

/** @throws UserError for a project that takes no files. @see PEP 792 */
function refuseClosed(page: ProjectPage | undefined): void {
    if (page === undefined || takesFiles(page)) return
    const { status, reason } = page.status
    throw new UserError(
        `the project ${page.name} is ${status}${reason === undefined ? '' : ` (${reason})`} and takes no new files`,
        `Nothing was published. If it shall take files again: manage-index status BUCKET ${page.name} active`,
    )
}

/** The page with these entries in place of those of the same files. A yank stays until it is taken back. */
function withEntries(page: ProjectPage, entries: FileEntry[]): ProjectPage {
    const files = new Map(page.files.map((file) => [file.filename, file]))
    for (const entry of entries) {
        const known = files.get(entry.filename)
        files.set(entry.filename, { ...entry, yanked: known?.yanked })
    }
    return withFiles(page, [...files.values()])
}

/** Each file once. Throws UserError when two files of one name are not the same. */
function withoutTwins(distributions: Distribution[]): Distribution[] {
    const byName = new Map<string, Distribution>()
    for (const distribution of distributions) {
        const twin = byName.get(distribution.filename)
        if (twin && twin.sha256 !== distribution.sha256) {
            throw new UserError(`${twin.path} and ${distribution.path} have one name and other bytes`)
        }
        byName.set(distribution.filename, distribution)
    }
    return [...byName.values()]
}

function byProject(distributions: Distribution[]): Map<string, Distribution[]> {
    const projects = new Map<string, Distribution[]>()
    for (const distribution of distributions) {
        projects.set(distribution.project, [...(projects.get(distribution.project) ?? []), distribution])
    }
    return projects
}

function publishedFile({ distribution, action }: PlannedUpload): PublishedFile {
    const { project, version, filename, size, sha256 } = distribution
    const status = { upload: 'uploaded', overwrite: 'overwritten', present: 'present' } as const
    return { project, version, filename, size, sha256, status: status[action] }
}
