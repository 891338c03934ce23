import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { mapParallel } from '../../core/parallel.js'
import { percentilesOf, type Percentiles } from '../measurement.js'
import { smallWheel } from '../wheels.js'
import { seededRandom } from './generated-index.js'
import { startIndexNginx, type Configuration, type IndexNginx, type IndexSetup } from './index-servers.js'
import { get } from './requests.js'

/** The time from a publish until the page from nginx names the file. */
export interface VisibleFigures {
    configuration: Configuration
    publishes: number
    /** The duration of the publisher, in milliseconds. */
    publisher: Percentiles
    /** From the start of the publisher until a client saw the file, in milliseconds. */
    fromStart: Percentiles
    /** From the end of the publisher: below 0 when the page was there before it had read the list of projects. */
    fromEnd: Percentiles
}

interface Publishing {
    bucket: Bucket
    /** Projects of the bucket, which get a file each in turn. */
    projects: readonly string[]
    publishes: number
    /** For the wheels. */
    folder: string
    signal: AbortSignal
}

/** Milliseconds between requests for the page, concurrent publishes, and the major version of the published files. */
const polling = {
    direct: { pollInterval: 5, parallel: 1, version: 2 },
    // Most of the time is spent waiting for the cache, so ten can wait at the same time.
    cached: { pollInterval: 20, parallel: 10, version: 3 },
}

/**
 * Publishes files in this process, one after the other, each to the next project. A client starts to request the page a
 * random part of the page ttl before the publish, since the cached pages of an index in use have any age. It requests the
 * page every 5 ms, with a cache every 20 ms, which is the precision of the result.
 */
export async function measureVisible(setup: IndexSetup, publishing: Publishing): Promise<VisibleFigures> {
    const { configuration } = setup
    const nginx = await startIndexNginx(setup)
    const agent = new http.Agent({ keepAlive: true })
    const random = seededRandom(1)
    try {
        const numbers = Array.from({ length: publishing.publishes }, (_, number) => number)
        const inTurn = taskQueue()
        const times = await mapParallel(numbers, polling[configuration].parallel, (number) =>
            measureOne(nginx, agent, configuration, publishing, number, random() * nginx.pageTtl * 1000, inTurn),
        )
        return {
            configuration,
            publishes: publishing.publishes,
            publisher: percentilesOf(times.map(({ start, end }) => end - start)),
            fromStart: percentilesOf(times.map(({ start, seen }) => seen - start)),
            fromEnd: percentilesOf(times.map(({ end, seen }) => seen - end)),
        }
    } finally {
        agent.destroy()
        await nginx.stop()
    }
}

/** @param age milliseconds from the first request for the page to the publish @returns times in milliseconds */
async function measureOne(
    nginx: IndexNginx,
    agent: http.Agent,
    configuration: Configuration,
    { bucket, projects, folder, signal }: Publishing,
    number: number,
    age: number,
    inTurn: <Result>(task: () => Promise<Result>) => Promise<Result>,
): Promise<{ start: number; end: number; seen: number }> {
    const { pollInterval, version } = polling[configuration]
    const wheel = await smallWheel(projects[number % projects.length]!, `${version}.${number}`)
    const file = path.join(folder, wheel.filename)
    await writeFile(file, wheel.bytes)
    const failure = new AbortController()
    const isVisible = async () => {
        const page = await get(agent, nginx.port, `/simple/${wheel.project}/`, { Accept: 'text/html' })
        if (page.status !== 200) throw new Error(`the page of ${wheel.project} was answered with ${page.status}`)
        return page.body.includes(wheel.filename)
    }
    const watch = async () => {
        for (const either = AbortSignal.any([signal, failure.signal]); !(await isVisible());) {
            await sleep(pollInterval, undefined, { signal: either })
        }
        return performance.now()
    }
    const publishLater = async () => {
        try {
            await sleep(age, undefined, { signal })
            return await inTurn(async () => {
                const start = performance.now()
                await publish(bucket, [file])
                return { start, end: performance.now() }
            })
        } catch (error) {
            failure.abort(error)
            throw error
        }
    }
    const [published, seen] = await Promise.all([publishLater(), watch()])
    return { ...published, seen }
}

/** A queue that runs tasks one after the other. */
function taskQueue(): <Result>(task: () => Promise<Result>) => Promise<Result> {
    let last: Promise<unknown> = Promise.resolve()
    return (task) => {
        const result = last.then(task)
        last = result.catch(() => {})
        return result
    }
}
