import os from 'node:os'
import type { LargeFileCost } from './large-file.js'
import type { Cost, Extent } from './measure.js'
import type { ServersReport } from './servers/report.js'

/** The result of a run. */
export interface Report {
    date: string
    machine: string
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
    const processors = os.cpus()
    return {
        date: new Date().toISOString().slice(0, 10),
        machine: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
        loadGenerator,
        rounds: extent.rounds,
        seconds: extent.seconds,
        ...measured,
    }
}
