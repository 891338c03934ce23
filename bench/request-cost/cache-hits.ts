import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Course } from '../course.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { runNginx } from '../running-nginx.js'
import { inTemporaryFolder } from '../temporary-folder.js'
import { fileUpstream } from '../upstreams.js'
import type { Subject } from './configurations.js'
import type { Gateway } from './gateway.js'
import type { LoadGenerator } from './load.js'
import { measure, type Cost, type Extent } from './measure.js'

/**
 * Measures what a hit of our cache costs, of a file and of a page, beside one of a plain proxy_cache with the same
 * bytes of 1 KB, by the same nginx; and one of nginx-s3-gateway's, where that is given.
 */
export async function measureCacheHits(
    nginx: NginxAtHand,
    gateway: Gateway | undefined,
    load: LoadGenerator,
    extent: Extent,
    course: Course,
): Promise<Cost[]> {
    return inTemporaryFolder('object', async (folder) => {
        await writeFile(path.join(folder, 'object'), 'x'.repeat(1024))
        const upstream = await runNginx(nginx, 0, fileUpstream(path.join(folder, 'object')))
        try {
            const plain: Subject = { kind: 'plain cache' }
            const ours: Subject = { kind: 'cached', engine: nginx.engines[0]! }
            // It has no pages.
            const others: Subject[] = gateway === undefined ? [] : [{ kind: 'gateway', gateway, cache: true }]
            const files = { ...extent, paths: ['file'] as const }
            const pages = { ...extent, paths: ['page'] as const }
            return [
                ...(await measure(nginx, plain, [ours, ...others], upstream.port, load, files, course)),
                ...(await measure(nginx, plain, [ours], upstream.port, load, pages, course)),
            ]
        } finally {
            await upstream.stop()
        }
    })
}
