import type { NginxInstallation } from '../measured-nginx.js'
import type { RoundOptions, RunContext } from '../measurement.js'
import { ourServer } from '../servers/our-server.js'
import { peryxServer } from '../servers/peryx.js'
import { pypironServer } from '../servers/pypiron.js'
import { measureInstalls } from './installs.js'
import { measurePages } from './pages.js'
import { rivalsReportOf, type RivalsReport } from './report.js'

/** Workers of nginx: the others use as many threads as this machine has cores. */
const workers = 2

/**
 * Compares nginx-s3-pypi with pypiron and peryx, which are installed from PyPI.
 *
 * @param wrk its path
 * @param pageSizes the numbers of files of the measured pages
 * @throws Error when a server gives a wrong answer
 */
export async function compareRivals(
    nginx: NginxInstallation,
    wrk: string,
    pageSizes: readonly number[],
    options: RoundOptions,
    context: RunContext,
): Promise<RivalsReport> {
    const ours = (way: Parameters<typeof ourServer>[2]) => ourServer(nginx, workers, way)
    const pypiron = pypironServer()
    const reference = pypiron.name
    const fromCache = [ours('cached'), pypiron, peryxServer]
    const pages = await measurePages(fromCache, reference, wrk, pageSizes, options, context)
    const installing = [
        ...[ours('streamed'), ours('cached'), ours('redirected'), pypiron],
        ...[pypironServer('stream'), pypironServer('redirect'), peryxServer],
    ]
    const installs = await measureInstalls(installing, reference, options, context)
    return rivalsReportOf({ nginx: nginx.name, workers, reference, pages, installs }, options)
}
