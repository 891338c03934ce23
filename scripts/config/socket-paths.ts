import { UsageError } from '../../core/user-error.js'
import type { Placement } from './render.js'
import { signerSocket } from './serving-view.js'
import { isContainer, type Settings } from './settings.js'
import { uploadSocket } from './upload-view.js'

/** Of the path of a Unix socket, in bytes. @see unix(7): 108 with the final zero */
const longestPath = 107

/** Throws UsageError for a folder in which nginx could not open one of its sockets. Containers use their loopback. */
export function checkSocketPaths(settings: Settings, { folder }: Pick<Placement, 'folder'>): void {
    if (isContainer(settings.target)) return
    const { cache, upload } = settings
    if (cache !== undefined) {
        checkSocket(`--cache ${cache.folder}`, signerSocket(cache.folder), cache.folder)
    }
    if (upload !== undefined) checkSocket(`the folder ${folder}`, uploadSocket(settings, folder), folder)
}

function checkSocket(where: string, socket: string, folder: string): void {
    const excess = Buffer.byteLength(socket) - longestPath
    if (excess <= 0) return
    throw new UsageError(
        `${where} has too long a path: nginx could not open the socket ${socket}`,
        `Use a folder whose path has at most ${Buffer.byteLength(folder) - excess} bytes.`,
    )
}
