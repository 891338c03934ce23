// Verifies the token of a reader. A file in a folder that only nginx can enter remembers the result for ten seconds, so that
// other requests with the same token run no script.

import fs from 'fs'
import { RefusedToken } from '../core/tokens/refused-token.js'
import { verifyReadToken, type ReadToken } from '../core/tokens/read-token.js'
import { decodeTokenSettings } from './tokens/key-source.js'
import { textOfBase64, verifiedToken } from './tokens/token-context.js'
import { tokenPassword } from './tokens/token-state.js'

/** Seconds: see `$pypi_read_time`. */
const windowLength = 10

/** A value of auth_basic. */
const asksPassword = 'package index'

/**
 * For js_set.
 *
 * @returns what auth_basic takes: `off` for a valid token
 */
function realm(r: NginxHTTPRequest): string {
    const token = tokenPassword(r.headersIn.Authorization, textOfBase64)
    if (token === undefined) return asksPassword
    try {
        const settings = decodeTokenSettings(r.variables.pypi_key_files)
        remember(r, verifiedToken(verifyReadToken, token, settings))
        return 'off'
    } catch (error) {
        const { message } = error as Error
        if (error instanceof RefusedToken) r.warn('a token is refused: ' + message)
        else r.error('tokens cannot be verified, so they are refused: ' + message)
        return asksPassword
    }
}

/** Makes the file for which nginx looks: FOLDER/WINDOW/END-OF-TOKEN. */
function remember(r: NginxHTTPRequest, token: ReadToken): void {
    const file = r.variables.pypi_read_file || ''
    const match = /^(.+)\/(\d+)\/[A-Za-z0-9=]+$/.exec(file)
    if (match === null) return
    const folder = match[1]!
    const window = Number(match[2])
    // A token that expires in these seconds is verified for each request.
    if (token.expires < (window + 1) * windowLength) return
    try {
        if (makeFolder(folder + '/' + match[2]!)) removeOthers(folder, window)
        fs.writeFileSync(file, '')
    } catch (error) {
        // Without the path: it holds a part of the token.
        const code = (error as { code?: string }).code || 'an error'
        r.error(`${folder} cannot be written, so each request with a token runs a script: ${code}`)
    }
}

/** @returns whether the folder is new */
function makeFolder(path: string): boolean {
    try {
        fs.mkdirSync(path)
        return true
    } catch (error) {
        if ((error as { code?: string }).code === 'EEXIST') return false
        throw error
    }
}

/** Other workers may be in the window before or after. */
function removeOthers(folder: string, window: number): void {
    fs.readdirSync(folder).forEach((name) => {
        if (/^\d+$/.test(name) && Math.abs(Number(name) - window) > 1) removeWindow(`${folder}/${name}`)
    })
}

/** Another worker may remove the same. */
function removeWindow(path: string): void {
    try {
        fs.readdirSync(path).forEach((name) => fs.unlinkSync(`${path}/${name}`))
        fs.rmdirSync(path)
    } catch (error) {
        if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
}

export default { realm }
