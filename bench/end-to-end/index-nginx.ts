import { generatedFiles, generatedSettings } from '../generated-nginx.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { cpuMicroseconds, residentMemory } from '../process-usage.js'
import { runNginx, type RunningNginx } from '../running-nginx.js'
import { removeFolder, temporaryFolder } from '../temporary-folder.js'

/** The two configurations that are measured: without `--cache` and with it. */
export const configurations = ['direct', 'cached'] as const
export type Configuration = (typeof configurations)[number]

/** The nginx of an index, how it is configured and started. */
export interface IndexSetup {
    nginx: NginxAtHand
    configuration: Configuration
    workers: number
    /** Of the server that is S3. */
    s3Port: number
}

/** An nginx that serves the index. */
export interface IndexNginx {
    port: number
    /** How long a page is taken from the cache, in seconds; 0 without a cache. */
    pageTtl: number
    /** What its workers have cost so far. */
    usage(): Usage
    /** Stops it, and its cache is gone. @throws Error when nginx has logged a warning or worse */
    stop(): Promise<void>
}

export interface Usage {
    /** CPU time of all workers, user and system, in microseconds. */
    cpu: number
    /** The most memory of all workers, each with what they share. MiB. */
    memory: number
}

/** Starts what `generate-config --target standalone` makes, with an empty cache where it has one. */
export async function startIndexNginx(setup: IndexSetup): Promise<IndexNginx> {
    const cache = await temporaryFolder('cache')
    let running: RunningNginx
    let pageTtl = 0
    try {
        running = await runNginx(
            setup.nginx,
            setup.s3Port,
            (place) => {
                const isCached = setup.configuration === 'cached'
                const settings = generatedSettings(setup.nginx, place, isCached ? { cache } : {})
                pageTtl = isCached ? settings.pageTtl : 0
                return generatedFiles(settings, setup.nginx, place, setup.workers)
            },
            setup.workers,
        )
    } catch (error) {
        await removeFolder(cache)
        throw error
    }
    const sum = (of: (pid: number) => number) => running.workers.reduce((total, pid) => total + of(pid), 0)
    return {
        port: running.port,
        pageTtl,
        usage: () => ({ cpu: sum(cpuMicroseconds), memory: sum((pid) => residentMemory(pid).peak) }),
        stop: () => running.stop().finally(() => removeFolder(cache)),
    }
}
