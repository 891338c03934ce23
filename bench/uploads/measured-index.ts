import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runNginx, type JsEngine, type NginxInstallation, type RunningNginx } from '../measured-nginx.js'
import { generatedFiles, generatedSettings } from '../nginx-configuration.js'
import { startUploadStorage, type UploadStorage } from './storage.js'
import { uploaderLine } from './uploads.js'

/** An nginx with one worker, a cache and `--upload`, and the S3 server behind it. */
export interface MeasuredIndex extends RunningNginx {
    storage: UploadStorage
    /** The address to which clients upload. */
    uploadUrl: string
}

/** @param folder of the objects and of the password file */
export async function startMeasuredIndex(
    nginx: NginxInstallation,
    engine: JsEngine,
    folder: string,
): Promise<MeasuredIndex> {
    const storage = await startUploadStorage(nginx, path.join(folder, 's3'))
    try {
        const running = await runUploading(nginx, engine, folder, storage.port, true)
        const stop = async () => {
            await running.stop()
            await storage.stop()
        }
        return { ...running, storage, stop, uploadUrl: `http://127.0.0.1:${running.port}/legacy/` }
    } catch (error) {
        await storage.stop()
        throw error
    }
}

/** Starts nginx with the files of `generate-config`. @param upload whether with `--upload` */
export async function runUploading(
    nginx: NginxInstallation,
    engine: JsEngine,
    folder: string,
    upstreamPort: number,
    upload: boolean,
    cached = true,
): Promise<RunningNginx> {
    const uploadHtpasswd = path.join(folder, 'uploaders')
    await writeFile(uploadHtpasswd, uploaderLine)
    await chmod(uploadHtpasswd, 0o644)
    return runNginx(nginx, upstreamPort, (place) => {
        const settings = generatedSettings(nginx, place, {
            ...(cached && { cache: place.folder }),
            ...(nginx.engines.includes('qjs') && { jsEngine: engine }),
            ...(upload && { upload: true, uploadHtpasswd }),
        })
        return generatedFiles(settings, nginx, place, 1)
    })
}
