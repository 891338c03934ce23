import { parseFileName } from '../file-name.js'
import { isProjectName } from '../index/project-objects.js'
import { abandonedAfter } from './staged-body.js'

/** A multipart upload that is neither completed nor aborted: a bucket keeps its parts, and listings do not show them. */
export interface OpenUpload {
    /** Of the file to be. Without the prefix of the index. */
    key: string
    id: string
    begun: Date
}

/**
 * Whether an open upload is one of a file of the index whose uploader was killed. Other tools may have uploads in the same
 * bucket: those are never aborted.
 */
export function isAbandonedUpload({ key, begun }: OpenUpload, now: Date): boolean {
    if (!(now.getTime() - begun.getTime() > abandonedAfter)) return false
    const slash = key.indexOf('/')
    const project = key.slice(0, Math.max(0, slash))
    return isProjectName(project) && parseFileName(key.slice(slash + 1), project) !== undefined
}

/**
 * The key in a listing that was requested with `encoding-type=url`. Ceph encodes keys and does not report it; versitygw does
 * not encode. No file of an index has a `%` in its name.
 *
 * @param reported the encoding that the server reports, if any
 */
export function openUploadKey(listed: string, reported: string | undefined): string {
    try {
        return decodeURIComponent(reported === 'url' ? listed.split('+').join(' ') : listed)
    } catch {
        return listed // not UTF-8 or not encoded, so no file of an index
    }
}
