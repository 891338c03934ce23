import path from 'node:path'
import { namedFiles, type NamedFile } from '../config/named-files.js'
import type { Settings } from '../config/settings.js'
import { objectNames } from './names.js'

/** A file that an option names, mounted from a Secret. */
export interface MountedFile extends NamedFile {
    secret: string
    key: string
}

const secretKeys: Record<NamedFile['option'], { secret: 'filesSecret' | 'tlsSecret'; key: string }> = {
    '--htpasswd': { secret: 'filesSecret', key: 'htpasswd' },
    '--tls-cert': { secret: 'tlsSecret', key: 'tls.crt' },
    '--tls-key': { secret: 'tlsSecret', key: 'tls.key' },
    '--client-ca': { secret: 'filesSecret', key: 'client-ca.crt' },
    '--client-crl': { secret: 'filesSecret', key: 'client-crl.crt' },
    '--ca-bundle': { secret: 'filesSecret', key: 'ca.crt' },
    '--deny': { secret: 'filesSecret', key: 'deny.txt' },
    '--allow-only': { secret: 'filesSecret', key: 'allow-only.txt' },
    '--public-ca-bundle': { secret: 'filesSecret', key: 'public-ca.pem' },
    '--upload-htpasswd': { secret: 'filesSecret', key: 'upload-htpasswd' },
    '--upload-rights': { secret: 'filesSecret', key: 'upload-rights' },
    '--token-keys': { secret: 'filesSecret', key: 'token-keys' },
    '--revoked-tokens': { secret: 'filesSecret', key: 'revoked-tokens' },
    '--issuer-ca-bundle': { secret: 'filesSecret', key: 'issuer-ca.crt' },
}

/** The files that options name, each with its Secret and key. */
export function mountedFiles(settings: Settings): MountedFile[] {
    const names = objectNames(settings)
    return namedFiles(settings).map((named) => {
        const { secret, key } = secretKeys[named.option]
        return { ...named, secret: names[secret], key }
    })
}

/** The same files by folder. Each folder is a volume. */
export function mountedFolders(settings: Settings): [folder: string, files: MountedFile[]][] {
    const folders = new Map<string, MountedFile[]>()
    for (const each of mountedFiles(settings)) {
        const folder = path.posix.dirname(each.file)
        folders.set(folder, [...(folders.get(folder) ?? []), each])
    }
    return [...folders]
}
