import { uploadHeaders } from '../../njs/upload/subrequest-args.js'
import { isLoopback } from '../option-values/listen.js'
import { isContainer, type Settings } from './settings.js'
import type { Placement } from './render.js'
import { tokenFilesOf } from './tokens.js'

/** The trusted publishers in the folder. */
export const publishersFile = 'publishers.json'

/** The template values for uploads. */
export function uploadView(settings: Settings, { folder }: Pick<Placement, 'folder'>) {
    const { upload, target } = settings
    const byPassword = upload?.htpasswd !== undefined
    const certified = settings.tls?.clientCa !== undefined
    const tokens = upload?.tokens
    const files = tokenFilesOf(settings)
    const asks = byPassword || tokens !== undefined
    const trusted = tokens?.trusted
    return {
        upload: upload !== undefined,
        reads: upload?.only !== true,
        passwords: asks || settings.htpasswd !== undefined || settings.readTokens !== undefined,
        uploadAsks: asks,
        // Nobody has a password, and each request without a valid token gets 401.
        uploadHtpasswd: upload?.htpasswd ?? (tokens !== undefined && '/dev/null'),
        uploadRealm: tokens === undefined ? '"package uploads"' : '$pypi_upload_realm',
        tokens: tokens !== undefined,
        anyTokens: files !== undefined,
        tokenSettings: [files?.keys ?? '', files?.revoked ?? '', trusted ? `${folder}/${publishersFile}` : ''].join(
            '\\t',
        ),
        checkTokenScript: `${folder}/check-token.js`,
        trusted: trusted !== undefined,
        // PEP 807 allows http on the loopback only, and a proxy may terminate TLS.
        endpointScheme: settings.tls === undefined && settings.listen.every(isLoopback) ? 'http' : 'https',
        audience: trusted?.audience ?? false,
        trustedScript: `${folder}/trusted-publishing.js`,
        issuersScript: `${folder}/refresh-issuers.js`,
        uploadAllow: upload !== undefined && upload.allow.length > 0 && upload.allow,
        uploadRights: upload?.rights ?? '',
        uploadMaxSize: upload?.maxSize ?? false,
        uploadListen: isContainer(target) ? '127.0.0.1:8078' : `unix:${uploadSocket(settings, folder)}`,
        // Other processes of a pod share its loopback.
        uploadAsksPassword: isContainer(target) && asks,
        uploadUser: asks ? '$remote_user' : certified ? '$pypi_certified' : '""',
        uploadFolder: uploadFolder(settings, folder),
        uploadLog: {
            docker: '/var/log/nginx/access.log',
            kubernetes: '/var/log/nginx/access.log',
            debian: '/var/log/nginx/uploads.log',
            standalone: `${folder}/uploads.log`,
        }[target],
        cacheState: settings.cache === undefined ? '' : 'cached',
        uploadScript: `${folder}/upload.js`,
        uploadCredentials: settings.credentials.access,
        uploadHeaders: uploadHeaders.map((name) => ({ name, variable: name.replaceAll('-', '_') })),
        certifiedUsers: upload !== undefined && !asks && certified,
    }
}

/** The folder of the bodies, which only nginx can enter. */
function uploadFolder({ target }: Settings, folder: string): string {
    return {
        docker: '/tmp/temp-upload',
        kubernetes: '/tmp/temp-upload',
        debian: '/var/lib/nginx/pypi-upload',
        standalone: `${folder}/temp-upload`,
    }[target]
}

/** The socket of the upload server outside of containers. */
export function uploadSocket(settings: Settings, folder: string): string {
    return `${uploadFolder(settings, folder)}/upload.sock`
}
