import path from 'node:path'
import { optionTable, type ConfigOptions } from '../../scripts/config/option-table.js'
import { publish } from '../../scripts/publish/publish.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { runNginx, stopAll, type NginxInstallation } from '../measured-nginx.js'
import { generatedFiles, generatedSettings, type Place } from '../nginx-configuration.js'
import type { PackageServer } from './package-servers.js'

/** How files get to clients: each through nginx from S3, from the cache of nginx, or from S3 by presigned URLs. */
type Way = 'streamed' | 'cached' | 'redirected'

/**
 * nginx with the files of `generate-config`, in front of the embedded S3 server, into which the publisher has uploaded the
 * wheels. The S3 server runs in this process, and is not part of the measured one.
 */
export function ourServer(nginx: NginxInstallation, workers: number, way: Way): PackageServer {
    return {
        name: `nginx-s3-pypi, ${way}`,
        redirects: way === 'redirected',
        async start({ folder, wheels }) {
            const options = way === 'redirected' ? redirecting() : {}
            const files = (place: Place) => {
                const cached = way === 'cached' ? { cache: place.folder } : {}
                return generatedFiles(generatedSettings(nginx, place, { ...options, ...cached }), nginx, place, workers)
            }
            const { server, bucket } = await startEmbeddedBucket(path.join(folder, 's3'))
            const storage = { stop: () => server.close() }
            try {
                await publish(bucket, [...wheels])
                const running = await runNginx(nginx, Number(new URL(server.endpoint).port), files, workers)
                return {
                    index: `http://127.0.0.1:${running.port}/simple/`,
                    pid: running.master,
                    stop: () => stopAll([running, storage]),
                }
            } catch (error) {
                await storage.stop()
                throw error
            }
        },
    }
}

/** @throws Error when `generate-config` has no such option */
function redirecting(): Partial<ConfigOptions> {
    if (!('delivery' in optionTable)) throw new Error('generate-config has no option --delivery')
    return { delivery: 'redirect' } as Partial<ConfigOptions>
}
