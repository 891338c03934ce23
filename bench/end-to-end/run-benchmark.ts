import path from 'node:path'
import { connections } from '../answers.js'
import { circumstances } from '../circumstances.js'
import type { Course } from '../course.js'
import { nginxesAtHand, type NginxAtHand } from '../nginx-at-hand.js'
import { findWrk } from '../wrk.js'
import { planIndex } from './generated-index.js'
import { configurations, type IndexSetup } from './index-nginx.js'
import { startIndexServers, type IndexServers } from './index-servers.js'
import { measureRequests } from './measure-requests.js'
import type { S3Kind } from './measured-s3.js'
import { measurePips } from './pips.js'
import { measureVisible } from './publish-to-visible.js'
import type { Report } from './report.js'
import { requestKinds } from './request-kinds.js'

/** What can be measured for itself. */
export const parts = ['requests', 'pips', 'publishes'] as const
export type Part = (typeof parts)[number]

/** What is to be measured, and how much of it. */
export interface Extent {
    projects: number
    largeFiles: number
    seed: number
    workers: number
    /** Behind nginx when requests are measured: the other parts have the embedded server. */
    s3: S3Kind
    /** Of each measurement of requests. */
    seconds: number
    pips: number
    publishes: number
    parts: readonly Part[]
    /** An unpacked Debian, whose nginx it is. */
    nginxRoot?: string
}

/** Makes the index, measures, and ends all that it has started. @param folder for all that is written */
export async function runBenchmark(extent: Extent, folder: string, course: Course): Promise<Report> {
    const nginx = await nginxOf(extent)
    const projects = planIndex(extent.projects, extent.largeFiles, extent.seed)
    const wrk = findWrk()
    const report: Report = {
        ...circumstances(),
        nginx: nginx.version,
        workers: extent.workers,
        index: {
            projects: projects.length,
            files: projects.reduce((sum, { versions }) => sum + versions.length, 0),
            largeProjectFiles: extent.largeFiles,
            seed: extent.seed,
        },
        s3: extent.s3,
        loadGenerator: wrk === undefined ? 'node' : 'wrk',
        connections,
        seconds: extent.seconds,
        requests: [],
        pips: [],
        visible: [],
    }
    const wanted = extent.parts.map((part): S3Kind => (part === 'requests' ? extent.s3 : 'embedded'))
    const servers = await startIndexServers(nginx, projects, new Set(wanted), folder, course)
    const measurements = { requests: addRequests, pips: addPips, publishes: addVisible }
    try {
        for (const part of parts.filter((each) => extent.parts.includes(each))) {
            const { port } = servers.server(part === 'requests' ? extent.s3 : 'embedded')
            for (const configuration of configurations) {
                course.signal.throwIfAborted()
                const setup = { nginx, configuration, workers: extent.workers, s3Port: port }
                await measurements[part](report, { setup, extent, servers, wrk, folder, course })
            }
        }
        return report
    } finally {
        await servers.stop()
    }
}

/** What each measurement is given. */
interface Measurement {
    setup: IndexSetup
    extent: Extent
    servers: IndexServers
    wrk: string | undefined
    folder: string
    course: Course
}

async function addRequests(
    report: Report,
    { setup, extent, servers, wrk, folder, course }: Measurement,
): Promise<void> {
    const kinds = requestKinds(servers.objects, ({ md5, size }) => servers.server(extent.s3).etagOf(md5, size))
    const figures = await measureRequests(setup, kinds, { wrk, folder, seconds: extent.seconds, ...course })
    report.requests.push(...figures)
}

async function addPips(report: Report, { setup, extent, folder, course }: Measurement): Promise<void> {
    course.onProgress(`${setup.configuration}: ${extent.pips} pips`)
    report.pips.push(await measurePips(setup, extent.pips, folder, course.signal))
}

async function addVisible(report: Report, { setup, extent, servers, folder, course }: Measurement): Promise<void> {
    course.onProgress(`${setup.configuration}: ${extent.publishes} publishes`)
    const projects = Array.from({ length: extent.projects }, (_, number) => `project-${number}`)
    const publishing = {
        bucket: servers.bucket(),
        projects,
        publishes: extent.publishes,
        folder,
        signal: course.signal,
    }
    report.visible.push(await measureVisible(setup, publishing))
}

async function nginxOf({ nginxRoot }: Extent): Promise<NginxAtHand> {
    const nginxes = await nginxesAtHand(nginxRoot === undefined ? [] : [nginxRoot])
    const name = nginxRoot === undefined ? 'this machine' : path.basename(nginxRoot)
    return nginxes.find((each) => each.name.endsWith(`(${name})`))!
}
