import { systemCaBundle } from '../option-values/file-path.js'
import type { Settings } from './settings.js'
import { tokenFilesOf } from './tokens.js'

/** A file outside the folder that an option names; it must exist on the machine of nginx. */
export interface NamedFile {
    option:
        | '--htpasswd'
        | '--tls-cert'
        | '--tls-key'
        | '--client-ca'
        | '--client-crl'
        | '--ca-bundle'
        | '--deny'
        | '--allow-only'
        | '--public-ca-bundle'
        | '--upload-htpasswd'
        | '--upload-rights'
        | '--token-keys'
        | '--revoked-tokens'
        | '--issuer-ca-bundle'
    /** The path on the machine of nginx. */
    file: string
}

/** The files that options name, each path once: one file may hold a certificate and its key. */
export function namedFiles({ htpasswd, tls, caBundle, public: index, upload, readTokens }: Settings): NamedFile[] {
    const tokens = tokenFilesOf({ upload, readTokens })
    const issuerCaBundle = upload?.tokens?.issuerCaBundle
    const files: [option: NamedFile['option'], file: string | undefined][] = [
        ['--tls-cert', tls?.certificate],
        ['--tls-key', tls?.key],
        ['--htpasswd', htpasswd],
        ['--client-ca', tls?.clientCa],
        ['--client-crl', tls?.clientCrl],
        ['--ca-bundle', caBundle === systemCaBundle ? undefined : caBundle],
        ['--deny', index?.deny],
        ['--allow-only', index?.allowOnly],
        ['--public-ca-bundle', index?.caBundle === systemCaBundle ? undefined : index?.caBundle],
        ['--upload-htpasswd', upload?.htpasswd],
        ['--upload-rights', upload?.rights],
        ['--token-keys', tokens?.keys === 'env' ? undefined : tokens?.keys],
        ['--revoked-tokens', tokens?.revoked],
        ['--issuer-ca-bundle', issuerCaBundle === systemCaBundle ? undefined : issuerCaBundle],
    ]
    const named = files.flatMap(([option, file]) => (file === undefined ? [] : [{ option, file }]))
    return named.filter(({ file }, index) => named.findIndex((each) => each.file === file) === index)
}
