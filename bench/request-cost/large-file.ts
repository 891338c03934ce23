import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { byTurns } from '../by-turns.js'
import type { Course } from '../course.js'
import type { NginxAtHand } from '../nginx-at-hand.js'
import { cpuMicroseconds, forgetPeak, residentMemory } from '../process-usage.js'
import { spreadOf, type Spread } from '../quantiles.js'
import { runNginx, stopAll, type RunningNginx } from '../running-nginx.js'
import { inTemporaryFolder } from '../temporary-folder.js'
import { fileUpstream } from '../upstreams.js'
import { filesFor, subjectName, type Subject } from './configurations.js'
import { download } from './download.js'
import type { Extent } from './measure.js'

/** What a large file costs against plain proxying by the same nginx, over the rounds. MB are millions of bytes. */
export interface LargeFileCost {
    nginx: string
    subject: string
    /** Its size. MB. */
    megabytes: number
    /** MB per second, divided by those of plain proxying in the same round; 1 for that itself. */
    throughput: Spread
    megabytesPerSecond: Spread
    /** CPU time of the worker for a MB, divided by that of plain proxying in the same round. */
    ratio: Spread
    microsecondsPerMegabyte: Spread
    /** By how much the worker's memory grew at the most, from before its first download to after its last. MB. */
    growth: number
}

const megabytes = 200
const name = 'large-1.0-py3-none-any.whl'

interface Turn {
    megabytesPerSecond: number
    microsecondsPerMegabyte: number
}

/**
 * Measures one download after the other through plain proxying and ours, by turns; and through plain proxying with our
 * buffers, which shows what of a difference is theirs.
 */
export async function measureLargeFile(nginx: NginxAtHand, extent: Extent, course: Course): Promise<LargeFileCost[]> {
    const subjects: Subject[] = [
        { kind: 'plain' },
        { kind: 'plain', buffers: 'ours' },
        { kind: 'signed', engine: nginx.engines[0]!, signature: 'v4' },
    ]
    return inTemporaryFolder('large', async (folder) => {
        const running: RunningNginx[] = []
        try {
            // A file of one hole: reading it is no work of the disk.
            await writeFile(path.join(folder, name), '')
            await truncate(path.join(folder, name), megabytes * 1e6)
            const upstream = await runNginx(nginx, 0, fileUpstream(path.join(folder, name)))
            running.push(upstream)
            for (const subject of subjects) {
                running.push(await runNginx(nginx, upstream.port, (place) => filesFor(subject, nginx, place)))
            }
            const measured = running.slice(1)
            const memory = measured.map(({ worker }) => {
                forgetPeak(worker)
                return residentMemory(worker).now
            })
            course.onProgress(`${nginx.name}: a file of ${megabytes} MB`)
            const rounds = await byTurns(
                subjects.length,
                { rounds: extent.rounds, warmUp: 1 },
                course.signal,
                (index) => takeTurn(measured[index]!),
            )
            return subjects.map((subject, index) => ({
                nginx: nginx.name,
                subject: subjectName(subject),
                megabytes,
                ...spreadsOf(rounds, index),
                growth: residentMemory(measured[index]!.worker).peak - memory[index]!,
            }))
        } finally {
            await stopAll(running)
        }
    })
}

async function takeTurn({ port, worker }: RunningNginx): Promise<Turn> {
    const cpu = cpuMicroseconds(worker)
    const { bytes, seconds } = await download(port, `/large/${name}`)
    return {
        megabytesPerSecond: bytes / 1e6 / seconds,
        microsecondsPerMegabyte: (cpuMicroseconds(worker) - cpu) / (bytes / 1e6),
    }
}

function spreadsOf(rounds: readonly Turn[][], index: number) {
    const value = (of: keyof Turn) => spreadOf(rounds.map((turns) => turns[index]![of]))
    const ratio = (of: keyof Turn) => spreadOf(rounds.map((turns) => turns[index]![of] / turns[0]![of]))
    return {
        throughput: ratio('megabytesPerSecond'),
        megabytesPerSecond: value('megabytesPerSecond'),
        ratio: ratio('microsecondsPerMegabyte'),
        microsecondsPerMegabyte: value('microsecondsPerMegabyte'),
    }
}
