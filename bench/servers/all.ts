import type { Course } from '../course.js'
import type { Extent } from '../request-cost/measure.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { inTemporaryFolder } from '../temporary-folder.js'
import { devpi } from './devpi.js'
import { measureServers } from './measure.js'
import { ours } from './ours.js'
import { measurePublishers } from './publishers.js'
import { pypiron } from './pypiron.js'
import { pypiserver } from './pypiserver.js'
import type { ServersReport } from './report.js'

/** Measures other package servers and ours, with one nginx, and publishers. */
export async function measureOthers(
    nginx: NginxAtHand,
    wrk: string,
    extent: Extent,
    course: Course,
): Promise<ServersReport> {
    return inTemporaryFolder('servers', async (folder) => {
        const contenders = [ours(nginx, false), ours(nginx, true), pypiserver, devpi, pypiron]
        const { servers, missing } = await measureServers(contenders, wrk, folder, extent, course)
        const uploads = await measurePublishers(folder, extent, course)
        return { servers, publishers: uploads.publishers, missing: [...missing, ...uploads.missing] }
    })
}
