import { createHash } from 'node:crypto'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { factsMetadata, uploadTimeOf } from '../../scripts/index/stored/object-facts.js'
import { projectPages, rootPages } from '../../scripts/index/stored/pages.js'
import { mapParallel } from '../../scripts/s3/parallel.js'
import { fileKey, metadataKey } from '../../scripts/index/stored/project-objects.js'
import { emptyPage, withFiles, type FileEntry } from '../../core/project-page.js'
import { rootPage } from '../../core/root-page.js'
import { fileHeaders, htmlHeaders, jsonHeaders, metadataHeaders } from '../../scripts/index/stored/stored-headers.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import type { ObjectHeaders } from '../../scripts/s3/objects.js'
import type { PlannedProject } from './generated-index.js'
import { smallWheel, type SmallWheel } from './small-wheel.js'

/** Gets the objects of an index, one by one. */
export type WriteObject = (key: string, body: Buffer, headers: ObjectHeaders) => Promise<void>

const uploadTime = uploadTimeOf(new Date('2026-01-02T03:04:05Z'))

/** The time of all files in a folder: with their sizes it makes the ETags of an nginx that serves them. */
export const timeOfFiles = new Date('2026-01-02T03:04:05Z')

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

/** Writes objects into a bucket. */
export function intoBucket(bucket: Bucket): WriteObject {
    return async (key, body, headers) => void (await bucket.write(key, body, headers))
}

/** Writes objects as files of their bytes alone, for a server that knows nothing of S3. */
export function intoFolder(folder: string): WriteObject {
    return async (key, body) => {
        const file = path.join(folder, key)
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, body)
        await utimes(file, timeOfFiles, timeOfFiles)
    }
}
