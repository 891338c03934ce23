import { readFile } from 'node:fs/promises'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { writeFolder } from '../../scripts/config/write-folder.js'
import { freePort } from '../../scripts/nginx/free-port.js'
import { startNginx, type NginxCommand } from '../../scripts/nginx/nginx-process.js'
import { nginxEnvironment } from '../embedded-s3.js'
import type { Place } from '../minimal-nginx.js'
import { inTemporaryFolder } from '../temporary-folder.js'
import { askInTurn } from './node-load.js'
import type { PathPattern } from './request-paths.js'

/** What is counted. */
export interface CountedRun {
    upstreamPort: number
    /** The files of nginx's folder, nginx.conf among them. */
    filesIn: (place: Place) => GeneratedFile[]
    paths: PathPattern
    /** How many requests are counted; as many again come before them, which are not. */
    requests: number
    /** Keeps callgrind's profile, for callgrind_annotate. */
    profile?: string
}

/**
 * The instructions that nginx executes for a request, its system calls left out. Unlike the time that they take, they
 * are nearly the same in each run and whatever else the machine does.
 *
 * valgrind counts all instructions of an nginx from its start to its end. Of two runs of which one has the same
 * requests and as many more, the difference is what those cost.
 */
export async function instructionsPerRequest(nginx: NginxCommand, run: CountedRun): Promise<number> {
    const few = await countInstructions(nginx, run, run.requests)
    const many = await countInstructions(nginx, run, run.requests * 2)
    return (many - few) / run.requests
}

function countInstructions(nginx: NginxCommand, run: CountedRun, requests: number): Promise<number> {
    return inTemporaryFolder('callgrind', async (folder) => {
        const port = await freePort()
        const profile = run.profile ?? `${folder}/callgrind.out`
        const files = run.filesIn({ folder, port, upstreamPort: run.upstreamPort }).map(({ name, content }) => ({
            name,
            content: name === 'nginx.conf' ? `master_process off;\n${content}` : content,
        }))
        await writeFolder(folder, files, true)
        const valgrind = {
            program: 'valgrind',
            arguments: [
                ...['--tool=callgrind', `--callgrind-out-file=${profile}`, `--log-file=${folder}/valgrind.log`],
                ...(run.profile === undefined ? [] : ['--dump-instr=yes']),
                ...[nginx.program, ...nginx.arguments],
            ],
        }
        let log = ''
        const environment = { ...nginxEnvironment, PATH: process.env.PATH }
        const onLog = (text: string) => void (log += text)
        const process_ = await startNginx(valgrind, { folder, port, environment, onLog })
        try {
            await askInTurn(port, run.paths, requests)
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
