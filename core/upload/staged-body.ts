import type { ListedObject } from '../index/objects.js'

/** Folder of the bodies of uploads, while S3 copies the files out of them. No project has this name. */
export const stagingFolder = '.uploads'

/** What an upload has left in S3 for longer belongs to one that was killed. Milliseconds. */
export const abandonedAfter = 24 * 60 * 60 * 1000

/** The key of a body. @param id nginx's `$request_id`: 32 hexadecimal digits */
export function stagedKey(id: string): string {
    return `${stagingFolder}/${id}`
}

/** Whether a key is that of a body. Other objects in the folder are never deleted. */
export function isStaged(key: string): boolean {
    return /^\.uploads\/[0-9a-f]{32}$/.test(key)
}

/** Whether an object is the body of an upload that was killed. */
export function isAbandoned({ key, lastModified }: ListedObject, now: Date): boolean {
    return isStaged(key) && now.getTime() - lastModified.getTime() > abandonedAfter
}
