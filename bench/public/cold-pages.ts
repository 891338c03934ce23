import { residentMemory, resetPeak, type JsEngine, type NginxInstallation } from '../measured-nginx.js'
import { spreadOf, type RunContext, type Spread } from '../measurement.js'
import { waitsDuring } from '../uploads/probe.js'
import { withPublicNginx, type PublicNginx } from './public-nginx.js'
import { listedFile, publicPage } from './public-pages.js'

/** What it costs others that a page is made. */
export interface ColdPage {
    nginx: string
    engine: JsEngine
    files: number
    rounds: number
    bytes: number
    /** Until the page has been received. Seconds. */
    seconds: Spread
    /** The most CPU time of the worker during the wait of one other request. Milliseconds. */
    held: Spread
    /** The longest wait of another request, in all rounds. Milliseconds. */
    longest: Spread
    /** Peak of the worker, shared memory included, and what it had before. MiB. */
    memory: number
    memoryBefore: number
}

/** Files of numpy and of the largest project of PyPI. The latter takes some engines ten seconds. */
const scenarios = [
    { files: 4415, rounds: 5 },
    { files: 46724, rounds: 2 },
]
/** It runs no script, and needs no cache. */
const probedPath = '/-/healthz'

/** Measures how long other requests of the only worker wait while a page that is not cached is made, with a cool-down. */
export async function measureColdPages(
    nginx: NginxInstallation,
    engine: JsEngine,
    cooldown: string,
    { signal, onProgress }: RunContext,
): Promise<ColdPage[]> {
    const costs: ColdPage[] = []
    for (const { files, rounds } of scenarios) {
        // A new nginx for each: the njs engine keeps some memory of earlier requests.
        const cost = await withPublicNginx(nginx, engine, cooldown, async (setup) => {
            const { running, get } = setup
            // It loads the libraries.
            addPage(setup, 'first', 10)
            await get('/simple/first/')
            const memoryBefore = residentMemory(running.worker).now
            resetPeak(running.worker)
            const turns: Turn[] = []
            for (let round = 0; round < rounds; round++) {
                signal.throwIfAborted()
                onProgress(`${nginx.name}, ${engine}: page of ${files} files`)
                turns.push(await measureOnce(setup, `large-${round}`, files))
            }
            const spread = (of: keyof Turn) => spreadOf(turns.map((turn) => turn[of]))
            return {
                ...{ nginx: nginx.name, engine, files, rounds, bytes: turns[0]!.bytes },
                ...{ seconds: spread('seconds'), held: spread('held'), longest: spread('longest') },
                ...{ memory: residentMemory(running.worker).peak, memoryBefore },
            }
        })
        costs.push(cost)
    }
    return costs
}

type Turn = Record<'bytes' | 'seconds' | 'held' | 'longest', number>

async function measureOnce(setup: PublicNginx, project: string, files: number): Promise<Turn> {
    const bytes = addPage(setup, project, files)
    let seconds = 0
    const { held, longest } = await waitsDuring(setup.running, probedPath, async () => {
        const began = performance.now()
        await setup.get(`/simple/${project}/`)
        seconds = (performance.now() - began) / 1000
    })
    return { bytes, seconds, held, longest }
}

/** @returns the size of the page */
function addPage({ upstream }: PublicNginx, project: string, files: number): number {
    const listed = Array.from({ length: files }, (_, number) => listedFile(project, number))
    const page = publicPage(project, listed, `${upstream.origin}/packages/`)
    upstream.addPage(project, page)
    return page.length
}
