import type { NginxInstallation } from '../measured-nginx.js'
import type { RoundOptions, RunContext } from '../measurement.js'
import { measureColdPages } from './cold-pages.js'
import { measurePublicHits } from './hits.js'
import { measurePublicInstalls, type PublicInstalls } from './installs.js'
import { nginxPypiCache } from './nginx-pypi-cache.js'
import { downloadPackages } from './packages.js'
import { devpiMirror, noProxy, ourProxy, proxpi, pypiron } from './proxies.js'
import { publicReportOf, type PublicReport } from './report.js'

/** What is measured beside rounds and seconds. */
export interface PublicOptions extends RoundOptions {
    /** Of the index behind the proxies, milliseconds. */
    latency: number
    /** A checkout. */
    nginxPypiCache?: string
}

/** Workers of nginx while packages are installed. */
const workers = 2
const cooldown = '7d'

/**
 * Measures `--public`: cold pages and hits with each nginx, then installs, beside other caching proxies.
 *
 * @param wrk its path
 */
export async function measurePublic(
    nginxes: readonly NginxInstallation[],
    wrk: string | undefined,
    options: PublicOptions,
    context: RunContext,
): Promise<PublicReport> {
    const newest = nginxes.at(-1)!
    const ours = nginxes.map((nginx) => ourProxy(nginx, workers, cooldown))
    const reference = ours.at(-1)!.name
    const checkout = options.nginxPypiCache
    const others = checkout === undefined ? [] : [nginxPypiCache(checkout, newest, workers)]
    const report: Pick<PublicReport, 'cold' | 'hits'> = { cold: [], hits: [] }
    for (const nginx of nginxes) {
        if (wrk !== undefined) report.hits.push(...(await measurePublicHits(nginx, wrk, cooldown, options, context)))
        for (const engine of nginx.engines) {
            report.cold.push(...(await measureColdPages(nginx, engine, cooldown, context)))
        }
    }
    const proxies = [noProxy, ...ours, ...others, proxpi, pypiron, devpiMirror]
    const measured = await installs(async () => {
        const packages = await downloadPackages(context.signal)
        return measurePublicInstalls(proxies, reference, packages, options.latency, options, context)
    }, context)
    if (wrk === undefined) {
        measured.missing.push({ name: 'public answers from the cache', reason: 'apt-get install wrk' })
    }
    if (checkout === undefined) {
        measured.missing.push({ name: 'nginx_pypi_cache', reason: 'without --nginx-pypi-cache CHECKOUT' })
    }
    return publicReportOf({ ...report, workers, cooldown, reference, installs: measured }, options)
}

/** Without PyPI, nothing is installed. */
async function installs(task: () => Promise<PublicInstalls>, { signal }: RunContext): Promise<PublicInstalls> {
    try {
        return await task()
    } catch (error) {
        signal.throwIfAborted()
        const missing = [{ name: 'all installs', reason: (error as Error).message }]
        return { packages: 0, pageFiles: 0, bytes: 0, costs: [], missing }
    }
}
