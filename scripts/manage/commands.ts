import { createInterface } from 'node:readline/promises'
import { normalizeName } from '../../core/project-name.js'
import { print, printError } from '../cli/output.js'
import { UsageError, UserError } from '../../core/user-error.js'
import { listProjects } from './list.js'
import { PackageIndex } from '../index/update/package-index.js'
import { rootPages } from '../index/stored/pages.js'
import { readStoredPage } from '../index/stored/stored-page.js'
import type { Problem } from '../index/repair/problem.js'
import { listProject } from '../../core/index/project-objects.js'
import { toProjectJson, type ProjectPage } from '../../core/project-page.js'
import { readProject, readUploaders } from './read-project.js'
import { setStatus } from './project-status.js'
import { rebuildProject, type RebuildOptions } from '../index/repair/rebuild-project.js'
import { rebuild } from '../index/repair/rebuild.js'
import { updateSummaries } from '../index/update/update-summaries.js'
import { planRemoval, remove, type Removal } from './remove.js'
import { ensureListed } from '../../core/index/update-root.js'
import { readPage } from '../../core/index/compare-and-swap.js'
import { verifyProject } from '../index/repair/verify-project.js'
import { verify, type VerifyReport } from '../index/repair/verify.js'
import { unyank, yank } from './yank.js'
import type { BucketOptions } from '../s3/bucket-options.js'
import { openBucket, type Bucket } from '../s3/bucket.js'
import { describeChanges, describeFiles, describeProblems, describeProjects, describeRebuild } from './describe.js'
import { showScan } from './show-progress.js'
import { makeToken } from './token.js'
import { makeReadToken, makeUploadToken, readTokenKeys, type SignedTokenOptions } from './signed-token.js'

/** The command-line options of all commands. */
export interface ManageOptions extends Omit<BucketOptions, 'bucket'> {
    json?: true
    dryRun?: true
    deep?: true
    yes?: true
    reason?: string
    releaseName?: true
    long?: true
}

const warn = (message: string) => printError(`manage-index: ${message}\n`)

const unseenUploads =
    'parts of killed uploads were not searched for: S3 does not list open uploads to these credentials ' +
    '(s3:ListBucketMultipartUploads). A lifecycle rule can delete them, see docs/publishing.md'

/** `list BUCKET [PROJECT]` */
export async function listCommand(name: string, project: string | undefined, options: ManageOptions): Promise<void> {
    const bucket = open(name, options)
    if (project !== undefined) {
        const page = await readProject(bucket, project)
        const json = JSON.parse(toProjectJson(page)) as { files: Record<string, unknown>[] }
        const uploaders = options.long ? await readUploaders(bucket, page) : undefined
        if (uploaders)
            for (const file of json.files) file['uploaded-by'] = uploaders.get(file.filename as string) ?? null
        show(options, json, describeFiles(page, uploaders))
        return
    }
    if (options.long) throw new UsageError('list --long needs a project', `manage-index list ${name} PROJECT --long`)
    const line = showScan(process.stderr, process.stderr.isTTY ? await expectedProjects(bucket) : undefined)
    const projects = await listProjects(bucket, line.update).finally(line.end)
    if (projects === undefined) warn(`the index has no project list yet: create it with "manage-index rebuild ${name}"`)
    show(options, { projects: projects ?? [] }, projects ? describeProjects(projects) : '')
}

/** `rebuild BUCKET [PROJECT...]` */
export async function rebuildCommand(name: string, projects: string[], options: ManageOptions): Promise<void> {
    const bucket = open(name, options)
    const index = new PackageIndex(bucket, warn)
    const how: RebuildOptions = { dryRun: options.dryRun === true, deep: options.deep === true, warn }
    if (projects.length > 0) {
        const changes = []
        const pages: ProjectPage[] = []
        const onPage = (page: ProjectPage) => pages.push(page)
        try {
            for (const project of projects.map(normalizeName)) {
                const done = await rebuildProject(index, project, { ...how, onPage })
                if (done.files > 0 && !how.dryRun) await ensureListed(index, [project])
                changes.push(done)
            }
        } finally {
            if (pages.length > 0) await updateSummaries(index, pages, warn)
        }
        show(
            options,
            { changed: changes },
            changes
                .flatMap(describeChanges)
                .map((line) => line + '\n')
                .join(''),
        )
        return
    }
    const line = showScan(process.stderr, await expectedProjects(bucket))
    try {
        const report = await rebuild(index, { ...how, onProgress: line.update })
        line.end()
        const summary = `${counted(report.projects, 'project')}, ${counted(report.files, 'file')}\n`
        show(options, report, describeRebuild(report) + summary)
        if (!report.seesOpenUploads) warn(unseenUploads)
    } finally {
        line.end()
    }
}

