import { kindOf, parseFileName } from '../../core/file-name.js'
import { readFacts } from '../../core/index/object-facts.js'
import { fileKey, listProject } from '../../core/index/project-objects.js'
import { mapParallel } from '../../core/parallel.js'
import type { ProjectPage } from '../../core/project-page.js'
import { matchesSpecifiers } from '../../core/version-specifiers.js'
import { compareVersions } from '../../core/version.js'
import { projectPages } from '../index/stored/pages.js'
import { readStoredPage, type StoredPage } from '../index/stored/stored-page.js'
import type { Bucket } from '../s3/bucket.js'
import { expectedSha256, findOther, known, type Expected } from './digests.js'
import { isKnownToSource, shownOrigin } from './lock-origin.js'
import type { SourceFile, SourcePage } from './source-page.js'
import { SourceProblem } from './source-problem.js'
import type { Wanted } from './wanted.js'

/** A file to copy. */
export interface PlannedCopy {
    file: SourceFile
    /** Normalised. */
    version: string
    expected: Expected
}

/** Why a project, or one of its files, is not copied. */
export interface Problem {
    project: string
    filename?: string
    message: string
    cure?: string | undefined
}

/** What to do for one project. */
export interface ProjectPlan {
    project: string
    stored: StoredPage | undefined
    page: ProjectPage | undefined
    source: SourcePage | undefined
    copies: PlannedCopy[]
    /** Files that the bucket has with the same bytes. */
    present: { filename: string; version: string; size: number; sha256: string }[]
    /** Of them, those to yank, with the reason. */
    yanks: Map<string, string>
    problems: Problem[]
    /** Files in formats that installers no longer support. */
    unsupported: string[]
    /** What locks took from indexes other than the source. One line each. */
    leftOut: string[]
}

/** The index that is copied. */
export interface Source {
    from: URL
    /** Reads the page of a project; undefined if the source has none. */
    readPage: (project: string) => Promise<SourcePage | undefined>
}

/** Who uploaded a file, in its metadata: `manage-index list --long` shows it. */
export const mirrorOf = 'mirror of '

/** How files are chosen. */
export interface PlanOptions {
    /** Copy into projects that have files of another origin. */
    merge: boolean
    /** Copy files for which neither the source nor a lock has a hash. */
    acceptUnhashed: boolean
}

const parallelHeads = 16

/**
 * Compares what is wanted of a project with the source and the bucket. The source is not asked if the bucket has all files
 * that a lock names, or if the lock took the project from elsewhere: names of private projects stay here.
 *
 * @throws UserError if S3 fails
 */
export async function planProject(
    bucket: Bucket,
    project: string,
    wanted: readonly Wanted[],
    source: Source,
    options: PlanOptions,
): Promise<ProjectPlan> {
    const pages = projectPages(project)
    const stored = await readStoredPage(bucket, pages.jsonKey)
    const page = stored && pages.parse(stored)
    const empty = {
        copies: [],
        present: [],
        yanks: new Map<string, string>(),
        problems: [],
        unsupported: [],
        leftOut: [],
    }
    const plan: ProjectPlan = { project, stored, page, source: undefined, ...empty }
    if (page && holdsAll(page, wanted)) {
        addPresent(
            plan,
            page,
            wanted.flatMap(({ files = [] }) => files.map(({ filename }) => filename)),
        )
        return plan
    }
    const isKnown = ({ origin }: Wanted) => origin === undefined || isKnownToSource(origin, source.from)
    if (!wanted.some(isKnown)) {
        plan.leftOut = [...new Set(wanted.map((entry) => fromElsewhere(entry)))]
        return plan
    }
    try {
        plan.source = await source.readPage(project)
        if (plan.source === undefined) {
            throw new SourceProblem(
                `the source has no project ${project} (${wanted[0]!.where})`,
                'Check the name, and the URL of --from: that of most indexes ends with /simple/.',
            )
        }
        refuseClosed(plan, plan.source)
        choose(plan, plan.source, wanted, isKnown, options)
        if (plan.copies.length > 0 && !options.merge) await refuseOthers(bucket, plan, plan.source)
    } catch (error) {
        if (!(error instanceof SourceProblem)) throw error
        plan.copies = []
        plan.problems = [{ project, message: error.message, cure: error.cure }]
    }
    return plan
}

function fromElsewhere({ project, where, origin }: Wanted): string {
    return `${where}: ${project} comes from ${shownOrigin(origin!)}, not from the source`
}

/** Whether a page has all files that locks name, with their SHA-256. */
function holdsAll(page: ProjectPage, wanted: readonly Wanted[]): boolean {
    const stored = new Map(page.files.map(({ filename, sha256 }) => [filename, sha256]))
    return wanted.every(
        ({ files }) =>
            files?.every(({ filename, digests }) =>
                digests.some(({ algorithm, hex }) => algorithm === 'sha256' && stored.get(filename) === hex),
            ) ?? false,
    )
}

