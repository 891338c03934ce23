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
import { inTemporaryFolder, positiveInteger, runInterruptibly, type RunContext } from './measurement.js'
import { currentEnvironment, toJson } from './report.js'

/** The parts that can be measured alone. */
const parts = ['requests', 'pips', 'publishes'] as const
type Part = (typeof parts)[number]

interface Options {
    projects: number
    largeFiles: number
    seed: number
    workers: number
    /** The server behind nginx when requests are measured; the other parts have the embedded one. */
    s3: S3Kind
    seconds: number
    pips: number
    publishes: number
    only?: Part[]
    nginxRoot?: string
    json?: true
    write?: string
}

const program = createProgram(
    'npm run bench:end-to-end --',
    'Measures a whole index: requests, pips that install at once, and the time from a publish to its page.',
)
    .option('--projects <number>', "projects of the index, with PyPI's distribution of files", positiveInteger(5), 1000)
    .option('--large-files <number>', 'files of the one large project beside them', positiveInteger(5), 5000)
    .option('--seed <number>', 'says which project has how many files', positiveInteger(5), 1)
    .option('--workers <number>', 'workers of nginx', positiveInteger(5), 2)
    .addOption(
        new Option('--s3 <kind>', 'what is behind nginx when requests are measured')
            .choices(s3Kinds)
            .default('stand-in'),
    )
    .option('--seconds <number>', 'how long requests of one kind are measured', positiveInteger(5), 5)
    .option('--pips <number>', 'pips that install at once', positiveInteger(5), 200)
    .option('--publishes <number>', 'files that are published', positiveInteger(5), 100)
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
    const report = await runInterruptibly((context) => measureAll(options, folder, context))
    process.stdout.write(options.json ? toJson(report) : reportAsText(report))
    const failure = report.pips.find((each) => each.failure !== undefined)
    if (failure !== undefined) throw new UserError(`a pip failed (${failure.configuration}): ${failure.failure}`)
    if (options.write !== undefined) await writeReport(report, options.write)
}

/** Makes an index, measures it, and stops all servers. @param folder for the index and all that clients write */
async function measureAll(options: Options, folder: string, context: RunContext): Promise<Report> {
    const nginx = await nginxOf(options)
    const projects = planIndex(options.projects, options.largeFiles, options.seed)
    const wrk = findWrk()
    const report: Report = {
        ...currentEnvironment(),
        nginx: nginx.version,
        workers: options.workers,
        index: {
            projects: projects.length,
            files: projects.reduce((sum, { versions }) => sum + versions.length, 0),
            largeProjectFiles: options.largeFiles,
            seed: options.seed,
        },
        s3: options.s3,
        loadGenerator: wrk === undefined ? 'node' : 'wrk',
        connections,
        seconds: options.seconds,
        requests: [],
        pips: [],
        visible: [],
    }
    const measured = parts.filter((part) => options.only?.includes(part) ?? true)
    const s3Of = (part: Part): S3Kind => (part === 'requests' ? options.s3 : 'embedded')
    const servers = await startIndexServers(nginx, projects, new Set(measured.map(s3Of)), folder, context)
    const measurements = { requests: addRequests, pips: addPips, publishes: addVisible }
    try {
        for (const part of measured) {
            const { port } = servers.server(s3Of(part))
            for (const configuration of configurations) {
                context.signal.throwIfAborted()
                const setup = { nginx, configuration, workers: options.workers, s3Port: port }
                await measurements[part](report, { setup, options, servers, wrk, folder, context })
            }
        }
        return report
    } finally {
        await servers.stop()
    }
}

/** The input of a measurement of one part with one configuration. */
interface Measurement {
    setup: IndexSetup
    options: Options
    servers: IndexServers
    wrk: string | undefined
    folder: string
    context: RunContext
}

async function addRequests(
    report: Report,
    { setup, options, servers, wrk, folder, context }: Measurement,
): Promise<void> {
    const kinds = requestKinds(servers.objects, ({ md5, size }) => servers.server(options.s3).etagOf(md5, size))
    const figures = await measureRequests(setup, kinds, { wrk, folder, seconds: options.seconds, ...context })
    report.requests.push(...figures)
}

async function addPips(report: Report, { setup, options, folder, context }: Measurement): Promise<void> {
    context.onProgress(`${setup.configuration}: ${options.pips} pips`)
    report.pips.push(await measurePips(setup, options.pips, folder, context.signal))
}

async function addVisible(report: Report, { setup, options, servers, folder, context }: Measurement): Promise<void> {
    context.onProgress(`${setup.configuration}: ${options.publishes} publishes`)
    const projects = Array.from({ length: options.projects }, (_, number) => `project-${number}`)
    const publishing = {
        bucket: servers.bucket(),
        projects,
        publishes: options.publishes,
        folder,
        signal: context.signal,
    }
    report.visible.push(await measureVisible(setup, publishing))
}

async function nginxOf({ nginxRoot }: Options): Promise<NginxInstallation> {
    const nginxes = await findInstallations(nginxRoot === undefined ? [] : [nginxRoot])
    const name = nginxRoot === undefined ? 'this machine' : path.basename(nginxRoot)
    return nginxes.find((each) => each.name.endsWith(`(${name})`))!
}

await runProgram(program)
