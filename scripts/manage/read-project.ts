import { readFacts } from '../../core/index/object-facts.js'
import { fileKey } from '../../core/index/project-objects.js'
import { mapParallel } from '../../core/parallel.js'
import { normalizeName } from '../../core/project-name.js'
import { UserError } from '../../core/user-error.js'
import type { Bucket } from '../s3/bucket.js'
import { projectPages } from '../index/stored/pages.js'
import { readStoredPage } from '../index/stored/stored-page.js'
import type { ProjectPage } from '../../core/project-page.js'

/**
 * Reads the page of a project.
 *
 * @param name project name, not necessarily normalised
 * @throws UserError if the page does not exist
 */
export async function readProject(bucket: Bucket, name: string): Promise<ProjectPage> {
    const project = normalizeName(name)
    const pages = projectPages(project)
    const stored = await readStoredPage(bucket, pages.jsonKey)
    if (stored) return pages.parse(stored)
    throw new UserError(
        `the bucket ${bucket.name} has no ${pages.jsonKey}`,
        `If it has files of the project: manage-index rebuild ${bucket.name} ${project}`,
    )
}

const parallelFiles = 16

/** Who uploaded each file through nginx, by file name: from the metadata of the objects. Files of other tools are left out. */
export async function readUploaders(bucket: Bucket, page: ProjectPage): Promise<Map<string, string>> {
    const uploaders = new Map<string, string>()
    await mapParallel(page.files, parallelFiles, async ({ filename }) => {
        const object = await bucket.head(fileKey(page.name, filename))
        const uploader = object && readFacts(object.metadata)?.uploadedBy
        if (uploader) uploaders.set(filename, uploader)
    })
    return uploaders
}
