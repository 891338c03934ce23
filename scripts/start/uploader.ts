import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { UserError } from '../../core/user-error.js'
import { makeToken } from '../manage/token.js'

/** Who may upload to the index of `npm start`. */
export interface Uploader {
    user: string
    password: string
    /** The password file for nginx. */
    htpasswd: string
}

const user = 'me'

/**
 * Makes the password file of one user. Without a password, each process on the machine and each web page that a browser on it
 * shows could upload.
 *
 * @param folder the password is kept there, so that printed commands work after a restart; undefined for a new password
 * @param temporary folder for the password file, which nginx's workers must be able to read
 */
export async function makeUploader(folder: string | undefined, temporary: string): Promise<Uploader> {
    const made = makeToken(user)
    const password = folder === undefined ? made.token : await keptPassword(path.resolve(folder), made.token)
    const htpasswd = path.join(temporary, 'uploaders')
    await writeFile(htpasswd, `${makeToken(user, password).line}\n`)
    // The hash of 256 random bits may be read.
    await chmod(temporary, 0o711)
    await chmod(htpasswd, 0o644)
    return { user, password, htpasswd }
}

async function keptPassword(folder: string, made: string): Promise<string> {
    const file = path.join(folder, 'upload-password')
    await mkdir(folder, { recursive: true })
    try {
        await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' })
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const password = (await readFile(file, 'utf8')).trim()
    if (!/^[A-Za-z0-9_-]{43}$/.test(password)) {
        throw new UserError(`${file} holds no password`, 'Delete it; a new password is then created.')
    }
    return password
}
