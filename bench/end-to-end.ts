import { Option } from 'commander'
import path from 'node:path'
import { UserError } from '../core/user-error.js'
import { createProgram, runProgram } from '../scripts/cli/program.js'
import { planIndex } from './end-to-end/generated-index.js'
import {
    configurations,
    s3Kinds,
    startIndexServers,
    type IndexServers,
    type IndexSetup,
    type S3Kind,
} from './end-to-end/index-servers.js'
import { measurePips } from './end-to-end/pips.js'
import { measureVisible } from './end-to-end/publish-to-visible.js'
import { reportAsText, writeReport, type Report } from './end-to-end/report.js'
import { measureRequests, requestKinds } from './end-to-end/requests.js'
import { connections, findWrk } from './load.js'
import { findInstallations, type NginxInstallation } from './measured-nginx.js'
import { inTemporaryFolder, positive, runInterruptibly, type RunContext } from './measurement.js'
import { currentEnvironment, toJson } from './report.js'

/** What can be measured for itself. */
const parts = ['requests', 'pips', 'publishes'] as const
type Part = (typeof parts)[number]

/** What is to be measured, and how much of it. */
interface Extent {
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
async function runBenchmark(extent: Extent, folder: string, context: RunContext): Promise<Report> {
    const nginx = await nginxOf(extent)
    const projects = planIndex(extent.projects, extent.largeFiles, extent.seed)
    const wrk = findWrk()
    const report: Report = {
        ...currentEnvironment(),
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
    const servers = await startIndexServers(nginx, projects, new Set(wanted), folder, context)
    const measurements = { requests: addRequests, pips: addPips, publishes: addVisible }
    try {
        for (const part of parts.filter((each) => extent.parts.includes(each))) {
            const { port } = servers.server(part === 'requests' ? extent.s3 : 'embedded')
            for (const configuration of configurations) {
                context.signal.throwIfAborted()
                const setup = { nginx, configuration, workers: extent.workers, s3Port: port }
                await measurements[part](report, { setup, extent, servers, wrk, folder, context })
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
    context: RunContext
}

async function addRequests(
    report: Report,
    { setup, extent, servers, wrk, folder, context }: Measurement,
): Promise<void> {
    const kinds = requestKinds(servers.objects, ({ md5, size }) => servers.server(extent.s3).etagOf(md5, size))
    const figures = await measureRequests(setup, kinds, { wrk, folder, seconds: extent.seconds, ...context })
    report.requests.push(...figures)
}

async function addPips(report: Report, { setup, extent, folder, context }: Measurement): Promise<void> {
    context.onProgress(`${setup.configuration}: ${extent.pips} pips`)
    report.pips.push(await measurePips(setup, extent.pips, folder, context.signal))
}

async function addVisible(report: Report, { setup, extent, servers, folder, context }: Measurement): Promise<void> {
    context.onProgress(`${setup.configuration}: ${extent.publishes} publishes`)
    const projects = Array.from({ length: extent.projects }, (_, number) => `project-${number}`)
    const publishing = {
        bucket: servers.bucket(),
        projects,
        publishes: extent.publishes,
        folder,
        signal: context.signal,
    }
    report.visible.push(await measureVisible(setup, publishing))
}

async function nginxOf({ nginxRoot }: Extent): Promise<NginxInstallation> {
    const nginxes = await findInstallations(nginxRoot === undefined ? [] : [nginxRoot])
    const name = nginxRoot === undefined ? 'this machine' : path.basename(nginxRoot)
    return nginxes.find((each) => each.name.endsWith(`(${name})`))!
}

interface Options extends Omit<Extent, 'parts'> {
    only?: Part[]
    json?: true
    write?: string
}

const program = createProgram(
    'npm run bench:end-to-end --',
    'Measures a whole index: requests, pips that install at once, and the time from a publish to its page.',
)
    .option('--projects <number>', "projects of the index, with PyPI's distribution of files", positive(5), 1000)
    .option('--large-files <number>', 'files of the one large project beside them', positive(5), 5000)
    .option('--seed <number>', 'says which project has how many files', positive(5), 1)
    .option('--workers <number>', 'workers of nginx', positive(5), 2)
    .addOption(
        new Option('--s3 <kind>', 'what is behind nginx when requests are measured')
            .choices(s3Kinds)
            .default('stand-in'),
    )
    .option('--seconds <number>', 'how long requests of one kind are measured', positive(5), 5)
    .option('--pips <number>', 'pips that install at once', positive(5), 200)
    .option('--publishes <number>', 'files that are published', positive(5), 100)
    .addOption(new Option('--only <parts...>', 'measure these parts (default: all)').choices(parts))
    .option('--nginx-root <folder>', "the nginx of an unpacked Debian (default: this machine's)")
    .option('--json', 'print the result for a machine')
    .option('--write <folder>', 'write it into performance.md and end-to-end.json there, too')
    .addHelpText(
        'after',
        `
Examples:
  npm run bench:end-to-end
  npm run bench:end-to-end -- --only requests --s3 embedded
  npm run bench:end-to-end -- --projects 100 --pips 20 --publishes 10 --seconds 1
  npm run bench:end-to-end -- --write docs`,
    )
    .action((options: Options) => inTemporaryFolder('end-to-end', (folder) => bench(options, folder)))

async function bench(options: Options, folder: string): Promise<void> {
    const report = await runInterruptibly((context) =>
        runBenchmark({ ...options, parts: options.only ?? parts }, folder, context),
    )
    process.stdout.write(options.json ? toJson(report) : reportAsText(report))
    const failure = report.pips.find((each) => each.failure !== undefined)
    if (failure !== undefined) throw new UserError(`a pip failed (${failure.configuration}): ${failure.failure}`)
    if (options.write !== undefined) await writeReport(report, options.write)
}

await runProgram(program)
