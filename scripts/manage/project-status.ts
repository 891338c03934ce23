import { UserError } from '../../core/user-error.js'
import { editProject } from '../index/update/edit-project.js'
import type { PackageIndex } from '../index/update/package-index.js'
import { projectStatuses } from '../../core/project-page.js'
import { type ProjectStatus } from '../../core/project-status.js'
import { readProject } from './read-project.js'

/**
 * Sets the status of a project. Files of a quarantined project are kept, and offered again when it is active.
 *
 * @param reason one line; empty for none
 * @returns the status before and after
 * @throws UserError if the project has no page or PEP 792 does not define the status
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
            `${JSON.stringify(status)} is not a project status`,
            `Use one of ${projectStatuses.join(', ')} (PEP 792).`,
        )
    }
    const page = await readProject(index.bucket, name)
    const wanted: ProjectStatus = { status, ...(reason === '' ? {} : { reason }) }
    await editProject(index, page.name, (current) => ({ ...current, status: wanted }))
    return { project: page.name, before: page.status, status: wanted }
}
