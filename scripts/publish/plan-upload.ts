import { UserError } from '../../core/user-error.js'
import type { Distribution } from '../distribution/read-distribution.js'
import { inspectFile } from '../index/stored/inspect-file.js'
import { readFacts, uploadTimeOf } from '../index/stored/object-facts.js'
import { fileKey } from '../index/stored/project-objects.js'
import type { ProjectPage } from '../../core/project-page.js'
import type { Bucket } from '../s3/bucket.js'
import type { ObjectHead } from '../s3/objects.js'

/** A file and what is to be done with it. */
export interface PlannedUpload {
    distribution: Distribution
    /** `present`: the bucket has these bytes under this name. */
    action: 'upload' | 'overwrite' | 'present'
    /** When it was first uploaded, or now. As in the page. */
    uploadTime: string
    /** ETag of the object, when it is present. */
    etag?: string
}

/**
 * Looks what the bucket holds under a file's name.
 *
 * @param page what is known of its project
 * @throws UserError when there are other bytes, unless they are to be overwritten
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
        const uploadTime =
            readFacts(stored.metadata)?.uploadTime ?? known?.uploadTime ?? uploadTimeOf(stored.lastModified)
        return { distribution, action: 'present', uploadTime, etag: stored.etag }
    }
    if (options.overwrite) return { distribution, action: 'overwrite', uploadTime: now }
    throw alreadyExists(bucket, distribution, page)
}

/** The error that twine and uv know from PyPI by its words. */
export function alreadyExists(
    bucket: Bucket,
    { filename, project }: Distribution,
    page: ProjectPage | undefined,
): UserError {
    const isIndexed = page?.files.some((file) => file.filename === filename)
    return new UserError(
        `File already exists: ${filename}, with other bytes`,
        isIndexed
            ? 'Publish a new version; --overwrite replaces the file, and breaks whoever has its hash in a lock file.'
            : 'It is not on the page: an earlier publish was interrupted, or another one is under way. Publish the files of\n' +
                  `that build (--no-build), index them with "manage-index rebuild ${bucket.name} ${project}", or use --overwrite.`,
    )
}

/** Hex; undefined when its size shows that it is another file. */
async function sha256OfStored(
    bucket: Bucket,
    stored: ObjectHead,
    distribution: Distribution,
    page: ProjectPage | undefined,
): Promise<string | undefined> {
    if (stored.size !== distribution.size) return undefined
    const facts = readFacts(stored.metadata)
    if (facts) return facts.sha256
    const known = page?.files.find(({ filename }) => filename === distribution.filename)
    if (known?.etag === stored.etag) return known.sha256
    return (await inspectFile(bucket, stored.key))?.sha256
}
