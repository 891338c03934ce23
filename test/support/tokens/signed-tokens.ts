import { createHmac, randomBytes } from 'node:crypto'
import { signReadToken, type ReadToken } from '../../../core/tokens/read-token.js'
import { signUploadToken, type UploadToken } from '../../../core/tokens/upload-token.js'
import { readTokenKeys } from '../../../scripts/manage/signed-token.js'

const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()

/** Keys as in `PYPI_TOKEN_KEYS`. */
export function keysOf(text: string) {
    return readTokenKeys(undefined, { PYPI_TOKEN_KEYS: text })
}

/** A token that reads for an hour, unless the changes say otherwise. */
export function readTokenOf(key: string, changes: Partial<ReadToken> = {}): string {
    const expires = Math.floor(Date.now() / 1000) + 3600
    const id = randomBytes(8).toString('base64url')
    return signReadToken({ subject: 'laptop', expires, id, ...changes }, keysOf(key), hmac)
}

/** A token that uploads each project for an hour, unless the changes say otherwise. */
export function uploadTokenOf(key: string, changes: Partial<UploadToken> = {}): string {
    const issued = Math.floor(Date.now() / 1000)
    const id = randomBytes(16).toString('base64url')
    return signUploadToken(
        { subject: 'laptop', projects: ['*'], issued, expires: issued + 3600, id, ...changes },
        keysOf(key),
        hmac,
    )
}
