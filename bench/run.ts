import { InvalidArgumentError } from 'commander'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createProgram, runProgram } from '../scripts/cli/program.js'
import { UserError } from '../scripts/cli/user-error.js'
import { countInstructions, tableOfCounts, type Count } from './count.js'
import { upstreamConfiguration, type Subject } from './configurations.js'
import { loadGenerator } from './load.js'
import { measure, type Cost } from './measure.js'
import { nginxesAtHand, type JsEngine, type NginxAtHand } from './nginx-at-hand.js'
import { reportOf, tableOf } from './report.js'
import { pathKinds, type PathKind } from './request-paths.js'
import { runNginx, stopAll, type RunningNginx } from './running-nginx.js'

interface Options {
    nginxRoot: string[]
    rounds: number
    seconds: number
    paths: PathKind[]
    instructions?: true
    json?: true
}

const rootsOfEnvironment = (process.env.BENCH_NGINX_ROOTS ?? '').split(':').filter((root) => root !== '')

const program = createProgram(
    'npm run bench --',
    'Measures what a signed request costs against plain proxying by the same nginx, in CPU time of its worker.',
)
    .option(
        '--nginx-root <folder>',
        'measure the nginx of an unpacked Debian too; may be repeated (default: $BENCH_NGINX_ROOTS, separated by ":")',
        (root, roots: string[]) => [...roots, root],
        rootsOfEnvironment,
    )
    .option('--rounds <number>', 'how often each is measured', positive, 9)
    .option('--seconds <number>', 'how long each measurement takes', positive, 1)
    .option('--paths <kinds...>', `which paths are asked for: ${pathKinds.join(', ')}`, pathKind, [...pathKinds])
    .option('--instructions', 'count instructions with valgrind: the same on a busy machine, but without the kernel')
    .option('--json', 'print the result for a machine')
    .addHelpText(
        'after',
        `
Examples:
  npm run bench
  npm run bench -- --nginx-root /srv/roots/trixie --nginx-root /srv/roots/forky
  npm run bench -- --rounds 15 --paths recent --json
  npm run bench -- --instructions

A machine that does other work at the same time makes the quartiles wider, and the medians little worse.`,
    )
    .action(bench)

async function bench(options: Options): Promise<void> {
    const nginxes = await nginxesAtHand(options.nginxRoot)
    const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-load-'))
    const load = loadGenerator(folder)
    const costs: Cost[] = []
    const counts: Count[] = []
    const running: RunningNginx[] = []
    const interruption = new AbortController()
    // Not once: npm passes on what a terminal has sent already.
    process.on('SIGINT', () => interruption.abort(new UserError('interrupted')))
    const course = { onProgress: showProgress, signal: interruption.signal }
    try {
        const upstream = await runNginx(nginxes[0]!, 0, (place) => [
            { name: 'nginx.conf', content: upstreamConfiguration(place) },
        ])
        running.push(upstream)
        for (const nginx of nginxes) {
            const subjects = subjectsOf(nginx)
            if (options.instructions) {
                counts.push(...(await countInstructions(nginx, subjects, upstream.port, options.paths, course)))
            } else {
                costs.push(...(await measure(nginx, subjects, upstream.port, load, options, course)))
            }
        }
    } finally {
        showProgress('')
        await stopAll(running)
        await rm(folder, { recursive: true })
    }
    if (options.instructions) {
        process.stdout.write(options.json ? `${JSON.stringify(counts, null, 2)}\n` : tableOfCounts(counts))
        return
    }
    const report = reportOf(costs, load.name, options)
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : tableOf(report))
}

function subjectsOf({ engines, recipe }: NginxAtHand): Subject[] {
    const ours = engines.flatMap((engine: JsEngine): Subject[] => [
        { kind: 'constant js_set', engine },
        { kind: 'signed', engine, signature: 'v4' },
        { kind: 'signed', engine, signature: 'v2' },
    ])
    return recipe === undefined ? ours : [{ kind: 'recipe' }, ...ours]
}

function showProgress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function positive(text: string): number {
    if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1 to 9999.')
    return Number(text)
}

/** An option that takes several words is given them one by one, with those so far. */
function pathKind(text: string, others: PathKind[]): PathKind[] {
    const kind = pathKinds.find((each) => each === text)
    if (kind === undefined) throw new InvalidArgumentError(`It is one of: ${pathKinds.join(', ')}.`)
    return others.length === pathKinds.length ? [kind] : [...others, kind]
}

await runProgram(program)
