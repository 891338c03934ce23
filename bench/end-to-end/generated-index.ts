import { createHash } from 'node:crypto'
import { emptyPage, withFiles, type FileEntry } from '../../core/project-page.js'
import { rootPage } from '../../core/root-page.js'
import { factsMetadata, uploadTimeOf } from '../../core/index/object-facts.js'
import { projectPages, rootPages } from '../../scripts/index/stored/pages.js'
import { fileKey, metadataKey } from '../../core/index/project-objects.js'
import { compressPage } from '../../scripts/index/stored/stored-page.js'
import { fileHeaders, htmlHeaders, jsonHeaders, metadataHeaders } from '../../core/index/stored-headers.js'
import type { ObjectHeaders } from '../../core/index/objects.js'
import { mapParallel } from '../../core/parallel.js'
import { smallWheel, type SmallWheel } from '../wheels.js'

/** A project of the index to generate. */
export interface PlannedProject {
    /** Normalised. */
    name: string
    /** Oldest first; each has one file. */
    versions: string[]
    /** The dependencies of its files, in the syntax of Requires-Dist. */
    requires: string[]
}

/** The number of packages that pip installs together. */
export const closureSize = 20

/** The package that pip is called with: it needs all others of the closure. */
export const topPackage = 'closure-0'

export const largeProject = 'large-project'

/** Versions of each package of the closure, from which pip has to choose. */
const closureVersions = 4

/**
 * The projects of an index: `project-0` and so on with PyPI's distribution of files, one large project, and the closure of
 * packages, a tree in which each depends on its three children. The same arguments give the same projects.
 */
export function planIndex(projects: number, largeFiles: number, seed: number): PlannedProject[] {
    const ordinary = fileCounts(projects, seed).map((files, number) => plannedProject(`project-${number}`, files))
    return [...ordinary, plannedProject(largeProject, largeFiles), ...planClosure()]
}

/** The closure: each of its packages depends on its three children in a tree. */
export function planClosure(): PlannedProject[] {
    return Array.from({ length: closureSize }, (_, number) => {
        const needed = [1, 2, 3].map((child) => 3 * number + child).filter((child) => child < closureSize)
        const requires = needed.map((child) => `closure-${child}>=1.1`)
        return plannedProject(`closure-${number}`, closureVersions, requires)
    })
}

/** A project with a file for each of the versions 1.0, 1.1 and so on. */
export function plannedProject(name: string, files: number, requires: string[] = []): PlannedProject {
    return { name, versions: Array.from({ length: files }, (_, number) => `1.${number}`), requires }
}

/** The median number of files of PyPI's projects, and the 99th percentile. */
const medianFiles = 4
const percentile99Files = 262

/** The maximum: the one large project is added separately. */
const mostFiles = 1000

/** The 99th percentile of a normal distribution, in standard deviations above its mean. */
const deviations99 = 2.326

/**
 * The number of files of each project: a log-normal distribution with mu = ln 4 and sigma = (ln 262 - ln 4) / 2.326, so
 * that its median is 4 and its 99th percentile 262; at least 1, at most 1000.
 *
 * The numbers are not drawn: they are the quantiles at (k + 1/2) / projects. So a small index has PyPI's shape too, and
 * the sum is the same for each seed, about 19 files a project. The seed determines their order.
 */
export function fileCounts(projects: number, seed: number): number[] {
    const sigma = (Math.log(percentile99Files) - Math.log(medianFiles)) / deviations99
    const counts = Array.from({ length: projects }, (_, number) => {
        const count = Math.round(medianFiles * Math.exp(sigma * normalQuantile((number + 0.5) / projects)))
        return Math.min(mostFiles, Math.max(1, count))
    })
    return shuffled(counts, seededRandom(seed))
}

/**
 * The quantile of the standard normal distribution, with an error below 0.00045.
 *
 * @param share above 0 and below 1
 * @see Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.23
 */
function normalQuantile(share: number): number {
    if (share > 0.5) return -normalQuantile(1 - share)
    const t = Math.sqrt(-2 * Math.log(share))
    const above = 2.515517 + 0.802853 * t + 0.010328 * t ** 2
    const below = 1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3
    return above / below - t
}

/** Pseudo-random numbers from 0 to 1, 1 excluded, by mulberry32. */
export function seededRandom(seed: number): () => number {
    let state = seed >>> 0
    return () => {
        state = (state + 0x6d2b79f5) >>> 0
        let mixed = Math.imul(state ^ (state >>> 15), state | 1)
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
    const left = [...items]
    return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!)
}

/** Stores an object of the index. */
export type WriteObject = (key: string, body: Buffer, headers: ObjectHeaders) => Promise<void>

const uploadTime = uploadTimeOf(new Date('2026-01-02T03:04:05Z'))

/** Writes the objects that the publisher would have written: files, their metadata and all pages. */
export async function writeIndex(projects: readonly PlannedProject[], write: WriteObject): Promise<void> {
    for (const project of projects) await writeProject(project, write)
    const page = rootPage(projects.map(({ name }) => name))
    const json = compressPage(rootPages.toJson(page))
    await write(rootPages.jsonKey, json, jsonHeaders)
    await write(rootPages.htmlKey, compressPage(rootPages.toHtml(page)), htmlHeaders(hash('md5', json)))
}

async function writeProject({ name, versions, requires }: PlannedProject, write: WriteObject): Promise<void> {
    const entries = await mapParallel(versions, 32, async (version) =>
        writeFileOf(await smallWheel(name, version, requires), write),
    )
    const pages = projectPages(name)
    const page = withFiles(emptyPage(name), entries)
    const json = compressPage(pages.toJson(page))
    await write(pages.jsonKey, json, jsonHeaders)
    await write(pages.htmlKey, compressPage(pages.toHtml(page)), htmlHeaders(hash('md5', json)))
}

async function writeFileOf({ project, filename, bytes, metadata }: SmallWheel, write: WriteObject): Promise<FileEntry> {
    const coreMetadata = { sha256: hash('sha256', metadata), md5: hash('md5', metadata) }
    const facts = { sha256: hash('sha256', bytes), md5: hash('md5', bytes), uploadTime, coreMetadata }
    const requiresPython = '>=3.8'
    await write(fileKey(project, filename), bytes, fileHeaders(filename, factsMetadata({ ...facts, requiresPython })))
    await write(metadataKey(project, filename), metadata, metadataHeaders)
    return {
        filename,
        sha256: facts.sha256,
        size: bytes.length,
        uploadTime,
        requiresPython,
        coreMetadata: { sha256: coreMetadata.sha256 },
    }
}

function hash(algorithm: 'sha256' | 'md5', bytes: Buffer): string {
    return createHash(algorithm).update(bytes).digest('hex')
}
