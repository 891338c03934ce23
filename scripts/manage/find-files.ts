import { UserError } from '../../core/user-error.js'
import { normalizeVersion, sameVersion } from '../../core/version.js'
import { versionOf, type FileEntry, type ProjectPage } from '../../core/project-page.js'

/**
 * The files of a page that are meant by a version, which stands for all its files, or by a file's name.
 *
 * @throws UserError when there are none
 */
export function findFiles(page: ProjectPage, target: string): FileEntry[] {
    // Of a project that is called by a digit, 1-2+a.tar.gz is a file and reads as a version, too.
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
