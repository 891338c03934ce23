import { UserError } from '../../core/user-error.js'
import type { Distribution } from '../distribution/read-distribution.js'
import { inspectFile } from '../index/stored/inspect-file.js'
import { knownSha256, readFacts, recordedEtag, uploadTimeOf } from '../../core/index/object-facts.js'
import { fileKey } from '../../core/index/project-objects.js'
import type { ProjectPage } from '../../core/project-page.js'
import type { Bucket } from '../s3/bucket.js'
import type { ObjectHead } from '../../core/index/objects.js'

/** A file and the action planned for it. */
export interface PlannedUpload {
    distribution: Distribution
    /** `present`: the bucket already has the same bytes under this name. */
    action: 'upload' | 'overwrite' | 'present'
    /** Time of the first upload, or now. Same format as on the page. */
    uploadTime: string
    /** ETag of the stored object, if it is present and the page must record it. */
    etag?: string | undefined
    /** Where the file comes from, for its metadata. */
    uploadedBy?: string
}

/** The bucket has other bytes under the same name. */
export class AlreadyExists extends UserError {}

/**
 * Compares a file with the object of the same name in the bucket.
 *
 * @param page the current page of its project
 * @throws UserError if the object has other bytes and `overwrite` is false
 */
export async function planUpload(
    bucket: Bucket,
    distribution: Distribution,
    page: ProjectPage | undefined,
    options: { overwrite: boolean; now: Date },
): Promise<PlannedUpload> {
    const now = uploadTimeOf(options.now)
    const stored = await bucket.head(fileKey(distribution.project, distribution.filename))
    if (stored === undefined) return { distribution, action: 'upload', uploadTime: now }
    if ((await sha256OfStored(bucket, stored, distribution, page)) === distribution.sha256) {
        const known = page?.files.find(({ filename }) => filename === distribution.filename)
        const facts = readFacts(stored.metadata)
        const uploadTime = facts?.uploadTime ?? known?.uploadTime ?? uploadTimeOf(stored.lastModified)
        return { distribution, action: 'present', uploadTime, etag: recordedEtag(facts, stored.etag) }
    }
    if (options.overwrite) return { distribution, action: 'overwrite', uploadTime: now }
    throw alreadyExists(bucket, distribution, page)
}

/** "File already exists": twine and uv recognize PyPI's error by these words. */
export function alreadyExists(
    bucket: Bucket,
    { filename, project }: Distribution,
    page: ProjectPage | undefined,
): AlreadyExists {
    const isIndexed = page?.files.some((file) => file.filename === filename)
    return new AlreadyExists(
        `File already exists: ${filename}, with different content`,
        isIndexed
            ? 'Publish a new version. --overwrite replaces the file, which breaks lock files that contain its hash.'
            : 'It is not on the page: an earlier publish was interrupted, or another one is running. Publish the files of\n' +
                  `that build (--no-build), index them with "manage-index rebuild ${bucket.name} ${project}", or use --overwrite.`,
    )
}

/** Hex; undefined if the size differs. */
async function sha256OfStored(
    bucket: Bucket,
    stored: ObjectHead,
    distribution: Distribution,
    page: ProjectPage | undefined,
): Promise<string | undefined> {
    if (stored.size !== distribution.size) return undefined
    const entry = page?.files.find(({ filename }) => filename === distribution.filename)
    return knownSha256(stored, entry) ?? (await inspectFile(bucket, stored.key))?.sha256
}
