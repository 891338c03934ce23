import { UserError } from '../../core/user-error.js'
import { editProject } from '../index/update/edit-project.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { projectStatuses, type ProjectStatus } from '../../core/project-page.js'
import { readProject } from './read-project.js'

/**
 * Sets what an index says of a project. The files of a quarantined one are kept and offered again when it is active.
 *
 * @param reason one line; empty for none
 * @returns what it was, and what it is
 * @throws UserError for a project without a page, and for a status that PEP 792 does not know
 * @see PEP 792, "Project statuses"
 */
export async function setStatus(
    index: PackageIndex,
    name: string,
    status: string,
    reason: string,
): Promise<{ project: string; before: ProjectStatus; status: ProjectStatus }> {
    if (!(projectStatuses as readonly string[]).includes(status)) {
        throw new UserError(
            `${JSON.stringify(status)} is no status of a project`,
            `Use one of ${projectStatuses.join(', ')} (PEP 792).`,
        )
    }
    const page = await readProject(index.bucket, name)
    const wanted: ProjectStatus = { status, ...(reason === '' ? {} : { reason }) }
    await editProject(index, page.name, (current) => ({ ...current, status: wanted }))
    return { project: page.name, before: page.status, status: wanted }
}
