import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { generateLoad } from './node-load.js'
import type { PathPattern } from './request-paths.js'

/** What a load generator saw. */
export interface Load {
    /** Answers with status 200. */
    requests: number
    /** How long it took, in seconds. */
    seconds: number
}

/** Asks a server on a port of the loopback address over connections that stay open, as fast as it answers. */
export interface LoadGenerator {
    name: 'wrk' | 'node'
    /** @throws Error when an answer is not a 200: what was measured then would not be the thing that was meant */
    run(port: number, paths: PathPattern, seconds: number): Promise<Load>
}

const connections = 16

/** wrk where it is installed, since it leaves more of the machine to the server; else a generator in Node. */
export function loadGenerator(folder: string): LoadGenerator {
    const wrk = findWrk()
    if (wrk === undefined) {
        return { name: 'node', run: (port, paths, seconds) => generateLoad(port, paths, connections, seconds) }
    }
    return { name: 'wrk', run: (port, paths, seconds) => runWrk(wrk, folder, port, paths, seconds) }
}

/** The program, or undefined where it is not installed. */
export function findWrk(): string | undefined {
    return (process.env.PATH ?? '')
        .split(':')
        .map((entry) => path.resolve(entry, 'wrk'))
        .find(existsSync)
}

async function runWrk(wrk: string, folder: string, port: number, paths: PathPattern, seconds: number): Promise<Load> {
    const script = path.join(folder, 'wrk.lua')
    await writeFile(script, wrkScript(paths))
    // wrk takes whole seconds only.
    const words = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '-s', script, `http://127.0.0.1:${port}`]
    const { stdout } = await promisify(execFile)(wrk, words)
    const found = /^RESULT (\d+) (\d+) (\d+)$/m.exec(stdout)
    if (found === null || found[3] !== '0') throw new Error(`wrk met errors:\n${stdout}`)
    return { requests: Number(found[1]), seconds: Number(found[2]) / 1e6 }
}

function wrkScript(paths: PathPattern): string {
    const next = Number.isFinite(paths.count) ? `(number + 1) % ${paths.count}` : 'number + 1'
    return `local number = ${paths.first}
request = function()
    number = ${next}
    return wrk.format(nil, "${paths.before}" .. number .. "${paths.after}")
end
done = function(summary)
    local errors = summary.errors
    local count = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    print(string.format("RESULT %d %d %d", summary.requests, summary.duration, count))
end
`
}
