import { UserError } from '../../core/user-error.js'
import { normalizeVersion, sameVersion } from '../../core/version.js'
import { versionOf, type FileEntry, type ProjectPage } from '../../core/project-page.js'

/**
 * Finds files of a page by file name, or by version (all files of that version).
 *
 * @throws UserError if no file matches
 */
export function findFiles(page: ProjectPage, target: string): FileEntry[] {
    // File names first: for a project named "1", the file name 1-2+a.tar.gz is also a valid version.
    const named = page.files.find(({ filename }) => filename === target)
    if (named) return [named]
    const version = normalizeVersion(target)
    const files = page.files.filter(
        ({ filename }) => version !== undefined && sameVersion(versionOf(page.name, filename), version),
    )
    if (files.length > 0) return files
    throw new UserError(
        `${page.name} has neither a version nor a file ${JSON.stringify(target)}`,
        `See: manage-index list BUCKET ${page.name}`,
    )
}
