import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { normalizeProjectPattern } from '../../core/project-patterns.js'
import { UsageError, UserError } from '../../core/user-error.js'
import { dateOf } from '../../core/tokens/quoted.js'
import { signReadToken } from '../../core/tokens/read-token.js'
import { parseTokenKeys, tokenKeysVariable, type TokenKey } from '../../core/tokens/token-keys.js'
import { signUploadToken } from '../../core/tokens/upload-token.js'
import { checkUserName } from './token.js'

/** A signed token, and what the operator keeps of it. */
export interface SignedToken {
    user: string
    token: string
    /** For --revoked-tokens. */
    id: string
    /** ISO 8601. */
    expires: string
}

/** What a token is made of. */
export interface SignedTokenOptions {
    /** `90d`, `12h` or `30m`. */
    expires: string
    /** The keys. */
    keys: [TokenKey, ...TokenKey[]]
    /** Seconds since 1970. */
    now: number
}

const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()

/**
 * Signs a token with which a person or a CI system without trusted publishing uploads.
 *
 * @throws UsageError for a name, a project or a time that is none
 */
export function makeUploadToken(
    user: string,
    { projects, expires, keys, now }: SignedTokenOptions & { projects: string[] },
): SignedToken & { projects: string[] } {
    checkUserName(user)
    const patterns = projects.map((text) => {
        const pattern = normalizeProjectPattern(text)
        if (pattern !== undefined) return pattern
        throw new UsageError(`--projects ${JSON.stringify(text)} is no pattern of project names`, "Example: 'acme-*'")
    })
    const end = now + seconds(expires)
    const id = randomBytes(16).toString('base64url')
    const token = signUploadToken({ subject: user, projects: patterns, issued: now, expires: end, id }, keys, hmac)
    return { user, token, id, projects: patterns, expires: dateOf(end) }
}

/**
 * Signs a token that reads the index.
 *
 * @throws UsageError for a name or a time that is none
 */
export function makeReadToken(user: string, { expires, keys, now }: SignedTokenOptions): SignedToken {
    checkUserName(user)
    const end = now + seconds(expires)
    const id = randomBytes(8).toString('base64url')
    const token = signReadToken({ subject: user, expires: end, id }, keys, hmac)
    return { user, token, id, expires: dateOf(end) }
}

/**
 * Reads the keys of nginx.
 *
 * @param file of --token-keys; without it, PYPI_TOKEN_KEYS of the environment
 */
export function readTokenKeys(file: string | undefined, environment: NodeJS.ProcessEnv): [TokenKey, ...TokenKey[]] {
    const text = file === undefined ? environment[tokenKeysVariable] : readKeyFile(file)
    if (!text) {
        throw new UsageError(
            `a token of --projects or --read is signed with a key of nginx, and there is none`,
            `Name the file of generate-config --token-keys: --token-keys FILE; or set ${tokenKeysVariable}.`,
        )
    }
    try {
        return parseTokenKeys(text, file ?? tokenKeysVariable, hmac)
    } catch (error) {
        throw new UserError((error as Error).message, 'nginx reads the same keys: see docs/trusted-publishing.md.')
    }
}

function readKeyFile(file: string): string {
    try {
        return readFileSync(file, 'utf8')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new UserError(`--token-keys ${file} cannot be read: ${code}`, 'Name the file that nginx reads.', {
            cause: error,
        })
    }
}

function seconds(text: string): number {
    const match = /^([1-9]\d{0,4})([mhd])$/.exec(text)
    const value = match ? Number(match[1]) * { m: 60, h: 3600, d: 86400 }[match[2] as 'm' | 'h' | 'd'] : 0
    if (value > 0 && value <= 3650 * 86400) return value
    throw new UsageError(`--expires ${JSON.stringify(text)} is not a time of up to 3650d`, 'Examples: 90d, 12h, 30m')
}
