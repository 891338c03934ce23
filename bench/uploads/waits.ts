import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { emptyPage, withFiles, type FileEntry } from '../../core/project-page.js'
import { htmlHeaders, jsonHeaders } from '../../core/index/stored-headers.js'
import { projectPages } from '../../scripts/index/stored/pages.js'
import { compressPage } from '../../scripts/index/stored/stored-page.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { cpuMicroseconds, residentMemory, resetPeak, type JsEngine, type NginxInstallation } from '../measured-nginx.js'
import { inTemporaryFolder, type RunContext } from '../measurement.js'
import { smallWheel } from '../wheels.js'
import { startMeasuredIndex, type MeasuredIndex } from './measured-index.js'
import { waitsDuring, type Waits } from './probe.js'
import { compressedWheel, prose, send, uploadOf, wheelOf, type Upload } from './uploads.js'

/** What uploads did to the worker. The lowest of several rounds, since other programs of the machine only add. */
export interface UploadCost extends Waits {
    nginx: string
    engine: JsEngine
    of: string
    /** Of the whole upload. */
    seconds: number
    /** CPU time of the worker. */
    cpuSeconds: number
    /** Peak of the worker, and what it had before. MiB. */
    memory: number
    memoryBefore: number
}

interface Scenario {
    name: string
    /** Uploads at the same time, other ones in each round. */
    make: (folder: string, round: number) => Promise<Upload[]>
}

const megabytes = 500
/** Below the limit of 20,000. */
const manyMembers = 19_000
const pageFiles = 5000
const concurrent = 20
const probedPath = '/demo-project-0/'

const scenarios: Scenario[] = [
    {
        name: 'wheel of 200 kB',
        make: async (folder, round) => [await wheelOf(folder, `small_${round}`, '1.0', 200_000)],
    },
    {
        name: `wheel of ${megabytes} MB`,
        make: async (folder, round) => [await wheelOf(folder, `heavy_${round}`, '1.0', megabytes * 1e6)],
    },
    {
        name: `wheel of ${manyMembers.toLocaleString('en')} members`,
        make: async (folder, round) => [await compressedWheel(folder, `many_${round}`, { members: manyMembers })],
    },
    {
        name: 'METADATA of 280 kB, deflated',
        make: async (folder, round) => [await compressedWheel(folder, `long_${round}`, { metadata: prose(280_000) })],
    },
    {
        name: 'form with 1 MB of description',
        make: async (folder, round) => {
            const upload = await wheelOf(folder, `described_${round}`, '1.0', 20_000)
            return [{ ...upload, fields: { description: prose(1_000_000) } }]
        },
    },
    {
        name: `wheel into a page of ${pageFiles.toLocaleString('en')} files`,
        make: (folder, round) => intoLargePage(folder, round, 1),
    },
    {
        name: `${concurrent} at once into it`,
        make: (folder, round) => intoLargePage(folder, round, concurrent),
    },
]

/** Measures how long other requests of the worker wait during uploads, and its memory. */
export async function measureWaits(
    nginx: NginxInstallation,
    engine: JsEngine,
    rounds: number,
    { signal, onProgress }: RunContext,
): Promise<UploadCost[]> {
    const costs: UploadCost[] = []
    for (const scenario of scenarios) {
        const measured: Omit<UploadCost, 'nginx' | 'engine' | 'of'>[] = []
        // A new nginx for each: the njs engine keeps some memory of earlier requests.
        await inTemporaryFolder('uploads', async (folder) => {
            const index = await startMeasuredIndex(nginx, engine, folder)
            try {
                // The first upload makes the project list, and loads the libraries.
                await send(index.uploadUrl, await wheelOf(folder, 'first', '1.0', 1000))
                await fillPage(index.storage.bucket, largeProject, pageFiles)
                for (let round = 0; round < rounds; round++) {
                    signal.throwIfAborted()
                    onProgress(`${nginx.name}, ${engine}: ${scenario.name}`)
                    measured.push(await measureOnce(index, await scenario.make(folder, round)))
                }
            } finally {
                await index.stop()
            }
        })
        const lowest = (of: keyof (typeof measured)[number]) => Math.min(...measured.map((each) => each[of]))
        costs.push({
            ...{ nginx: nginx.name, engine, of: scenario.name, requests: lowest('requests') },
            ...{ p50: lowest('p50'), p99: lowest('p99'), longest: lowest('longest'), held: lowest('held') },
            ...{ seconds: lowest('seconds'), cpuSeconds: lowest('cpuSeconds') },
            ...{ memory: Math.max(...measured.map(({ memory }) => memory)), memoryBefore: lowest('memoryBefore') },
        })
    }
    return costs
}

async function measureOnce(index: MeasuredIndex, uploads: readonly Upload[]) {
    resetPeak(index.worker)
    const memoryBefore = residentMemory(index.worker).now
    const cpu = cpuMicroseconds(index.worker)
    let seconds = 0
    const waits = await waitsDuring(index, probedPath, async () => {
        const took = await Promise.all(uploads.map((upload) => send(index.uploadUrl, upload)))
        seconds = Math.max(...took)
    })
    const cpuSeconds = (cpuMicroseconds(index.worker) - cpu) / 1e6
    return { ...waits, seconds, cpuSeconds, memory: residentMemory(index.worker).peak, memoryBefore }
}

const largeProject = 'large'

async function intoLargePage(folder: string, round: number, count: number): Promise<Upload[]> {
    return Promise.all(
        Array.from({ length: count }, async (_, number) => {
            const { filename, bytes } = await smallWheel(largeProject, `2.${round * concurrent + number}`)
            const file = path.join(folder, filename)
            await writeFile(file, bytes)
            return uploadOf(file)
        }),
    )
}

/** Writes both pages of a project with many files, which do not exist. */
async function fillPage(bucket: Bucket, project: string, files: number): Promise<void> {
    const pages = projectPages(project)
    const entries = Array.from({ length: files }, (_, number): FileEntry => {
        const hash = (text: string) => createHash('sha256').update(`${text}${number}`).digest('hex')
        return {
            filename: `${project}-1.${number}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
            sha256: hash('file'),
            size: 1000 + number,
            uploadTime: '2026-01-02T03:04:05.000000Z',
            requiresPython: '>=3.8',
            coreMetadata: { sha256: hash('metadata') },
        }
    })
    const page = withFiles(emptyPage(project), entries)
    const etag = await bucket.write(pages.jsonKey, compressPage(pages.toJson(page)), jsonHeaders)
    await bucket.write(pages.htmlKey, compressPage(pages.toHtml(page)), htmlHeaders(etag))
}