/** An archived project is copied as one: it stays archived. */
function refuseClosed({ project, page }: ProjectPlan, { status }: SourcePage): void {
    if (status.status === 'quarantined') {
        const reason = status.reason === undefined ? '' : `: ${status.reason}`
        throw new SourceProblem(`${project} is quarantined by the source${reason}`, 'Nothing of it is copied.')
    }
    const here = page?.status.status
    if (here === 'quarantined' || (here === 'archived' && status.status !== 'archived')) {
        throw new SourceProblem(
            `${project} is ${here} in the bucket and takes no files`,
            `To accept files again: manage-index status BUCKET ${project} active`,
        )
    }
}

/** A file that something asks for, perhaps two locks. */
interface Chosen {
    file: SourceFile
    expected: Expected
    /** What named it first. */
    where: string
}

/** @param isKnown whether the source is expected to have what a lock names */
function choose(
    plan: ProjectPlan,
    source: SourcePage,
    wanted: readonly Wanted[],
    isKnown: (entry: Wanted) => boolean,
    options: PlanOptions,
): void {
    const { project, page } = plan
    const versions = new Map<SourceFile, string>()
    const unsupported = new Map<SourceFile, string>()
    for (const file of source.files) {
        const version = parseFileName(file.filename, project)?.version
        if (version !== undefined && kindOf(file.filename) !== undefined) versions.set(file, version)
        else unsupported.set(file, version ?? '')
    }
    const chosen = new Map<string, Chosen>()
    const disputed = new Set<string>()
    const present = new Set<string>()
    const problem = (message: string, cure?: string, filename?: string) => {
        if (plan.problems.some((before) => before.message === message)) return
        plan.problems.push({ project, ...(filename === undefined ? {} : { filename }), message, cure })
    }
    const add = (file: SourceFile, expected: Expected, where: string) => {
        const before = chosen.get(file.filename)
        if (before === undefined) return void chosen.set(file.filename, { file, expected, where })
        const other = expected.all.find((digest) => findOther(before.expected.all, digest))
        if (other !== undefined && !disputed.has(file.filename)) {
            disputed.add(file.filename)
            const { algorithm, hex } = findOther(before.expected.all, other)!
            problem(
                `${file.filename}: ${before.where} has ${algorithm} ${hex}, ${where} ${other.hex}`,
                'They were locked from indexes with different files of this name. Nothing of it is copied. Lock again.',
                file.filename,
            )
        }
        if (before.expected.all.length === 0) before.where = where
        before.file = { ...file, uploadTime: before.file.uploadTime ?? file.uploadTime }
        before.expected = {
            all: [...before.expected.all, ...expected.all],
            anyOf: [...before.expected.anyOf, ...expected.anyOf],
        }
    }
    for (const entry of wanted) {
        const { files, digests = [], specifiers, specifierText, where } = entry
        if (files) {
            for (const locked of files) {
                const file = source.files.find(({ filename }) => filename === locked.filename)
                if (file === undefined) {
                    const has = page?.files.find(({ filename }) => filename === locked.filename)
                    const sha256 = expectedSha256({ all: locked.digests, anyOf: [] })
                    if (has !== undefined && has.sha256 === sha256) present.add(locked.filename)
                    else if (!isKnown(entry)) plan.leftOut.push(fromElsewhere(entry))
                    else
                        problem(
                            `the source has no ${locked.filename} (${where})`,
                            'Lock again, or name the index that has it with --from.',
                            locked.filename,
                        )
                } else if (unsupported.has(file)) plan.unsupported.push(file.filename)
                else
                    add(
                        { ...file, uploadTime: file.uploadTime ?? locked.uploadTime },
                        { all: known(locked.digests), anyOf: [] },
                        where,
                    )
            }
            continue
        }
        const isWanted = (version: string) => specifiers.length === 0 || matchesSpecifiers(specifiers, version)
        const matching = [...versions].filter(([, version]) => isWanted(version))
        const accepted = known(digests)
        const mine = matching.filter(([{ hashes }]) => mayBeOneOf(hashes, accepted))
        for (const [file] of mine) add(file, { all: [], anyOf: accepted }, where)
        for (const [{ filename }, version] of unsupported) {
            if (version === '' ? specifiers.length === 0 : isWanted(version)) plan.unsupported.push(filename)
        }
        if (mine.length > 0) continue
        if (!isKnown(entry)) {
            plan.leftOut.push(fromElsewhere(entry))
            continue
        }
        if (matching.length > 0) problem(`the source has no file of ${project} with a hash of ${where}`, 'Lock again.')
        else {
            const what = specifiers.length === 0 ? 'wheel or sdist' : `version ${specifierText}`
            problem(`the source has no ${what} of ${project} (${where})`, 'Wheels, .tar.gz and .zip files are copied.')
        }
    }
    for (const { file, expected } of chosen.values()) {
        if (!disputed.has(file.filename)) decide(plan, file, expected, options)
    }
    addPresent(plan, page, [...present])
    plan.copies.sort((a, b) => compareVersions(a.version, b.version) || (a.file.filename < b.file.filename ? -1 : 1))
    plan.unsupported = [...new Set(plan.unsupported)]
    plan.leftOut = [...new Set(plan.leftOut)]
}

