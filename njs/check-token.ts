// Verifies the token of an upload before its body is read. A separate script: the server that clients reach does not load
// the one that takes uploads.

import { isReadToken } from '../core/tokens/read-token.js'
import { RefusedToken } from '../core/tokens/refused-token.js'
import { isUploadToken, verifyUploadToken } from '../core/tokens/upload-token.js'
import { decodeTokenSettings } from './tokens/key-source.js'
import { textOfBase64, verifiedToken } from './tokens/token-context.js'
import { burnedKey, encodeRefused, encodeValid, tokenPassword } from './tokens/token-state.js'
import { encodeAnswer } from './upload/answer.js'

/**
 * For js_set.
 *
 * @returns see token-state; empty for a request without a token, which needs a password
 */
function check(r: NginxHTTPRequest): string {
    const password = tokenPassword(r.headersIn.Authorization, textOfBase64)
    if (password === undefined || !(isUploadToken(password) || isReadToken(password))) return ''
    try {
        if (isReadToken(password)) throw new RefusedToken('the token is for reading', 'Use one for uploads.')
        const settings = decodeTokenSettings(r.variables.pypi_key_files)
        const token = verifiedToken(verifyUploadToken, password, settings)
        if (isBurned(token.id)) throw new RefusedToken('the token has been burned', 'Request a new one.')
        return encodeValid(token)
    } catch (error) {
        return encodeRefused(encodeAnswer(answerTo(r, error as Error)))
    }
}

function isBurned(id: string): boolean {
    const burned = ngx.shared && ngx.shared.pypi_tokens
    return burned !== undefined && burned.has(burnedKey(id))
}

function answerTo(r: NginxHTTPRequest, error: Error) {
    if (error instanceof RefusedToken) return { status: 401, message: error.message, cure: error.cure || '' }
    r.error('tokens cannot be verified, so they are refused: ' + error.message)
    // Not 5xx, after which clients send the file again.
    return { status: 424, message: 'Tokens cannot be verified', cure: 'The error log of nginx has the cause.' }
}

export default { check }
