import { uploadHeaders } from '../../njs/upload/subrequest-args.js'
import { isContainer, type Settings } from './settings.js'
import type { Placement } from './render.js'

/** The template values for uploads. */
export function uploadView(settings: Settings, { folder }: Pick<Placement, 'folder'>) {
    const { upload, target } = settings
    const byPassword = upload?.htpasswd !== undefined
    const certified = settings.tls?.clientCa !== undefined
    return {
        upload: upload !== undefined,
        reads: upload?.only !== true,
        passwords: byPassword || settings.htpasswd !== undefined,
        uploadHtpasswd: upload?.htpasswd ?? false,
        uploadAllow: upload !== undefined && upload.allow.length > 0 && upload.allow,
        uploadRights: upload?.rights ?? '',
        uploadMaxSize: upload?.maxSize ?? false,
        uploadListen: isContainer(target) ? '127.0.0.1:8078' : `unix:${uploadSocket(settings, folder)}`,
        // Other processes of a pod share its loopback.
        uploadAsksPassword: isContainer(target) && byPassword,
        uploadUser: byPassword ? '$remote_user' : certified ? '$pypi_certified' : '""',
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
        certifiedUsers: upload !== undefined && !byPassword && certified,
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
