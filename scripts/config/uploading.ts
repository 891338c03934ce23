import { UsageError } from '../../core/user-error.js'
import { parseNetwork } from '../option-values/serving-values.js'
import { parsed, type ConfigOptions } from './option-table.js'

/** Who may upload, and how much. */
export interface Uploading {
    htpasswd: string | undefined
    /** File with the projects of each user. */
    rights: string | undefined
    /** Addresses and networks; empty for those that may read. */
    allow: string[]
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
export function uploadingFrom(options: Omit<ConfigOptions, 'bucket'>): Uploading | undefined {
    if (options.upload !== true) return undefined
    const htpasswd = parsed(options, 'uploadHtpasswd')
    const rights = parsed(options, 'uploadRights')
    const allow = (options.uploadAllow ?? []).map(parseNetwork)
    const hasUsers = htpasswd !== undefined || options.clientCa !== undefined
    if (!hasUsers && allow.length === 0) {
        throw new UsageError(
            '--upload does not say who may upload',
            'Add --upload-htpasswd FILE. --client-ca FILE or --upload-allow NETWORK also restrict uploads.',
        )
    }
    if (rights !== undefined && !hasUsers) {
        throw new UsageError(
            '--upload-rights requires users: --upload-htpasswd or --client-ca',
            'Add one of them, or leave --upload-rights out.',
        )
    }
    if (options.only !== undefined && options.cache !== undefined && options.cache !== 'off') {
        throw new UsageError('--only upload serves nothing that --cache could keep', 'Leave --cache out.')
    }
    if (options.only !== undefined && options.delivery !== undefined && options.delivery !== 'stream') {
        throw new UsageError('--only upload serves no files that --delivery could redirect', 'Leave --delivery out.')
    }
    return { htpasswd, rights, allow, maxSize: parsed(options, 'uploadMaxSize'), only: options.only === 'upload' }
}