/** `verify BUCKET [PROJECT...]`. @throws UserError if there are problems */
export async function verifyCommand(name: string, projects: string[], options: ManageOptions): Promise<void> {
    const bucket = open(name, options)
    const { problems, older, seesOpenUploads, ...seen } = await findProblems(bucket, projects, options)
    const summary = `${counted(seen.projects, 'project')}, ${counted(seen.files, 'file')}: no problems\n`
    show(options, { problems, older }, problems.length === 0 ? summary : describeProblems(problems))
    if (older > 0) {
        warn(
            `${counted(older, 'page')} in the larger form of version 0.1, which nginx compresses for each request. ` +
                `Convert with: manage-index rebuild ${name}`,
        )
    }
    if (!seesOpenUploads) warn(unseenUploads)
    if (problems.length === 0) return
    const unknown = problems.filter(({ kind }) => kind === 'unknown-object').length
    const cures = [
        ...(unknown < problems.length ? [`Repair the index: manage-index rebuild ${name}`] : []),
        ...(unknown > 0 ? ['Installers ignore unknown objects. Move those that do not belong in this bucket.'] : []),
    ]
    throw new UserError(counted(problems.length, 'problem'), cures.join('\n'))
}

async function findProblems(bucket: Bucket, projects: string[], options: ManageOptions): Promise<VerifyReport> {
    const deep = options.deep === true
    if (projects.length > 0) {
        const problems: Problem[] = []
        let files = 0
        let older = 0
        for (const project of projects.map(normalizeName)) {
            const objects = await listProject(bucket, project)
            const found = await verifyProject(bucket, objects, deep)
            problems.push(...found.problems)
            older += found.older
            files += objects.files.size
        }
        // Only the whole index is searched for what uploads have left.
        return { projects: projects.length, files, problems, older, seesOpenUploads: true }
    }
    const line = showScan(process.stderr, await expectedProjects(bucket))
    try {
        return await verify(bucket, { deep, onProgress: line.update })
    } finally {
        line.end()
    }
}

/** `yank BUCKET PROJECT VERSION|FILE` */
export async function yankCommand(
    name: string,
    project: string,
    target: string,
    options: ManageOptions,
): Promise<void> {
    const reason = reasonOf(options)
    const files = await yank(new PackageIndex(open(name, options), warn), project, target, reason)
    show(options, { yanked: files, reason }, files.map((file) => `${file}: yanked\n`).join(''))
}

/** `unyank BUCKET PROJECT VERSION|FILE` */
export async function unyankCommand(
    name: string,
    project: string,
    target: string,
    options: ManageOptions,
): Promise<void> {
    const files = await unyank(new PackageIndex(open(name, options), warn), project, target)
    show(options, { unyanked: files }, files.map((file) => `${file}: no longer yanked\n`).join(''))
}

/** `status BUCKET PROJECT STATUS` */
export async function statusCommand(
    name: string,
    project: string,
    status: string,
    options: ManageOptions,
): Promise<void> {
    const changed = await setStatus(new PackageIndex(open(name, options), warn), project, status, reasonOf(options))
    const offers = status === 'quarantined' ? '; its files are hidden until it is active again' : ''
    show(options, changed, `${changed.project}: ${changed.before.status} -> ${status}${offers}\n`)
}

/** Options of `token USER`, which works offline. */
export interface TokenOptions {
    json?: true
    line?: true
    projects?: string[]
    read?: true
    expires?: string
    tokenKeys?: string
}

/** `token USER`: a password, or a signed token: with `--projects` for uploads, with `--read` for reading. */
export function tokenCommand(user: string, options: TokenOptions): void {
    if (options.read) return readTokenCommand(user, options)
    if (options.projects !== undefined) return uploadTokenCommand(user, options.projects, options)
    if (options.expires !== undefined || options.tokenKeys !== undefined) {
        throw new UsageError(
            '--expires and --token-keys are for signed tokens, which upload projects or read',
            "Add --projects 'acme-*' or --read. A password of --htpasswd does not expire.",
        )
    }
    const made = makeToken(user)
    if (options.line) {
        // For `>> FILE`: the token goes to the terminal, not to the file.
        printError(`token of ${user}, for the client: ${made.token}\n`)
        print(`${made.line}\n`)
        return
    }
    show(
        options.json ? { json: true } : {},
        made,
        `For the client:              ${made.token}\n` +
            `For nginx's password file:   ${made.line}\n` +
            `pip install --index-url https://${user}:${made.token}@HOST/simple/ PACKAGE\n`,
    )
}

