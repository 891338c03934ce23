import type { LoadGenerator } from '../load.js'
import { cpuMicroseconds, stopAll, withUpstream, type JsEngine, type NginxInstallation } from '../measured-nginx.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import { constantUpstream } from '../nginx-configuration.js'
import { pathPattern } from '../request-cost/cpu-time.js'
import { runUploading, startMeasuredIndex } from './measured-index.js'
import { largeSdist, send } from './uploads.js'

/** Two loads of one worker, one after the other in each round. */
export interface ReadCost {
    nginx: string
    engine: JsEngine
    of: string
    alone: Spread
    /** Divided by `alone` in the same round. */
    ratio: Spread
}

const kinds = [
    { of: 'pages from the cache', paths: 'page' },
    { of: 'new files, signed', paths: 'new' },
] as const
const megabytes = 500
/** Milliseconds after which an upload is under way. */
const lead = 100

let pathsUsed = 0

/** Measures requests per second alone and beside uploads of 500 MB, one after the other. */
export async function measureReads(
    nginx: NginxInstallation,
    engine: JsEngine,
    load: LoadGenerator,
    { rounds, seconds }: RoundOptions,
    { signal, onProgress }: RunContext,
): Promise<ReadCost[]> {
    return inTemporaryFolder('reads', async (folder) => {
        const file = await largeSdist(folder, megabytes * 1e6)
        const index = await startMeasuredIndex(nginx, engine, folder)
        try {
            let uploads = 0
            const uploadWhile = async (isLoading: () => boolean) => {
                while (isLoading()) {
                    const filename = `large_sdist-1.${++uploads}.tar.gz`
                    await send(index.uploadUrl, { ...file, filename, version: `1.${uploads}` })
                    await index.storage.bucket.delete([`large-sdist/${filename}`])
                }
            }
            const costs: ReadCost[] = []
            for (const { of, paths } of kinds) {
                const run = async () => {
                    const result = await load.run(index.port, pathPattern(paths, (pathsUsed += 1_000_000)), seconds)
                    return result.requests / result.seconds
                }
                const turns = await inRounds(2, { rounds, warmUp: 0 }, signal, async (turn) => {
                    onProgress(`${nginx.name}, ${engine}: ${of}`)
                    if (turn === 0) return run()
                    let isLoading = true
                    const uploading = uploadWhile(() => isLoading)
                    try {
                        await new Promise((resolve) => setTimeout(resolve, lead))
                        return await run()
                    } finally {
                        isLoading = false
                        await uploading
                    }
                })
                costs.push({ nginx: nginx.name, engine, of, ...spreads(turns) })
            }
            return costs
        } finally {
            await index.stop()
        }
    })
}

/** Measures the CPU time of reads, in microseconds, without and with `--upload`. */
export async function measureOption(
    nginx: NginxInstallation,
    engine: JsEngine,
    load: LoadGenerator,
    { rounds, seconds }: RoundOptions,
    { signal, onProgress }: RunContext,
): Promise<ReadCost[]> {
    return inTemporaryFolder('option', (folder) =>
        withUpstream(nginx, constantUpstream, async (upstreamPort) => {
            const running = [
                await runUploading(nginx, engine, folder, upstreamPort, false),
                await runUploading(nginx, engine, folder, upstreamPort, true),
            ]
            try {
                const costs: ReadCost[] = []
                for (const { of, paths } of kinds) {
                    onProgress(`${nginx.name}, ${engine}: ${of} with --upload`)
                    const turns = await inRounds(2, { rounds, warmUp: 1 }, signal, async (turn) => {
                        const { port, worker } = running[turn]!
                        const before = cpuMicroseconds(worker)
                        const { requests } = await load.run(port, pathPattern(paths, (pathsUsed += 1_000_000)), seconds)
                        return (cpuMicroseconds(worker) - before) / requests
                    })
                    costs.push({ nginx: nginx.name, engine, of, ...spreads(turns) })
                }
                return costs
            } finally {
                await stopAll(running)
            }
        }),
    )
}

function spreads(turns: readonly number[][]): Pick<ReadCost, 'alone' | 'ratio'> {
    return {
        alone: spreadOf(turns.map(([alone]) => alone!)),
        ratio: spreadOf(turns.map(([alone, beside]) => beside! / alone!)),
    }
}