/** Whether a file may have one of these digests, by those that the source lists. */
function mayBeOneOf(hashes: Record<string, string>, accepted: Expected['anyOf']): boolean {
    if (accepted.length === 0) return true
    const comparable = accepted.filter(({ algorithm }) => hashes[algorithm] !== undefined)
    return comparable.length === 0 || comparable.some(({ algorithm, hex }) => hashes[algorithm] === hex)
}

function decide(
    plan: ProjectPlan,
    file: SourceFile,
    { all, anyOf: accepted }: Expected,
    { acceptUnhashed }: PlanOptions,
): void {
    const { project, page } = plan
    const { filename } = file
    const { version } = parseFileName(filename, project)!
    const listed = known(Object.entries(file.hashes).map(([algorithm, hex]) => ({ algorithm, hex })))
    // The hash of this file decides over those of all files of its version.
    const isNamed = all.some(({ algorithm }) => accepted.some((digest) => digest.algorithm === algorithm))
    const expected = { all: [...all, ...listed], anyOf: isNamed ? [] : accepted }
    const problem = (message: string, cure?: string) => plan.problems.push({ project, filename, message, cure })
    for (const digest of all) {
        const other = findOther(listed, digest)
        if (other === undefined) continue
        const { algorithm, hex } = digest
        problem(
            `${filename}: the lock has ${algorithm} ${hex}, the source ${other.hex}`,
            'The source has another file under this name than the index that was locked. Nothing of it is copied.',
        )
        return
    }
    if (expected.all.length === 0 && accepted.length === 0 && !acceptUnhashed) {
        problem(
            `${filename}: neither the source nor a lock has its hash`,
            'Name a lock file with hashes. --accept-unhashed trusts the connection to the source instead.',
        )
        return
    }
    const here = page?.files.find((entry) => entry.filename === filename)
    const sha256 = expectedSha256(expected)
    if (here !== undefined && sha256 !== undefined) {
        if (here.sha256 === sha256) {
            addPresent(plan, page, [filename])
            if (file.yanked !== undefined && here.yanked === undefined) plan.yanks.set(filename, file.yanked)
        } else problem(...existsWithOtherContent(project, filename))
        return
    }
    plan.copies.push({ file, version, expected })
}

/** The message and the cure for a file of the same name. */
export function existsWithOtherContent(project: string, filename: string): [message: string, cure: string] {
    return [
        `File already exists: ${filename}, with different content`,
        `The file in the bucket stays. If that of the source is right, remove it first: manage-index remove BUCKET ${project} ${filename}`,
    ]
}

function addPresent(plan: ProjectPlan, page: ProjectPage | undefined, filenames: readonly string[]): void {
    const before = new Set(plan.present.map(({ filename }) => filename))
    for (const { filename, size, sha256 } of page?.files ?? []) {
        if (!filenames.includes(filename) || before.has(filename)) continue
        plan.present.push({ filename, version: parseFileName(filename, plan.project)!.version, size, sha256 })
    }
}

/**
 * Refuses a project with files that are neither of the source nor copied from one: it may be another project of the same
 * name, and installers would mix the files of both.
 */
async function refuseOthers(bucket: Bucket, { project, page }: ProjectPlan, source: SourcePage): Promise<void> {
    const listed = new Map(source.files.map((file) => [file.filename, file.hashes.sha256]))
    const others = (page?.files ?? []).filter(({ filename, sha256 }) => {
        if (!listed.has(filename)) return true
        const hash = listed.get(filename)
        return hash !== undefined && hash !== sha256
    })
    // A folder that another tool has filled, which has no index.json yet.
    const unlisted = page === undefined ? [...(await listProject(bucket, project)).files.keys()] : []
    const names = [...others.map(({ filename }) => filename), ...unlisted]
    const published = await mapParallel(names, parallelHeads, async (filename) => {
        const head = await bucket.head(fileKey(project, filename))
        const by = head && readFacts(head.metadata)?.uploadedBy
        return by?.startsWith(mirrorOf) ? undefined : filename
    })
    const [first, ...more] = published.filter((filename) => filename !== undefined)
    if (first === undefined) return
    const count = more.length === 0 ? '' : ` and ${more.length} more`
    throw new SourceProblem(
        `${project} has files of another origin in the bucket: ${first}${count}`,
        'A project of the source with the same name may be by somebody else. If both are one project, add --merge.',
    )
}
