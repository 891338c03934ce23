import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** Makes a folder that others may read in: the workers of an nginx that root has started are not root. */
export async function temporaryFolder(purpose: string): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), `bench-${purpose}-`))
    await chmod(folder, 0o755)
    return folder
}

/** Removes a folder, also while a program that was ended still writes into it. */
export function removeFolder(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Does something with a temporary folder, which goes afterwards. */
export async function inTemporaryFolder<Result>(
    purpose: string,
    task: (folder: string) => Promise<Result>,
): Promise<Result> {
    const folder = await temporaryFolder(purpose)
    try {
        return await task(folder)
    } finally {
        await removeFolder(folder)
    }
}
