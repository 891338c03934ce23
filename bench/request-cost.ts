import { InvalidArgumentError, Option } from 'commander'
import { UsageError, UserError } from '../core/user-error.js'
import { createProgram, runProgram } from '../scripts/cli/program.js'
import { measureCacheHits, measureReaders, measureSigning, pathKinds, type PathKind } from './request-cost/cpu-time.js'
import { countSigning, tableOfCounts, type Count } from './request-cost/instructions.js'
import { measureLargeFile } from './request-cost/large-file.js'
import { reportOf, requestCostTables, writeReport, type Measured, type Report } from './request-cost/report.js'
import { readGateway, type Gateway } from './request-cost/subjects.js'
import { compareRivals } from './rivals/compare.js'
import { pageSizes } from './rivals/pages.js'
import { rivalsTables, writeRivalsReport, type RivalsReport } from './rivals/report.js'
import { measurePublic } from './public/measure.js'
import { publicTables, writePublicReport, type PublicReport } from './public/report.js'
import { measureUploads } from './uploads/measure.js'
import { uploadsTables, writeUploadsReport, type UploadsReport } from './uploads/report.js'
import { compareServers } from './servers/compare.js'
import { findWrk, loadGenerator, type LoadGenerator } from './load.js'
import { findInstallations, type NginxInstallation } from './measured-nginx.js'
import { inTemporaryFolder, positiveInteger, runInterruptibly, type RunContext } from './measurement.js'
import { toJson, toMarkdown, toText } from './report.js'

/**
 * The parts that can be measured alone: our nginx against a plain one, all of ours against pypiron and peryx, uploads,
 * public packages.
 */
const parts = ['nginx', 'rivals', 'uploads', 'public'] as const
type Part = (typeof parts)[number]

interface Options {
    only?: Part[]
    pageFiles: number[]
    nginxRoot: string[]
    rounds: number
    seconds: number
    paths: PathKind[]
    nginxS3Gateway?: string
    nginxPypiCache?: string
    latency: number
    servers?: true
    instructions?: true
    write?: string
    json?: true
}

const rootsOfEnvironment = (process.env.BENCH_NGINX_ROOTS ?? '').split(':').filter((root) => root !== '')

const program = createProgram(
    'npm run bench --',
    'Measures what our nginx costs against a plain one of the same version: signed requests, hits of the cache, a large ' +
        'file. Then it compares pages, files and installs with pypiron and peryx, which it installs from PyPI, and measures ' +
        'what uploads do to other requests of the same worker, and public packages beside other caching proxies.',
)
    .addOption(new Option('--only <parts...>', 'measure these parts (default: all)').choices(parts))
    .option(
        '--nginx-root <folder>',
        'measure the nginx of an unpacked Debian too; may be repeated (default: $BENCH_NGINX_ROOTS, separated by ":")',
        (root, roots: string[]) => [...roots, root],
        rootsOfEnvironment,
    )
    .option('--rounds <number>', 'how often each is measured', positiveInteger(4), 9)
    .option('--seconds <number>', 'how long each measurement takes', positiveInteger(4), 1)
    .option('--paths <kinds...>', `which paths are asked for: ${pathKinds.join(', ')}`, pathKind, [...pathKinds])
    .option('--page-files <numbers...>', 'files of the pages that are compared', pageFiles, pageSizes)
    .option('--nginx-s3-gateway <folder>', 'measure a checkout of nginx-s3-gateway too, with the newest nginx')
    .option('--nginx-pypi-cache <folder>', 'install public packages through a checkout of nginx_pypi_cache too')
    .option('--latency <ms>', 'the index behind caching proxies answers after so long', positiveInteger(4), 20)
    .option('--servers', 'measure pypiserver, devpi, pypiron and s3pypi of PyPI too: it takes minutes more')
    .option('--instructions', 'count instructions with valgrind: the same on a busy machine, but without the kernel')
    .option(
        '--write <folder>',
        'write performance.json, performance.svg, rivals.json, uploads.json, public.json and the tables of a performance.md and a public-packages.md',
    )
    .option('--json', 'print the result for a machine')
    .addHelpText(
        'after',
        `
Examples:
  npm run bench
  npm run bench -- --nginx-root /srv/roots/trixie --nginx-root /srv/roots/forky
  npm run bench -- --rounds 15 --paths recent --json
  npm run bench -- --only rivals --page-files 4 300
  npm run bench -- --only uploads --rounds 3
  npm run bench -- --only public --rounds 5 --nginx-pypi-cache ~/nginx_pypi_cache
  npm run bench -- --instructions
  npm run bench -- --servers --nginx-s3-gateway ~/nginx-s3-gateway --write docs

A machine that does other work at the same time makes the quartiles wider, and the medians little worse.`,
    )
    .action((options: Options) => inTemporaryFolder('load', (folder) => bench(options, folder)))

