import { UsageError } from '../../core/user-error.js'
import { parseNetwork } from '../option-values/serving-values.js'
import { parsed, type ConfigOptions } from './option-table.js'
import { tokensFrom, type TokenSettings, type TokenSurroundings } from './tokens.js'

/** Who may upload, and how much. */
export interface Uploading {
    htpasswd: string | undefined
    /** File with the projects of each user. */
    rights: string | undefined
    /** Addresses and networks; empty for those that may read. */
    allow: string[]
    /** Undefined when only passwords or certificates upload. */
    tokens: TokenSettings | undefined
    /** Of a request, in nginx's syntax. */
    maxSize: string
    /** Whether this nginx takes uploads only. */
    only: boolean
}

/**
 * Checks the options of uploads.
 *
 * @returns undefined without --upload
 * @throws UsageError for uploads that anyone could make, and for rights of users that nobody names
 */
export function uploadingFrom(
    options: Omit<ConfigOptions, 'bucket'>,
    surroundings: TokenSurroundings,
): Uploading | undefined {
    if (options.upload !== true) return undefined
    const htpasswd = parsed(options, 'uploadHtpasswd')
    const rights = parsed(options, 'uploadRights')
    const allow = (options.uploadAllow ?? []).map(parseNetwork)
    const hasUsers = htpasswd !== undefined || options.clientCa !== undefined
    const tokens = tokensFrom(options, surroundings)
    if (!hasUsers && tokens === undefined && allow.length === 0) {
        throw new UsageError(
            '--upload does not say who may upload',
            'Add --upload-htpasswd FILE or --token-keys FILE. --client-ca FILE or --upload-allow NETWORK also restrict uploads.',
        )
    }
    if (rights !== undefined && !hasUsers) {
        throw new UsageError(
            '--upload-rights requires users: --upload-htpasswd or --client-ca',
            'Add one of them, or leave --upload-rights out. Tokens carry their own projects.',
        )
    }
    if (rights !== undefined && htpasswd === undefined && tokens !== undefined) {
        throw new UsageError(
            '--upload-rights applies to nobody: with --token-keys, each upload needs a token besides its certificate',
            'Leave --upload-rights out, since tokens carry their own projects; or add --upload-htpasswd for users with a password.',
        )
    }
    if (options.only !== undefined && options.cache !== undefined && options.cache !== 'off') {
        throw new UsageError('--only upload serves nothing that --cache could keep', 'Leave --cache out.')
    }
    if (options.only !== undefined && options.delivery !== undefined && options.delivery !== 'stream') {
        throw new UsageError('--only upload serves no files that --delivery could redirect', 'Leave --delivery out.')
    }
    return {
        htpasswd,
        rights,
        allow,
        tokens,
        maxSize: parsed(options, 'uploadMaxSize'),
        only: options.only === 'upload',
    }
}
