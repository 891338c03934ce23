import { circumstances, type Circumstances } from '../circumstances.js'
import type { ServersReport } from '../servers/report.js'
import type { LargeFileCost } from './large-file.js'
import type { Cost, Extent } from './measure.js'

/** The result of a run. */
export interface Report extends Circumstances {
    loadGenerator: string
    rounds: number
    seconds: number
    /** Of signing, against plain proxying. */
    costs: Cost[]
    /** Of answers from a cache, against a plain proxy_cache. */
    cacheHits: Cost[]
    largeFile: LargeFileCost[]
    /** Where other servers were asked for. */
    servers?: ServersReport
}

/** What was measured. */
export type Measured = Pick<Report, 'costs' | 'cacheHits' | 'largeFile' | 'servers'>

/** @param loadGenerator the name of what asked */
export function reportOf(measured: Measured, loadGenerator: string, extent: Extent): Report {
    return {
        ...circumstances(),
        loadGenerator,
        rounds: extent.rounds,
        seconds: extent.seconds,
        ...measured,
    }
}
