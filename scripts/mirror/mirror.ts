import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuseClosed } from '../../core/index/publish-edit.js'
import { yankedKey } from '../../core/index/project-objects.js'
import { yankedHeaders } from '../../core/index/stored-headers.js'
import { isMarkedUnlisted } from '../../core/index/unlisted-projects.js'
import { ensureListed } from '../../core/index/update-root.js'
import { mapParallel } from '../../core/parallel.js'
import type { FileEntry, ProjectPage } from '../../core/project-page.js'
import { compareVersions } from '../../core/version.js'
import { editProject } from '../index/update/edit-project.js'
import { PackageIndex } from '../index/update/package-index.js'
import { updateSummaries } from '../index/update/update-summaries.js'
import { addEntries, preparePage } from '../publish/add-entries.js'
import type { Bucket } from '../s3/bucket.js'
import { copyFile, type CopyContext } from './copy-file.js'
import { planProject, type PlannedCopy, type PlanOptions, type Problem, type ProjectPlan } from './plan.js'
import type { SourceClient } from './source-client.js'
import { readSourcePage } from './source-page.js'
import { SourceProblem } from './source-problem.js'
import type { Wanted } from './wanted.js'

/** Files that become visible together: a command that is killed repeats at most these. */
const filesPerUpdate = 50
/** Projects after which the project list is updated. */
const projectsPerUpdate = 100

/** Options of `mirror`. */
export interface MirrorOptions extends PlanOptions {
    /** Files that are copied at the same time. */
    jobs: number
    /** Plan, and write nothing. */
    dryRun: boolean
    onProgress?: CopyContext['onProgress']
    warn?: (message: string) => void
}

/** The result for one file. */
export interface MirroredFile {
    project: string
    version: string
    filename: string
    /** Bytes; unknown before a download if the source does not tell. */
    size: number | undefined
    sha256: string | undefined
    status: 'copied' | 'present' | 'yanked'
}

/** The result of `mirror`. */
export interface MirrorReport {
    files: MirroredFile[]
    problems: Problem[]
    /** Files in formats that installers no longer support. */
    unsupported: string[]
}

/**
 * Copies files of another index into a bucket.
 *
 * A problem of one file or project does not stop the others. Run again, it copies what is missing.
 *
 * @param from URL of the simple index
 * @throws UserError if S3 fails; what was copied before is on the pages
 */
export async function mirror(
    bucket: Bucket,
    client: SourceClient,
    from: URL,
    wanted: readonly Wanted[],
    options: MirrorOptions,
): Promise<MirrorReport> {
    const { jobs, dryRun, warn = () => {}, onProgress = () => {} } = options
    const index = new PackageIndex(bucket, warn)
    const source = { from, readPage: (project: string) => readSourcePage(client, from, project) }
    const plans = await mapParallel(byProject(wanted), jobs, ([project, own]) =>
        planProject(bucket, project, own, source, options),
    )
    for (const line of plans.flatMap(({ leftOut }) => leftOut)) warn(`left out: ${line}`)
    const report: MirrorReport = {
        files: [],
        problems: plans.flatMap(({ problems }) => problems),
        unsupported: plans.flatMap(({ unsupported }) => unsupported),
    }
    if (dryRun) {
        report.files = plans.flatMap((plan) => [...plannedFiles(plan), ...presentFiles(plan)])
        return report
    }
    for (const { copies } of plans)
        for (const { file } of copies) onProgress({ filename: file.filename, sent: 0, size: file.size ?? 0 })
    const folder = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-'))
    const context: CopyContext = { client, from, index, folder, warn, onProgress }
    const slots = new Slots(jobs)
    let unlisted: string[] = []
    const changed: ProjectPage[] = []
    const listProjects = async () => {
        const projects = unlisted
        unlisted = []
        if (projects.length > 0) await ensureListed(index, projects)
    }
    try {
        await mapParallel(plans, jobs, async (plan) => {
            const { page, isUnlisted } = await copyProject(context, plan, slots, report)
            if (page !== undefined) changed.push(page)
            if (isUnlisted && unlisted.push(plan.project) >= projectsPerUpdate) await listProjects()
        })
    } finally {
        await rm(folder, { recursive: true, force: true })
        await listProjects()
    }
    if (changed.length > 0) await updateSummaries(index, changed, warn)
    report.files.sort(
        (a, b) =>
            compare(a.project, b.project) || compareVersions(a.version, b.version) || compare(a.filename, b.filename),
    )
    return report
}

function compare(a: string, b: string): number {
    return a === b ? 0 : a < b ? -1 : 1
}

