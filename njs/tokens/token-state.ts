import type { UploadToken } from '../../core/tokens/upload-token.js'

// `$pypi_token`: nginx evaluates it before it reads the body of an upload, and lets only "valid ..." pass without a password.

const validPrefix = 'valid '
const refusedPrefix = 'refused '

export function encodeValid(token: UploadToken): string {
    return validPrefix + JSON.stringify(token)
}

/** @param answer encoded for `/-/answer` */
export function encodeRefused(answer: string): string {
    return refusedPrefix + answer
}

/** The verified token of a request; undefined if it has none. */
export function decodeValid(state: string | undefined): UploadToken | undefined {
    if (!state || state.slice(0, validPrefix.length) !== validPrefix) return undefined
    return JSON.parse(state.slice(validPrefix.length)) as UploadToken
}

/** The user of uploading tools that have a token. @see PyPI, "Using API tokens" */
const tokenUser = '__token__'

/**
 * The password of the user `__token__` in HTTP Basic authentication.
 *
 * @param decode base64 to text
 */
export function tokenPassword(authorization: string | undefined, decode: (text: string) => string): string | undefined {
    const match = /^basic +([A-Za-z0-9+\/_=-]+) *$/i.exec(authorization || '')
    if (match === null) return undefined
    const text = decode(match[1]!)
    return text.slice(0, tokenUser.length + 1) === tokenUser + ':' ? text.slice(tokenUser.length + 1) : undefined
}

/** Name of a burned token in the shared memory. */
export function burnedKey(id: string): string {
    return 'burned ' + id
}
