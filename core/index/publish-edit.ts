import { takesFiles, type FileEntry } from '../project-page.js'
import { type ProjectStatus } from '../project-status.js'
import { UserError } from '../user-error.js'

/** @throws UserError if the project does not accept files. @see PEP 792 */
export function refuseClosed(page: { name: string; status: ProjectStatus } | undefined): void {
    if (page === undefined || takesFiles(page)) return
    const { status, reason } = page.status
    throw new UserError(
        `the project ${page.name} is ${status}${reason === undefined ? '' : ` (${reason})`} and takes no new files`,
        `Nothing was published. To accept files again: manage-index status BUCKET ${page.name} active`,
    )
}

/**
 * The entry of a published file. A yank stays until `unyank`; attestations stay, which most publishes do not bring.
 */
export function publishedEntry(entry: FileEntry, known: FileEntry | undefined): FileEntry {
    const provenance = entry.provenance ?? (known?.sha256 === entry.sha256 ? known.provenance : undefined)
    return { ...entry, provenance, yanked: entry.yanked ?? known?.yanked }
}
