import { once } from 'node:events'
import { truncate, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import {
    cpuMicroseconds,
    resetPeak,
    residentMemory,
    runNginx,
    stopAll,
    type NginxInstallation,
    type RunningNginx,
} from '../measured-nginx.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import { fileUpstream } from '../nginx-configuration.js'
import { subjectFiles, subjectName, type Subject } from './subjects.js'

/** The cost of a large file, against plain proxying by the same nginx. MB are millions of bytes. */
export interface LargeFileCost {
    nginx: string
    subject: string
    /** The size of the file. MB. */
    megabytes: number
    /** MB per second, divided by those of plain proxying in the same round. */
    throughput: Spread
    megabytesPerSecond: Spread
    /** CPU time of the worker for a MB, divided by that of plain proxying in the same round. */
    ratio: Spread
    microsecondsPerMegabyte: Spread
    /** Peak memory of the worker, minus its memory before the first download. MiB. */
    growth: number
}

const megabytes = 200
const name = 'large-1.0-py3-none-any.whl'

interface Turn {
    megabytesPerSecond: number
    microsecondsPerMegabyte: number
}

/**
 * Measures downloads through plain proxying, through plain proxying with our buffers, and through our nginx, in turn. The
 * second shows which part of the difference the buffers make.
 */
export async function measureLargeFile(
    nginx: NginxInstallation,
    { rounds }: RoundOptions,
    context: RunContext,
): Promise<LargeFileCost[]> {
    const subjects: Subject[] = [
        { kind: 'plain' },
        { kind: 'plain', buffers: 'ours' },
        { kind: 'signed', engine: nginx.engines[0]!, signature: 'v4' },
    ]
    return inTemporaryFolder('large', async (folder) => {
        const running: RunningNginx[] = []
        try {
            // A sparse file: nginx reads it without the disk.
            await writeFile(path.join(folder, name), '')
            await truncate(path.join(folder, name), megabytes * 1e6)
            const upstream = await runNginx(nginx, 0, fileUpstream(path.join(folder, name)))
            running.push(upstream)
            for (const subject of subjects) {
                running.push(await runNginx(nginx, upstream.port, (place) => subjectFiles(subject, nginx, place)))
            }
            const measured = running.slice(1)
            const memory = measured.map(({ worker }) => {
                resetPeak(worker)
                return residentMemory(worker).now
            })
            context.onProgress(`${nginx.name}: a file of ${megabytes} MB`)
            const turns = await inRounds(subjects.length, { rounds, warmUp: 1 }, context.signal, (index) =>
                takeTurn(measured[index]!),
            )
            return subjects.map((subject, index) => ({
                nginx: nginx.name,
                subject: subjectName(subject),
                megabytes,
                ...spreadsOf(turns, index),
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

interface Download {
    bytes: number
    seconds: number
}

/**
 * Downloads a file over a new connection and drops its content, so that the client takes little CPU time.
 *
 * @returns the size of the body, and the duration
 * @throws Error when the answer is not a complete 200
 */
async function download(port: number, path: string): Promise<Download> {
    const buffer = Buffer.alloc(1024 * 1024)
    let head = ''
    let received = 0
    const begin = performance.now()
    const onread = {
        buffer,
        callback(count: number) {
            received += count
            if (!head.includes('\r\n\r\n')) head += buffer.toString('latin1', 0, Math.min(count, 16_384))
            return true
        },
    }
    const socket = net.connect({ port, host: '127.0.0.1', onread })
    socket.setTimeout(60_000, () => socket.destroy(new Error('a download stood still for a minute')))
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    const seconds = (performance.now() - begin) / 1000
    const headLength = head.indexOf('\r\n\r\n') + 4
    const length = /^HTTP\/1\.1 200 [^]*?\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
    const bytes = received - headLength
    if (Number(length) !== bytes) throw new Error(`${bytes} bytes came after:\n${head.slice(0, headLength)}`)
    return { bytes, seconds }
}
