import { readFile } from 'node:fs/promises'
import { UserError } from '../../core/user-error.js'

/**
 * Reads a lock or requirements file. Editors and PowerShell begin files with a byte order mark, which is dropped.
 *
 * @throws UserError if it cannot be read
 */
export async function readText(path: string): Promise<string> {
    try {
        return (await readFile(path, 'utf8')).replace(/^\ufeff/, '')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new UserError(`${path} cannot be read (${code})`)
    }
}
