import { systemCaBundle } from '../option-values/file-path.js'
import type { Settings } from './settings.js'

/** A file outside the folder that an option names; it must exist on the machine of nginx. */
export interface NamedFile {
    option:
        | '--htpasswd'
        | '--tls-cert'
        | '--tls-key'
        | '--client-ca'
        | '--client-crl'
        | '--ca-bundle'
        | '--upload-htpasswd'
        | '--upload-rights'
    /** The path on the machine of nginx. */
    file: string
}

/** The files that options name, each path once: one file may hold a certificate and its key. */
export function namedFiles({ htpasswd, tls, caBundle, upload }: Settings): NamedFile[] {
    const files: [option: NamedFile['option'], file: string | undefined][] = [
        ['--tls-cert', tls?.certificate],
        ['--tls-key', tls?.key],
        ['--htpasswd', htpasswd],
        ['--client-ca', tls?.clientCa],
        ['--client-crl', tls?.clientCrl],
        ['--ca-bundle', caBundle === systemCaBundle ? undefined : caBundle],
        ['--upload-htpasswd', upload?.htpasswd],
        ['--upload-rights', upload?.rights],
    ]
    const named = files.flatMap(([option, file]) => (file === undefined ? [] : [{ option, file }]))
    return named.filter(({ file }, index) => named.findIndex((each) => each.file === file) === index)
}
