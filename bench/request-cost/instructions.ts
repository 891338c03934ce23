import { readFile } from 'node:fs/promises'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { writeFolder } from '../../scripts/config/write-folder.js'
import { freePort } from '../../scripts/nginx/free-port.js'
import { startNginx, type NginxCommand } from '../../scripts/nginx/nginx-process.js'
import { nginxEnvironment } from '../embedded-s3.js'
import { sendInSequence, type PathPattern } from '../load.js'
import { withUpstream, type NginxInstallation } from '../measured-nginx.js'
import { inTemporaryFolder, spreadOf, type RunContext } from '../measurement.js'
import { constantUpstream, type Place } from '../nginx-configuration.js'
import { pathPattern, type PathKind } from './cpu-time.js'
import { signingSubjects, subjectFiles, subjectName, type Gateway, type Subject } from './subjects.js'

/** The instructions of a request in the worker of nginx, without those of the kernel. */
export interface Count {
    nginx: string
    subject: string
    paths: PathKind
    instructions: number
}

/** The number of counted requests, and of recent paths. */
const requests = 100

/**
 * Counts the instructions of signing subjects and of plain proxying, with one nginx. Each count takes half a minute and
 * repeats to a thousandth.
 */
export async function countSigning(
    nginx: NginxInstallation,
    gateway: Gateway | undefined,
    kinds: readonly PathKind[],
    context: RunContext,
): Promise<Count[]> {
    const subjects: Subject[] = [{ kind: 'plain' }, ...signingSubjects(nginx, gateway)]
    return withUpstream(nginx, constantUpstream, async (upstreamPort) => {
        const counts: Count[] = []
        for (const subject of subjects) {
            for (const paths of kinds) {
                context.signal.throwIfAborted()
                context.onProgress(`${nginx.name}: ${subjectName(subject)}, ${paths} paths`)
                const instructions = await medianInstructions(nginx, subject, paths, upstreamPort)
                counts.push({ nginx: nginx.name, subject: subjectName(subject), paths, instructions })
            }
        }
        return counts
    })
}

/** The median of three counts: one can be too high, when a minute ends during it and makes recent paths new. */
async function medianInstructions(
    nginx: NginxInstallation,
    subject: Subject,
    paths: PathKind,
    upstreamPort: number,
): Promise<number> {
    const pattern = pathPattern(paths, 1_000_000)
    const run = {
        upstreamPort,
        filesIn: (place: Place) => subjectFiles(subject, nginx, place),
        paths: Number.isFinite(pattern.count) ? { ...pattern, count: requests } : pattern,
        requests,
    }
    const repeated: number[] = []
    for (let time = 0; time < 3; time++) repeated.push(await instructionsPerRequest(nginx, run))
    return Math.round(spreadOf(repeated).median)
}

/** Formats counts as a table: a line for each nginx and subject, a column for each kind of path. */
export function tableOfCounts(counts: readonly Count[]): string {
    const kinds = [...new Set(counts.map(({ paths }) => paths))]
    const lines = new Map<string, string[]>()
    for (const { nginx, subject, instructions } of counts) {
        const name = `${nginx}  ${subject}`
        lines.set(name, [...(lines.get(name) ?? []), instructions.toLocaleString('en').padStart(11)])
    }
    const width = Math.max(...[...lines.keys()].map((name) => name.length))
    const head = ''.padEnd(width) + kinds.map((kind) => `  ${kind.padStart(11)}`).join('')
    const rows = [...lines].map(([name, cells]) => name.padEnd(width) + cells.map((cell) => `  ${cell}`).join(''))
    return `Instructions that nginx executes for a request, system calls left out, by kind of path.\n\n${[head, ...rows].join('\n')}\n`
}

interface CountedRun {
    upstreamPort: number
    /** The files of nginx's folder, nginx.conf among them. */
    filesIn: (place: Place) => GeneratedFile[]
    paths: PathPattern
    /** The number of counted requests. The same number of requests runs before them. */
    requests: number
}

/**
 * The instructions of nginx for a request, without system calls. Unlike CPU time, they are nearly the same in each run,
 * also on a busy machine.
 *
 * valgrind counts all instructions from the start of an nginx to its end. This function runs nginx twice, the second time
 * with twice the requests, and divides the difference.
 */
export async function instructionsPerRequest(nginx: NginxCommand, run: CountedRun): Promise<number> {
    const few = await totalInstructions(nginx, run, run.requests)
    const many = await totalInstructions(nginx, run, run.requests * 2)
    return (many - few) / run.requests
}

function totalInstructions(nginx: NginxCommand, run: CountedRun, requests: number): Promise<number> {
    return inTemporaryFolder('callgrind', async (folder) => {
        const port = await freePort()
        const profile = `${folder}/callgrind.out`
        const files = run.filesIn({ folder, port, upstreamPort: run.upstreamPort }).map(({ name, content }) => ({
            name,
            content: name === 'nginx.conf' ? `master_process off;\n${content}` : content,
        }))
        await writeFolder(folder, files, true)
        const valgrind = {
            program: 'valgrind',
            arguments: [
                ...['--tool=callgrind', `--callgrind-out-file=${profile}`, `--log-file=${folder}/valgrind.log`],
                ...[nginx.program, ...nginx.arguments],
            ],
        }
        let log = ''
        const environment = { ...nginxEnvironment, PATH: process.env.PATH }
        const onLog = (text: string) => void (log += text)
        const process_ = await startNginx(valgrind, { folder, port, environment, onLog })
        try {
            await sendInSequence(port, run.paths, requests)
        } finally {
            await process_.stop()
        }
        if (/\[(?:error|crit|alert|emerg)\]/.test(log)) throw new Error(`nginx logged:\n${log.slice(0, 2000)}`)
        const total = /^(?:totals|summary): (\d+)/m.exec(await readFile(profile, 'latin1'))?.[1]
        if (total === undefined) {
            throw new Error(`valgrind counted nothing:\n${await readFile(`${folder}/valgrind.log`, 'utf8')}`)
        }
        return Number(total)
    })
}