function uploadTokenCommand(user: string, projects: string[], options: TokenOptions): void {
    const made = makeUploadToken(user, { ...signing(options), projects })
    show(
        options.json ? { json: true } : {},
        made,
        `Token:      ${made.token}\n` +
            `Uploads:    ${made.projects.join(' ')}, until ${made.expires}\n` +
            `To revoke:  echo ${made.id} >> FILE of --revoked-tokens\n` +
            'TWINE_USERNAME=__token__ TWINE_PASSWORD=TOKEN twine upload --repository-url https://HOST/legacy/ dist/*\n',
    )
}

function readTokenCommand(user: string, options: TokenOptions): void {
    if (options.projects !== undefined) {
        throw new UsageError('a token of --read reads all projects', 'Leave --projects out, or leave --read out.')
    }
    const made = makeReadToken(user, signing(options))
    show(
        options.json ? { json: true } : {},
        made,
        `Token:      ${made.token}\n` +
            `Reads:      all projects, until ${made.expires}\n` +
            `To revoke:  echo ${made.id} >> FILE of --revoked-tokens\n` +
            'pip install --index-url https://__token__:TOKEN@HOST/simple/ PACKAGE\n',
    )
}

function signing(options: TokenOptions): SignedTokenOptions {
    if (options.line) throw new UsageError('a signed token has no line for a password file', 'Leave --line out.')
    return {
        expires: options.expires ?? '90d',
        keys: readTokenKeys(options.tokenKeys, process.env),
        now: Math.floor(Date.now() / 1000),
    }
}

function reasonOf({ reason = '' }: ManageOptions): string {
    return reason.replace(/\s+/g, ' ').trim()
}

/** `remove BUCKET PROJECT [VERSION|FILE...]` */
export async function removeCommand(
    name: string,
    project: string,
    targets: string[],
    options: ManageOptions,
): Promise<void> {
    const index = new PackageIndex(open(name, options), warn)
    const removal = await planRemoval(index, project, targets)
    const what = removal.wholeProject ? `the project ${removal.project} with` : `of ${removal.project}`
    if (!options.dryRun) {
        if (!options.yes)
            await confirm(
                `Remove ${what} ${counted(removal.filenames.length, 'file')}: ${removal.filenames.join(', ')}`,
            )
        await remove(index, removal, { releaseName: options.releaseName === true, warn })
    }
    const said = options.dryRun ? 'would be removed' : 'removed'
    const lines = [...removal.filenames.map((file) => `${file}: ${said}`), ...claimLines(removal, options)]
    show(options, removal, lines.map((line) => line + '\n').join(''))
}

/** Reports whether the name of a project stays claimed after its last file is removed. */
function claimLines({ project, wholeProject, others }: Removal, options: ManageOptions): string[] {
    if (!wholeProject) return []
    if (!options.releaseName) {
        return [
            `The name ${project} stays claimed: its empty page keeps clients from the public index. ` +
                'Release it with --release-name.',
        ]
    }
    if (others.length > 0) return [`The name ${project} stays claimed by ${others.join(', ')}: delete these as well.`]
    return [`The name ${project} is released: with --fallback, clients now get it from the public index.`]
}

async function expectedProjects(bucket: Bucket): Promise<number | undefined> {
    const stored = await readStoredPage(bucket, rootPages.jsonKey)
    return stored && readPage(rootPages, stored, { replaceBroken: true })?.projects.length
}

function open(name: string, options: ManageOptions): Bucket {
    return openBucket({ ...options, bucket: name })
}

function show(options: ManageOptions, json: unknown, text: string): void {
    print(options.json ? JSON.stringify(json, null, 2) + '\n' : text)
}

/** `1 project`, `2 projects`. */
function counted(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/**
 * Asks for confirmation on the terminal.
 *
 * @throws UserError unless the answer is yes, or if there is no terminal
 */
async function confirm(question: string): Promise<void> {
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
        throw new UserError(`${question}: no terminal to ask for confirmation`, 'Confirm with --yes.')
    }
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
        const answer = await terminal.question(`${question}? [y/N] `)
        if (!/^y(?:es)?$/i.test(answer.trim())) throw new UserError('nothing was removed')
    } finally {
        terminal.close()
    }
}
