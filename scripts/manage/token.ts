import { createHash, randomBytes } from 'node:crypto'
import { UsageError } from '../../core/user-error.js'

/** A user of the index and its password. */
export interface UserToken {
    user: string
    /** 256 random bits in base64url, which URLs can contain unescaped. */
    token: string
    /** The line for nginx's password file. */
    line: string
}

/**
 * Generates a token for a user of the index, and its line for the password file.
 *
 * @param token a token to make the line for, instead of a new one
 *
 * The hash is salted SHA-1, which nginx checks in about a microsecond per request. Slow hashes protect guessable
 * passwords; 256 random bits cannot be guessed.
 *
 * @throws UsageError for a name that HTTP Basic authentication or the file does not allow
 * @see nginx, auth_basic_user_file, {SSHA}; RFC 2307; RFC 7617
 */
export function makeToken(user: string, token = randomBytes(32).toString('base64url')): UserToken {
    checkUserName(user)
    const salt = randomBytes(16)
    const hash = createHash('sha1').update(token).update(salt).digest()
    return { user, token, line: `${user}:{SSHA}${Buffer.concat([hash, salt]).toString('base64')}` }
}

/** @throws UsageError for a name that HTTP Basic authentication or a file of nginx does not allow */
export function checkUserName(user: string): void {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(user)) return
    throw new UsageError(
        `${JSON.stringify(user)} is not a valid user name`,
        'Use A-Z, a-z, 0-9, ".", "_" and "-", starting with a letter or a digit. Example: ci',
    )
}
