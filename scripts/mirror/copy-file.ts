import { join } from 'node:path'
import { mkdtemp, rm } from 'node:fs/promises'
import { uploadTimeOf } from '../../core/index/object-facts.js'
import { provenanceKey, yankedKey } from '../../core/index/project-objects.js'
import { provenanceHeaders, yankedHeaders } from '../../core/index/stored-headers.js'
import type { FileEntry, ProjectPage } from '../../core/project-page.js'
import { isProvenanceOf } from '../../core/upload/attestations.js'
import { UserError } from '../../core/user-error.js'
import { readDistribution, type Distribution } from '../distribution/read-distribution.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { AlreadyExists, planUpload } from '../publish/plan-upload.js'
import { upload } from '../publish/upload.js'
import { download, type Downloaded } from './download.js'
import { existsWithOtherContent, mirrorOf, type PlannedCopy } from './plan.js'
import type { SourceClient } from './source-client.js'
import { shownUrl, SourceProblem } from './source-problem.js'

/** Where a file is copied from and to. */
export interface CopyContext {
    client: SourceClient
    from: URL
    index: PackageIndex
    /** For files that are being copied. */
    folder: string
    warn: (message: string) => void
    /** Bytes that were received or sent. */
    onProgress: (progress: { filename: string; sent: number; size: number }) => void
}

/**
 * Copies one file: downloads and verifies it, then stores it with its companions.
 *
 * @param page of its project
 * @param prepared called before the first write
 * @returns its entry for the page
 * @throws SourceProblem if the file cannot be copied; UserError if S3 fails
 */
export async function copyFile(
    context: CopyContext,
    project: string,
    planned: PlannedCopy,
    page: ProjectPage | undefined,
    prepared: () => Promise<void>,
): Promise<FileEntry> {
    const { client, from, index, folder, onProgress } = context
    const { filename, yanked } = planned.file
    // my-2-1.tar.gz may be a file of two projects, and some file systems do not tell Acme-1.tar.gz from acme-1.tar.gz.
    const place = await mkdtemp(join(folder, 'file-'))
    const path = join(place, filename)
    try {
        const whole = (bytes: number) => planned.file.size ?? bytes
        const downloaded = await download(client, planned, path, (sent) =>
            onProgress({ filename, sent: sent / 2, size: whole(sent) }),
        )
        const { size } = downloaded
        const distribution = await read(project, planned, downloaded, context.warn)
        const provenance = await readProvenance(context, project, planned, downloaded)
        await prepared()
        const now = new Date(planned.file.uploadTime ?? downloaded.lastModified ?? Date.now())
        const plan = await planUpload(index.bucket, distribution, page, { overwrite: false, now })
        const uploadTime = plan.action === 'upload' ? (planned.file.uploadTime ?? uploadTimeOf(now)) : plan.uploadTime
        const uploadedBy = `${mirrorOf}${shownUrl(from)}`
        const entry = await upload(index, { ...plan, uploadTime, uploadedBy }, page, (sent) =>
            onProgress({ filename, sent: (size + sent) / 2, size }),
        )
        if (provenance) await index.bucket.write(provenanceKey(project, filename), provenance, provenanceHeaders)
        if (yanked !== undefined) {
            await index.bucket.write(yankedKey(project, filename), Buffer.from(yanked), yankedHeaders)
        }
        return { ...entry, ...(provenance && { provenance: true }), yanked }
    } catch (error) {
        if (error instanceof AlreadyExists) throw new SourceProblem(...existsWithOtherContent(project, filename))
        throw error
    } finally {
        await rm(place, { recursive: true, force: true })
    }
}

/**
 * Reads a file as `publish` does. An sdist that cannot be read is copied all the same: many old ones have no PKG-INFO, and
 * installers find out when they build it.
 */
async function read(
    project: string,
    { file, version }: PlannedCopy,
    { path, size, sha256 }: Downloaded,
    warn: (message: string) => void,
): Promise<Distribution> {
    const { filename, requiresPython: listed } = file
    try {
        const found = await readDistribution(path, { acceptUnusual: true })
        if (found.project !== project) throw new UserError(`${filename} is of the project ${found.project}`)
        for (const oddity of found.oddities) warn(`${filename}: ${oddity}`)
        const { requiresPython = listed, ...other } = found
        return { ...other, ...(requiresPython === undefined ? {} : { requiresPython }) }
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        if (filename.endsWith('.whl')) {
            throw new SourceProblem(
                error.message,
                'Installers refuse it, or differ in what they read. It is not copied.',
            )
        }
        warn(`${error.message}; copied unchanged`)
        const requires = listed === undefined ? {} : { requiresPython: listed }
        return { path, filename, project, version, size, sha256, ...requires, oddities: [] }
    }
}

const provenanceType = 'application/vnd.pypi.integrity.v1+json'

/** The attestations of a file; undefined, with a warning, if the source has none that are about it. */
async function readProvenance(
    { client, warn }: CopyContext,
    project: string,
    { file }: PlannedCopy,
    { sha256 }: Downloaded,
): Promise<Buffer | undefined> {
    const { filename, provenance } = file
    if (provenance === undefined) return undefined
    const { status, body } = await client.read(provenance, provenanceType)
    const lacks = (why: string) => warn(`${filename}: copied without its attestations: ${shownUrl(provenance)} ${why}`)
    if (status !== 200) return void lacks(`answers ${status}`)
    const subject = { project, filename, sha256 }
    if (isProvenanceOf(body.toString(), subject, (text) => Buffer.from(text, 'base64'))) return body
    return void lacks('is not about this file')
}
