import { systemCaBundle } from '../options/file-path.js'
import type { Settings } from './settings.js'

/** A file that an option names and that is not part of the folder: nginx must find it where it runs. */
export interface NamedFile {
    option: '--htpasswd' | '--tls-cert' | '--tls-key' | '--client-ca' | '--client-crl' | '--ca-bundle'
    /** As nginx sees it. */
    file: string
}

/** The files that options name, each path once: a certificate and its key may be in one. */
export function namedFiles({ htpasswd, tls, caBundle }: Settings): NamedFile[] {
    const files: [option: NamedFile['option'], file: string | undefined][] = [
        ['--tls-cert', tls?.certificate],
        ['--tls-key', tls?.key],
        ['--htpasswd', htpasswd],
        ['--client-ca', tls?.clientCa],
        ['--client-crl', tls?.clientCrl],
        ['--ca-bundle', caBundle === systemCaBundle ? undefined : caBundle],
    ]
    const named = files.flatMap(([option, file]) => (file === undefined ? [] : [{ option, file }]))
    return named.filter(({ file }, index) => named.findIndex((each) => each.file === file) === index)
}
