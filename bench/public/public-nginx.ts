import path from 'node:path'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { startEmbeddedBucket } from '../embedded-s3.js'
import { runNginx, type JsEngine, type NginxInstallation, type RunningNginx } from '../measured-nginx.js'
import { inTemporaryFolder } from '../measurement.js'
import { generatedFiles, generatedSettings, type Place } from '../nginx-configuration.js'
import { startUpstream, type PublicUpstream } from './upstream.js'

/** Starts nginx with `--public`. @param s3Port of the server with the bucket */
export function runPublic(
    nginx: NginxInstallation,
    engine: JsEngine,
    s3Port: number,
    { workers, origin, cooldown }: { workers: number; origin: string; cooldown: string },
): Promise<RunningNginx> {
    const files = (place: Place) => {
        const settings = generatedSettings(nginx, place, {
            ...{ cache: place.folder, public: `${origin}/simple/`, cooldown },
            ...(nginx.engines.includes('qjs') && { jsEngine: engine }),
        })
        return generatedFiles(settings, nginx, place, workers)
    }
    return runNginx(nginx, s3Port, files, workers)
}

/** The media type of pages. */
export const json = 'application/vnd.pypi.simple.v1+json'

/** An nginx with one worker and `--public`, and what is behind it. */
export interface PublicNginx {
    running: RunningNginx
    upstream: PublicUpstream
    bucket: Bucket
    /** For the files of a task. */
    folder: string
    /** @param address from the first slash on @returns the content, not compressed @throws Error unless the status is 200 */
    get(address: string): Promise<Buffer>
}

/** Runs a task with an nginx in front of an empty bucket and an index without pages. */
export async function withPublicNginx<Result>(
    nginx: NginxInstallation,
    engine: JsEngine,
    cooldown: string,
    task: (setup: PublicNginx) => Promise<Result>,
): Promise<Result> {
    return inTemporaryFolder('public', async (folder) => {
        const upstream = await startUpstream(0)
        const { server, bucket } = await startEmbeddedBucket(path.join(folder, 's3'))
        try {
            const s3Port = Number(new URL(server.endpoint).port)
            const running = await runPublic(nginx, engine, s3Port, { workers: 1, origin: upstream.origin, cooldown })
            const get = async (address: string) => {
                const headers = { Accept: json, 'Accept-Encoding': 'identity' }
                const response = await fetch(`http://127.0.0.1:${running.port}${address}`, { headers })
                if (!response.ok) throw new Error(`nginx answered ${address} with ${response.status}`)
                return Buffer.from(await response.arrayBuffer())
            }
            try {
                return await task({ running, upstream, bucket, folder, get })
            } finally {
                await running.stop()
            }
        } finally {
            await server.close()
            await upstream.close()
        }
    })
}
