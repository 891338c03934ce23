import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { publish } from '../../scripts/publish/publish.js'
import { openBucket } from '../../scripts/s3/bucket.js'
import { filesFor } from '../request-cost/configurations.js'
import { access, bucketName, startEmbeddedS3 } from '../embedded-s3.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { runNginx, stopAll } from '../running-nginx.js'
import { folderUpstream } from '../upstreams.js'
import type { Contender } from './contender.js'

/**
 * nginx with one worker as `generate-config` makes it. In the place of S3 is another nginx, of which nothing is counted,
 * with the objects that the publisher wrote.
 */
export function ours(nginx: NginxAtHand, cache: boolean): Contender {
    const engine = nginx.engines[0]!
    const subject = cache
        ? ({ kind: 'cached', engine } as const)
        : ({ kind: 'signed', engine, signature: 'v4' } as const)
    return {
        name: `nginx-s3-pypi, nginx ${nginx.name}${cache ? ', with cache' : ''}`,
        async start({ folder, wheel }) {
            await chmod(folder, 0o755)
            await publishInto(path.join(folder, 'root'), path.join(folder, 's3'), wheel)
            const upstream = await runNginx(nginx, 0, folderUpstream(path.join(folder, 'root')))
            try {
                const running = await runNginx(nginx, upstream.port, (place) => filesFor(subject, nginx, place))
                return {
                    page: `http://127.0.0.1:${running.port}/demo/`,
                    pid: running.master,
                    stop: () => stopAll([running, upstream]),
                }
            } catch (error) {
                await upstream.stop()
                throw error
            }
        },
    }
}

/** Publishes the wheel, and writes the objects of the bucket as files below `root`. */
async function publishInto(root: string, storage: string, wheel: string): Promise<void> {
    const server = await startEmbeddedS3(storage)
    try {
        const bucket = openBucket({ bucket: bucketName, endpointUrl: server.endpoint, ...access })
        await bucket.create()
        await publish(bucket, [wheel])
        for await (const { key } of bucket.list()) {
            const file = path.join(root, bucket.name, key)
            await mkdir(path.dirname(file), { recursive: true })
            await bucket.download(key, file)
        }
    } finally {
        await server.close()
    }
}