/** A project whose files are copied: its page, if it has changed, and whether it may be missing on the project list. */
interface CopiedProject {
    page: ProjectPage | undefined
    isUnlisted: boolean
}

async function copyProject(
    context: CopyContext,
    plan: ProjectPlan,
    slots: Slots,
    report: MirrorReport,
): Promise<CopiedProject> {
    const { project, copies } = plan
    const { index } = context
    let preparing: Promise<void> | undefined
    const prepared = () =>
        (preparing ??= plan.stored === undefined ? preparePage(index, project, context.warn) : Promise.resolve())
    let page: ProjectPage | undefined
    let isUnlisted = false
    for (let start = 0; start < copies.length; start += filesPerUpdate) {
        const batch = copies.slice(start, start + filesPerUpdate)
        const entries: FileEntry[] = []
        try {
            await mapParallel(batch, batch.length, (planned) =>
                slots.use(async () => {
                    const entry = await copyOrReport(context, plan, planned, prepared, report)
                    if (entry) entries.push(entry)
                }),
            )
        } finally {
            // Also after a failure of S3 in the middle: what is uploaded is indexed.
            if (entries.length > 0) {
                const stored = start === 0 ? plan.stored : undefined
                const check = (page: ProjectPage) => refuseUnlessArchived(plan, page)
                const added = await addEntries(index, project, stored, entries, check, statusOf(plan))
                page = added.page
                isUnlisted ||= added.isNew
            }
        }
    }
    await yankPresent(index, plan)
    report.files.push(...presentFiles(plan))
    isUnlisted ||= plan.present.length > 0 && (await isMarkedUnlisted(index.bucket, project))
    return { page, isUnlisted }
}

async function copyOrReport(
    context: CopyContext,
    { project, page }: ProjectPlan,
    planned: PlannedCopy,
    prepared: () => Promise<void>,
    report: MirrorReport,
): Promise<FileEntry | undefined> {
    const { filename } = planned.file
    try {
        const entry = await copyFile(context, project, planned, page, prepared)
        const { size, sha256 } = entry
        report.files.push({ project, version: planned.version, filename, size, sha256, status: 'copied' })
        return entry
    } catch (error) {
        if (!(error instanceof SourceProblem)) throw error
        report.problems.push({ project, filename, message: error.message, cure: error.cure })
        return undefined
    }
}

function refuseUnlessArchived({ source }: ProjectPlan, page: ProjectPage): void {
    if (page.status.status !== 'archived' || source?.status.status !== 'archived') refuseClosed(page)
}

/** A project that is archived or deprecated at the source is so here, unless somebody has set another status here. */
function statusOf({ source }: ProjectPlan): (page: ProjectPage) => ProjectPage {
    return (page) => {
        const isKept = page.status.status !== 'active' || source === undefined
        return isKept ? page : { ...page, status: source.status }
    }
}

async function yankPresent(index: PackageIndex, { project, yanks }: ProjectPlan): Promise<void> {
    if (yanks.size === 0) return
    for (const [filename, reason] of yanks) {
        await index.bucket.write(yankedKey(project, filename), Buffer.from(reason), yankedHeaders)
    }
    await editProject(index, project, (page) => ({
        ...page,
        files: page.files.map((file) => ({ ...file, yanked: file.yanked ?? yanks.get(file.filename) })),
    }))
}

function presentFiles({ project, present, yanks }: ProjectPlan): MirroredFile[] {
    return present.map((file) => ({ project, ...file, status: yanks.has(file.filename) ? 'yanked' : 'present' }))
}

function plannedFiles({ project, copies }: ProjectPlan): MirroredFile[] {
    return copies.map(({ file, version, expected }) => ({
        project,
        version,
        filename: file.filename,
        size: file.size,
        sha256: expected.all.find(({ algorithm }) => algorithm === 'sha256')?.hex,
        status: 'copied',
    }))
}

function byProject(wanted: readonly Wanted[]): Map<string, Wanted[]> {
    const projects = new Map<string, Wanted[]>()
    for (const entry of wanted) {
        const others = projects.get(entry.project)
        if (others) others.push(entry)
        else projects.set(entry.project, [entry])
    }
    return projects
}

/** A limit of what runs at the same time, in all projects together. */
class Slots {
    readonly #waiting: (() => void)[] = []

    constructor(private free: number) {}

    async use<Result>(run: () => Promise<Result>): Promise<Result> {
        if (this.free > 0) this.free--
        else await new Promise<void>((resume) => this.#waiting.push(resume))
        try {
            return await run()
        } finally {
            const next = this.#waiting.shift()
            if (next) next()
            else this.free++
        }
    }
}
