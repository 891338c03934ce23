import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { mapParallel } from '../../scripts/s3/parallel.js'
import { percentilesOf, type Percentiles } from '../measurement.js'
import { smallWheel } from '../wheels.js'
import { seededRandom } from './generated-index.js'
import { startIndexNginx, type Configuration, type IndexNginx, type IndexSetup } from './index-servers.js'
import { ask } from './requests.js'

/** How long it took until a file that was published was on the page that nginx serves. */
export interface VisibleFigures {
    configuration: Configuration
    publishes: number
    /** How long the publisher took, in milliseconds. */
    publisher: Percentiles
    /** From its start until a client saw the file, in milliseconds. */
    fromStart: Percentiles
    /** From its end: below 0 where the page was there before the publisher had looked into the list of the projects. */
    fromEnd: Percentiles
}

/** What is published, and where to. */
interface Publishing {
    bucket: Bucket
    /** Projects that are in the bucket. */
    projects: readonly string[]
    publishes: number
    /** For the wheels. */
    folder: string
    signal: AbortSignal
}

/** How the two configurations are measured. */
const polling = {
    direct: { pollInterval: 5, parallel: 1, version: 2 },
    // Most of the time is waiting, so that several can wait at once.
    cached: { pollInterval: 20, parallel: 10, version: 3 },
}

/**
 * Publishes one file after the other, each to the next project, in this process and to a page that has been asked for
 * since a random part of the page ttl: as by the clients of an index in use, whose cached page has any age. A client
 * asks for it every 5 ms, with a cache every 20 ms; so exact are the times.
 */
export async function measureVisible(setup: IndexSetup, publishing: Publishing): Promise<VisibleFigures> {
    const { configuration } = setup
    const nginx = await startIndexNginx(setup)
    const agent = new http.Agent({ keepAlive: true })
    const random = seededRandom(1)
    try {
        const numbers = Array.from({ length: publishing.publishes }, (_, number) => number)
        const inTurn = turns()
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

/** @param age how long the page is asked for before, in milliseconds @returns moments, in milliseconds */
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
        const page = await ask(agent, nginx.port, `/simple/${wheel.project}/`, { Accept: 'text/html' })
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

/** Runs tasks one after the other, however many are given at once. */
function turns(): <Result>(task: () => Promise<Result>) => Promise<Result> {
    let last: Promise<unknown> = Promise.resolve()
    return (task) => {
        const result = last.then(task)
        last = result.catch(() => {})
        return result
    }
}