async function bench(options: Options, folder: string): Promise<void> {
    if (options.instructions && (options.servers || options.write !== undefined)) {
        throw new UsageError('--instructions goes with neither --servers nor --write', 'Run it by itself.')
    }
    const nginxes = await findInstallations(options.nginxRoot)
    const gateway = options.nginxS3Gateway === undefined ? undefined : readGateway(options.nginxS3Gateway)
    if (options.instructions) {
        const counts = await runInterruptibly((context) => countAll(nginxes, gateway, options, context))
        process.stdout.write(options.json ? toJson(counts) : tableOfCounts(counts))
        return
    }
    const measured = await runInterruptibly((context) => measureParts(nginxes, gateway, folder, options, context))
    const { report, rivals, uploads, public: ofPublic } = measured
    if (options.write !== undefined) {
        if (ofPublic !== undefined) await writePublicReport(ofPublic, options.write)
        if (report !== undefined) await writeReport(report, options.write)
        if (rivals !== undefined) await writeRivalsReport(rivals, options.write)
        if (uploads !== undefined) await writeUploadsReport(uploads, options.write)
    }
    const formatted = options.write === undefined ? toText : toMarkdown
    const tables = [
        ...(report ? requestCostTables(report) : []),
        ...(rivals ? rivalsTables(rivals) : []),
        ...(uploads ? uploadsTables(uploads) : []),
        ...(ofPublic ? publicTables(ofPublic) : []),
    ]
    process.stdout.write(options.json ? toJson({ ...report, rivals, uploads, public: ofPublic }) : formatted(tables))
}

/** @param folder for the files of the load generator */
async function measureParts(
    nginxes: readonly NginxInstallation[],
    gateway: Gateway | undefined,
    folder: string,
    options: Options,
    context: RunContext,
): Promise<{ report?: Report; rivals?: RivalsReport; uploads?: UploadsReport; public?: PublicReport }> {
    const wrk = findWrk()
    const isMeasured = (part: Part) => options.only?.includes(part) ?? true
    if (wrk === undefined && (options.servers || options.only?.includes('rivals'))) {
        throw new UserError('comparing with other servers needs wrk, which is not installed', 'apt-get install wrk')
    }
    if (wrk === undefined && isMeasured('rivals')) {
        process.stderr.write('not compared with pypiron and peryx: wrk is not installed (apt-get install wrk)\n')
    }
    const load = loadGenerator(folder)
    const measured = isMeasured('nginx') ? await measureAll(nginxes, gateway, load, options, context) : undefined
    const rivals =
        isMeasured('rivals') && wrk !== undefined
            ? await compareRivals(nginxes.at(-1)!, wrk, options.pageFiles, options, context)
            : undefined
    const uploads = isMeasured('uploads') ? await measureUploads(nginxes, load, options, context) : undefined
    const ofPublic = isMeasured('public') ? await measurePublic(nginxes, wrk, options, context) : undefined
    return {
        ...(measured && { report: reportOf(measured, load.name, options) }),
        ...(rivals && { rivals }),
        ...(uploads && { uploads }),
        ...(ofPublic && { public: ofPublic }),
    }
}

async function countAll(
    nginxes: readonly NginxInstallation[],
    gateway: Gateway | undefined,
    options: Options,
    context: RunContext,
): Promise<Count[]> {
    const counts: Count[] = []
    for (const nginx of nginxes) {
        const its = nginx === nginxes.at(-1) ? gateway : undefined
        counts.push(...(await countSigning(nginx, its, options.paths, context)))
    }
    return counts
}

async function measureAll(
    nginxes: readonly NginxInstallation[],
    gateway: Gateway | undefined,
    load: LoadGenerator,
    options: Options,
    context: RunContext,
): Promise<Measured> {
    const measured: Measured = { costs: [], cacheHits: [], readers: [], largeFile: [] }
    const newest = nginxes.at(-1)!
    for (const nginx of nginxes) {
        const its = nginx === newest ? gateway : undefined
        measured.costs.push(...(await measureSigning(nginx, its, load, options, context)))
        measured.cacheHits.push(...(await measureCacheHits(nginx, its, load, options, context)))
        measured.readers.push(...(await measureReaders(nginx, load, options, context)))
        measured.largeFile.push(...(await measureLargeFile(nginx, options, context)))
    }
    return options.servers
        ? { ...measured, servers: await compareServers(newest, findWrk()!, options, context) }
        : measured
}

/** Parses one word of `--paths`. @param others the words before it, or the default */
function pathKind(text: string, others: PathKind[]): PathKind[] {
    const kind = pathKinds.find((each) => each === text)
    if (kind === undefined) throw new InvalidArgumentError(`It is one of: ${pathKinds.join(', ')}.`)
    return others.length === pathKinds.length ? [kind] : [...others, kind]
}

/** Parses one word of `--page-files`. @param others the words before it, or the default */
function pageFiles(text: string, others: number[]): number[] {
    return [...(others === pageSizes ? [] : others), positiveInteger(5)(text)]
}

await runProgram(program)
