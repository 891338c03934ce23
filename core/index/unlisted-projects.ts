import type { IndexBucket, ObjectHeaders } from './objects.js'
import { isProjectName } from './project-objects.js'

/**
 * Folder of the markers of projects that may be missing on the project list. No project has this name, and nginx does not
 * serve it: its paths under `/-/` are its own.
 */
export const markerFolder = '-'
const prefix = `${markerFolder}/unlisted/`

const markerHeaders: ObjectHeaders = { cacheControl: 'no-cache', contentType: 'text/plain; charset=utf-8' }

/** A project that may be missing on the project list. */
export interface UnlistedProject {
    project: string
    /** When a publisher wrote the marker. */
    since: Date
}

/** The key of a project's marker. */
export function markerKey(project: string): string {
    return prefix + project
}

/** Whether a key is that of a marker. */
export function isMarker(key: string): boolean {
    return key.startsWith(prefix) && isProjectName(key.slice(prefix.length))
}

/** Marks a project as missing on the project list. Call this after its files are uploaded, before its page has files. */
export async function markUnlisted(bucket: IndexBucket, project: string): Promise<void> {
    await bucket.write(markerKey(project), new Uint8Array(0), markerHeaders)
}

/** Whether a project is marked. */
export async function isMarkedUnlisted(bucket: IndexBucket, project: string): Promise<boolean> {
    return (await bucket.head(markerKey(project))) !== undefined
}

/** All marked projects, sorted by name. */
export async function unlistedProjects(bucket: IndexBucket): Promise<UnlistedProject[]> {
    const found: UnlistedProject[] = []
    for await (const { key, lastModified } of bucket.list(prefix)) {
        if (isMarker(key)) found.push({ project: key.slice(prefix.length), since: lastModified })
    }
    return found
}
