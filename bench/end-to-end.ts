import { Option } from 'commander'
import { createProgram, runProgram } from '../scripts/cli/program.js'
import { UserError } from '../core/user-error.js'
import { onCourse } from './course.js'
import { s3Kinds } from './end-to-end/measured-s3.js'
import { parts, runBenchmark, type Extent, type Part } from './end-to-end/run-benchmark.js'
import { reportAsText, writeReport } from './end-to-end/written-report.js'
import { positive } from './positive-number.js'
import { toJson } from './report-files.js'
import { inTemporaryFolder } from './temporary-folder.js'

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
    const report = await onCourse((course) =>
        runBenchmark({ ...options, parts: options.only ?? parts }, folder, course),
    )
    process.stdout.write(options.json ? toJson(report) : reportAsText(report))
    const failure = report.pips.find((each) => each.failure !== undefined)
    if (failure !== undefined) throw new UserError(`a pip failed (${failure.configuration}): ${failure.failure}`)
    if (options.write !== undefined) await writeReport(report, options.write)
}

await runProgram(program)
