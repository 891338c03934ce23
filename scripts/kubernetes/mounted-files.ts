import path from 'node:path'
import { systemCaBundle, type Settings } from '../config/settings.js'
import { filesSecret, tlsSecret } from './names.js'

/** A file that an option names and that a Secret brings into the pod. */
export interface MountedFile {
    option: string
    /** As nginx sees it. */
    file: string
    secret: string
    key: string
}

/** The files that options name, each path once: a certificate and its key may be in one. */
export function mountedFiles({ htpasswd, tls, caBundle }: Settings): MountedFile[] {
    const files: (Omit<MountedFile, 'file'> & { file: string | undefined })[] = [
        { option: '--tls-cert', file: tls?.certificate, secret: tlsSecret, key: 'tls.crt' },
        { option: '--tls-key', file: tls?.key, secret: tlsSecret, key: 'tls.key' },
        { option: '--htpasswd', file: htpasswd, secret: filesSecret, key: 'htpasswd' },
        { option: '--client-ca', file: tls?.clientCa, secret: filesSecret, key: 'client-ca.crt' },
        {
            option: '--ca-bundle',
            file: caBundle === systemCaBundle ? undefined : caBundle,
            secret: filesSecret,
            key: 'ca.crt',
        },
    ]
    const named = files.filter((each): each is MountedFile => each.file !== undefined)
    return named.filter(({ file }, index) => named.findIndex((each) => each.file === file) === index)
}

/** The same by the folder that they lie in, each of which is a volume. */
export function mountedFolders(settings: Settings): [folder: string, files: MountedFile[]][] {
    const folders = new Map<string, MountedFile[]>()
    for (const each of mountedFiles(settings)) {
        const folder = path.posix.dirname(each.file)
        folders.set(folder, [...(folders.get(folder) ?? []), each])
    }
    return [...folders]
}
