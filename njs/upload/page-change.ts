import crypto from 'crypto'
import { addFile, listProjectName, prepareProject, type AddedFile } from '../../core/index/add-file.js'
import type { PackageIndex } from '../../core/index/package-index.js'
import type { FileEntry } from '../../core/project-page.js'
import type { NginxBucket } from './nginx-bucket.js'

/** What is left to do after a file is on its page. */
export type Added = Pick<AddedFile, 'isFirst' | 'written'>

/**
 * A step of an upload that reads whole pages.
 *
 * Each is a request of nginx to itself, one at a time for each page: njs frees memory at the end of a request only, so
 * uploads at the same time take the memory of one.
 */
export type PageChange =
    | { step: 'prepare'; project: string; probeKey: string }
    | { step: 'add'; project: string; entry: FileEntry }
    | { step: 'list'; project: string; added: Added }

/** Makes a change. @throws UserError if the index does not allow it; Error when S3 fails */
export type ChangePages = (change: PageChange) => Promise<Added | undefined>

/** Makes a change, as part of the upload that has sent it. */
export async function changePages(index: PackageIndex<NginxBucket>, change: PageChange): Promise<Added | undefined> {
    if (change.step === 'prepare') return void (await prepareProject(index, change.project, change.probeKey))
    index.assumeConditionalWrites()
    if (change.step === 'list') return void (await listProjectName(index, change.project, change.added))
    const { isFirst, written } = await addFile(index, change.project, change.entry)
    return { isFirst, written }
}

/** The name of the page that a change is about: changes of one page wait for each other. */
export function pageOf({ step, project }: PageChange): string {
    return step === 'list' ? '-' : project
}

/**
 * Proves that a change comes from this nginx: in containers, other processes can reach its port.
 *
 * @param secret the secret access key, which only nginx has
 * @returns hex
 */
export function changeMac(body: string, secret: string): string {
    return crypto.createHmac('sha256', secret).update(`page change\n${body}`).digest('hex')
}
