import { createHash } from 'node:crypto'
import { emptyPage, withFiles, type FileEntry } from '../../core/project-page.js'
import { rootPage } from '../../core/root-page.js'
import { factsMetadata, uploadTimeOf } from '../../scripts/index/stored/object-facts.js'
import { projectPages, rootPages } from '../../scripts/index/stored/pages.js'
import { fileKey, metadataKey } from '../../scripts/index/stored/project-objects.js'
import { fileHeaders, htmlHeaders, jsonHeaders, metadataHeaders } from '../../scripts/index/stored/stored-headers.js'
import type { ObjectHeaders } from '../../scripts/s3/objects.js'
import { mapParallel } from '../../scripts/s3/parallel.js'
import { smallWheel, type SmallWheel } from '../wheels.js'

/** A project of the index that is measured, before there is a byte of it. */
export interface PlannedProject {
    /** Normalised. */
    name: string
    /** A file for each, oldest first. */
    versions: string[]
    /** What each of its files depends on, as Requires-Dist has it. */
    requires: string[]
}

/** How many packages are installed together. */
export const closureSize = 20

/** What is installed: it depends on all the others of the closure. */
export const topPackage = 'closure-0'

export const largeProject = 'large-project'

/** Versions that each package of the closure has, among which pip has to choose. */
const closureVersions = 4

/**
 * The projects of an index: `project-0` and so on with PyPI's distribution of files, one of very many files, and the
 * closure of packages, in which each depends on the next three of a tree. The same words give the same projects.
 */
export function planIndex(projects: number, largeFiles: number, seed: number): PlannedProject[] {
    const ordinary = fileCounts(projects, seed).map((files, number) => plannedProject(`project-${number}`, files))
    const closure = Array.from({ length: closureSize }, (_, number) => {
        const needed = [1, 2, 3].map((child) => 3 * number + child).filter((child) => child < closureSize)
        const requires = needed.map((child) => `closure-${child}>=1.1`)
        return plannedProject(`closure-${number}`, closureVersions, requires)
    })
    return [...ordinary, plannedProject(largeProject, largeFiles), ...closure]
}

function plannedProject(name: string, files: number, requires: string[] = []): PlannedProject {
    return { name, versions: Array.from({ length: files }, (_, number) => `1.${number}`), requires }
}

/** How many files the middle project of PyPI has, and the one that 99 of 100 do not surpass. */
const medianFiles = 4
const percentile99Files = 262

/** No project of the distribution has more: that would be the one large project, which is added to them. */
const mostFiles = 1000

/** How many standard deviations the 99th percentile of a normal distribution lies above its middle. */
const deviations99 = 2.326

/**
 * How many files each project has: a log-normal distribution with mu = ln 4 and sigma = (ln 262 - ln 4) / 2.326, so
 * that its median is 4 and its 99th percentile 262; at least 1, at most 1000.
 *
 * They are no draws, but the quantiles at (k + 1/2) / projects: a small index has PyPI's shape, too, and each seed
 * the same sum, which is 19 files a project. The seed says which project has how many.
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
 * The quantile of the standard normal distribution, to 0.00045.
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

/** Numbers from 0 to 1, 1 left out, that look random: the same seed gives the same ones. Source: mulberry32. */
export function seededRandom(seed: number): () => number {
    let state = seed >>> 0
    return () => {
        state = (state + 0x6d2b79f5) >>> 0
        let mixed = Math.imul(state ^ (state >>> 15), state | 1)
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    }
}

/** The items in another order. */
function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
    const left = [...items]
    return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!)
}

/** Gets the objects of an index, one by one. */
export type WriteObject = (key: string, body: Buffer, headers: ObjectHeaders) => Promise<void>

const uploadTime = uploadTimeOf(new Date('2026-01-02T03:04:05Z'))

/** Writes the objects of an index as the publisher leaves them: files, their metadata and all pages. */
export async function writeIndex(projects: readonly PlannedProject[], write: WriteObject): Promise<void> {
    for (const project of projects) await writeProject(project, write)
    const page = rootPage(projects.map(({ name }) => name))
    const json = rootPages.toJson(page)
    await write(rootPages.jsonKey, json, jsonHeaders)
    await write(rootPages.htmlKey, rootPages.toHtml(page), htmlHeaders(hash('md5', json)))
}

async function writeProject({ name, versions, requires }: PlannedProject, write: WriteObject): Promise<void> {
    const entries = await mapParallel(versions, 32, async (version) =>
        writeFileOf(await smallWheel(name, version, requires), write),
    )
    const pages = projectPages(name)
    const page = withFiles(emptyPage(name), entries)
    const json = pages.toJson(page)
    await write(pages.jsonKey, json, jsonHeaders)
    await write(pages.htmlKey, pages.toHtml(page), htmlHeaders(hash('md5', json)))
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
        etag: facts.md5,
        requiresPython,
        coreMetadata: { sha256: coreMetadata.sha256, etag: coreMetadata.md5 },
    }
}

function hash(algorithm: 'sha256' | 'md5', bytes: Buffer): string {
    return createHash(algorithm).update(bytes).digest('hex')
}
