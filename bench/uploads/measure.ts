import type { LoadGenerator } from '../load.js'
import type { NginxInstallation } from '../measured-nginx.js'
import type { RoundOptions, RunContext } from '../measurement.js'
import { measureOption, measureReads } from './reads.js'
import { uploadsReportOf, type UploadsReport } from './report.js'
import { measureSmallUploads } from './small-uploads.js'
import { measureWaits } from './waits.js'

/** Measures uploads through each nginx, with each of its engines. */
export async function measureUploads(
    nginxes: readonly NginxInstallation[],
    load: LoadGenerator,
    options: RoundOptions,
    context: RunContext,
): Promise<UploadsReport> {
    const measured: Pick<UploadsReport, 'waits' | 'reads' | 'option' | 'small'> = {
        ...{ waits: [], reads: [], option: [], small: [] },
    }
    for (const nginx of nginxes) {
        for (const engine of nginx.engines) {
            measured.waits.push(...(await measureWaits(nginx, engine, options.rounds, context)))
            measured.reads.push(...(await measureReads(nginx, engine, load, options, context)))
            measured.option.push(...(await measureOption(nginx, engine, load, options, context)))
        }
    }
    const newest = nginxes.at(-1)!
    measured.small.push(...(await measureSmallUploads(newest, newest.engines[0]!, context)))
    return uploadsReportOf(measured, options)
}
