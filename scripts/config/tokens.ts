import { readFileSync } from 'node:fs'
import { UsageError, UserError } from '../../core/user-error.js'
import { decodeUtf8 } from '../../core/utf8.js'
import type { TrustedPublishing } from '../../core/tokens/publishers.js'
import type { NginxFeatures } from '../nginx/nginx-version.js'
import { isHostName } from '../option-values/endpoint.js'
import { systemCaBundle } from '../option-values/file-path.js'
import { readPublishers, type ReadPublishers } from '../publishers/read-publishers.js'
import { parsed, type ConfigOptions } from './option-table.js'
import type { Settings } from './settings.js'

/** What tokens are verified with. */
export interface TokenFiles {
    /** File of the keys, or `env`. */
    keys: string
    /** File of revoked tokens. */
    revoked: string | undefined
}

/** Tokens that upload. */
export interface TokenSettings extends TokenFiles {
    /** CI jobs that get tokens; undefined without --trusted-publishers. */
    trusted: TrustedPublishing | undefined
    /** CA certificates for the issuers. */
    issuerCaBundle: string
    warnings: string[]
}

/** Settings that tokens depend on. */
export interface TokenSurroundings {
    serverNames: string[]
    nginxVersion: string
    features: NginxFeatures
    jsEngine: 'njs' | 'qjs' | undefined
}

/**
 * Checks the options of tokens, and reads the file of trusted publishers.
 *
 * @returns undefined without --token-keys
 * @throws UsageError for an nginx that cannot verify ID tokens; UserError for the file
 */
export function tokensFrom(
    options: Omit<ConfigOptions, 'bucket'>,
    surroundings: TokenSurroundings,
): TokenSettings | undefined {
    const files = tokenFilesFrom(options)
    if (files === undefined) return undefined
    const file = options.trustedPublishers
    if (file !== undefined) refuseOldNginx(surroundings)
    const read = file === undefined ? undefined : readPublishersFile(file, surroundings.serverNames)
    return {
        ...files,
        trusted: read?.trusted,
        issuerCaBundle: parsed(options, 'issuerCaBundle') ?? systemCaBundle,
        warnings: read?.warnings ?? [],
    }
}

/**
 * Checks the options of tokens that read.
 *
 * @returns undefined without --read-tokens
 * @throws UsageError
 */
export function readTokensFrom(options: Omit<ConfigOptions, 'bucket'>): TokenFiles | undefined {
    const { readTokens, tokenKeys, trustedPublishers, upload, only } = options
    if (tokenKeys !== undefined && !upload && !readTokens) {
        throw new UsageError(
            '--token-keys requires --upload or --read-tokens',
            'Add --upload for tokens that upload, or --read-tokens for tokens that read.',
        )
    }
    if (trustedPublishers !== undefined && !upload) {
        throw new UsageError('--trusted-publishers requires --upload', 'Add --upload, or leave it out.')
    }
    if (readTokens && only === 'upload') {
        throw new UsageError('--only upload serves nothing to readers with tokens', 'Leave --read-tokens out.')
    }
    return readTokens ? tokenFilesFrom(options) : undefined
}

/** What tokens of uploads and of readers are verified with; undefined without tokens. */
export function tokenFilesOf({ upload, readTokens }: Pick<Settings, 'upload' | 'readTokens'>): TokenFiles | undefined {
    return upload?.tokens ?? readTokens
}

/** Where nginx fetches the keys of the issuers: the URL of each, or of its keys. */
export function issuerAddresses({ upload }: Pick<Settings, 'upload'>): URL[] {
    const issuers = upload?.tokens?.trusted?.issuers ?? []
    return issuers.map(({ url, jwks }) => new URL(jwks === '' ? url : jwks))
}

function tokenFilesFrom(options: Omit<ConfigOptions, 'bucket'>): TokenFiles | undefined {
    const keys = parsed(options, 'tokenKeys')
    if (keys === undefined) return undefined
    if (keys === 'env' && options.target === 'kubernetes') {
        throw new UsageError(
            '--token-keys env is not for Kubernetes',
            'Name a file, which the manifests mount from a Secret: --token-keys /etc/nginx/secrets/token-keys',
        )
    }
    return { keys, revoked: parsed(options, 'revokedTokens') }
}

/** @param serverNames the first is the audience, unless the file has one */
export function readPublishersFile(file: string, serverNames: string[]): ReadPublishers {
    let bytes: Uint8Array
    try {
        bytes = readFileSync(file)
    } catch (error) {
        throw new UserError(
            `--trusted-publishers ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
            'Name a file on this machine; docs/trusted-publishing.md has an example.',
            { cause: error },
        )
    }
    const text = decodeUtf8(bytes)
    if (text === undefined) {
        throw new UserError(`--trusted-publishers ${file} is not UTF-8`, 'Save it as UTF-8.')
    }
    return readPublishers(text, file, serverNames.find(isHostName))
}

/** njs verifies signatures with JSON Web Keys since 0.7.10, and runs in the background since 0.8.1. */
function refuseOldNginx({ nginxVersion, features, jsEngine }: TokenSurroundings): void {
    const cure = 'If yours is later, set it with --nginx-version; or use --token-keys without --trusted-publishers.'
    if (!features.periodic) {
        throw new UsageError(
            `--trusted-publishers needs nginx 1.25.3 or later (njs 0.8.1), not ${nginxVersion}: earlier njs cannot ` +
                'fetch the keys of issuers in the background',
            cure,
        )
    }
    if (jsEngine === 'qjs' && !features.quickJsFetch) {
        throw new UsageError(
            `--trusted-publishers with --js-engine qjs needs njs 0.9.1 (nginx 1.28.1, or 1.29.1 and later), not that of ` +
                `nginx ${nginxVersion}: earlier QuickJS has no ngx.fetch`,
            `Leave --js-engine out. ${cure}`,
        )
    }
}
