import { normalizeName } from '../../core/project-name.js'
import { isProjectName } from '../../core/index/project-objects.js'
import { UsageError, UserError } from '../../core/user-error.js'
import { print } from '../cli/output.js'
import { describeMirror, describeProblems, describeUnsupported } from '../mirror/describe.js'
import { readLock } from '../mirror/lock-file.js'
import { mirror } from '../mirror/mirror.js'
import { readRequirements } from '../mirror/requirements-file.js'
import { SourceClient } from '../mirror/source-client.js'
import { findCredentials, parseIndexUrl } from '../mirror/source-credentials.js'
import { readSourceProjects } from '../mirror/source-page.js'
import { shownUrl } from '../mirror/source-problem.js'
import { wantedProjects, type Wishes } from '../mirror/wanted.js'
import { showProgress } from '../publish/show-progress.js'
import { openBucket } from '../s3/bucket.js'
import type { BucketOptions } from '../s3/bucket-options.js'

/** Options of `mirror BUCKET [PROJECT...]`. */
export interface MirrorCommandOptions extends Omit<BucketOptions, 'bucket'> {
    from: string
    requirements?: string[]
    lock?: string[]
    all?: true
    jobs: string
    dryRun?: true
    merge?: true
    acceptUnhashed?: true
    json?: true
}

/** More projects than any private index has: a mirror of PyPI would not end. */
const maxProjects = 20_000

/** `mirror BUCKET --from URL [PROJECT...]`. @throws UserError if something was not copied */
export async function mirrorCommand(
    name: string,
    projects: readonly string[],
    options: MirrorCommandOptions,
): Promise<void> {
    const { requirements = [], lock = [] } = options
    const source = parseIndexUrl(options.from)
    const jobs = parseJobs(options.jobs)
    if (projects.length + requirements.length + lock.length === 0 && !options.all) {
        throw new UsageError(
            'nothing to copy was named',
            'Name projects, or files with --requirements and --lock. --all copies every project of the source.',
        )
    }
    const bucket = openBucket({ ...options, bucket: name })
    const progress = showProgress(process.stderr)
    const warn = (message: string) => progress.print(`manage-index: ${message}`)
    const wishes: Wishes[] = [{ wanted: wantedProjects(projects), leftOut: [] }]
    for (const file of requirements) wishes.push(await readRequirements(file))
    for (const file of lock) wishes.push(await readLock(file))
    for (const line of wishes.flatMap(({ leftOut }) => leftOut)) warn(`left out: ${line}`)
    warnOfPlainHttp(source.url, warn)
    const client = new SourceClient(await findCredentials(source, process.env), warn)
    try {
        const wanted = wishes.flatMap((each) => each.wanted)
        if (options.all) wanted.push(...wantedProjects(await allProjects(client, source.url)))
        const report = await mirror(bucket, client, source.url, wanted, {
            jobs,
            dryRun: options.dryRun === true,
            merge: options.merge === true,
            acceptUnhashed: options.acceptUnhashed === true,
            onProgress: progress.update,
            warn,
        })
        progress.end()
        const unsupported = describeUnsupported(report)
        if (unsupported !== undefined) warn(unsupported)
        const result = { bucket: name, from: shownUrl(source.url), dryRun: options.dryRun === true, ...report }
        print(options.json ? JSON.stringify(result, null, 2) + '\n' : describeMirror(report, result.dryRun))
        if (report.problems.length === 0) return
        const count = report.problems.length === 1 ? '1 problem' : `${report.problems.length} problems`
        throw new UserError(
            `${count}; everything else was ${result.dryRun ? 'planned' : 'copied'}`,
            describeProblems(report),
        )
    } finally {
        progress.end()
        client.close()
    }
}

function parseJobs(text: string): number {
    const jobs = /^\d{1,2}$/.test(text) ? Number(text) : 0
    if (jobs < 1 || jobs > 64) throw new UsageError(`--jobs ${JSON.stringify(text)} is not a number from 1 to 64`)
    return jobs
}

async function allProjects(client: SourceClient, from: URL): Promise<string[]> {
    const found = (await readSourceProjects(client, from)).map(normalizeName)
    const names = [...new Set(found)].filter(isProjectName).sort()
    if (names.length > maxProjects) {
        throw new UserError(
            `${shownUrl(from)} has ${names.length} projects`,
            `--all copies at most ${maxProjects}: name projects, a requirements file or a lock file.`,
        )
    }
    return names
}

function warnOfPlainHttp({ protocol, hostname }: URL, warn: (message: string) => void): void {
    const isLoopback = /^(?:127\.|\[::1\]$|localhost$|.*\.localhost$)/.test(hostname)
    if (protocol === 'https:' || isLoopback) return
    warn('--from is read without TLS: anyone on the way can change files that no lock has a hash of')
}
