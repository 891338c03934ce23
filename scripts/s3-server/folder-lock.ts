import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../core/user-error.js'

/**
 * Locks a folder for this process; creates the folder if it is missing. Ignores the lock of a process that has exited.
 * @returns a function that removes the lock
 * @throws UserError when this or another process uses the folder, or when the folder is not writable
 */
export function lockFolder(folder: string): () => void {
    const lock = join(folder, 'lock')
    createFolder(folder)
    const owner = ownerOf(lock)
    if (owner !== undefined && isRunning(owner)) {
        throw new UserError(
            `Process ${owner} uses the folder ${folder}`,
            `Stop it, or use another folder. If it is not a server of this program, delete ${lock}.`,
        )
    }
    writeFileSync(lock, String(process.pid))
    return () => rmSync(lock, { force: true })
}

function createFolder(folder: string): void {
    const cure = 'Choose a folder that you may write to.'
    try {
        mkdirSync(folder, { recursive: true })
        accessSync(folder, constants.W_OK)
    } catch (error) {
        const code = codeOf(error)
        if (code === 'EEXIST' || code === 'ENOTDIR') throw new UserError(`${folder} is not a folder`, cure)
        if (code === 'EACCES' || code === 'EROFS') throw new UserError(`${folder} cannot be written to (${code})`, cure)
        throw error
    }
}

function ownerOf(lock: string): number | undefined {
    try {
        return Number(readFileSync(lock, 'utf8'))
    } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined
        throw error
    }
}

function isRunning(pid: number): boolean {
    if (!Number.isInteger(pid) || pid <= 0) return false
    try {
        process.kill(pid, 0)
        return true
    } catch (error) {
        // EPERM: the process exists, but belongs to another user.
        return codeOf(error) === 'EPERM'
    }
}

function codeOf(error: unknown): unknown {
    return error instanceof Error && 'code' in error ? error.code : undefined
}
