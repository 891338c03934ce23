import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a program ended. */
export interface Outcome {
    /** Undefined where `killed` ended it. */
    status: number | undefined
    stdout: string
    stderr: string
}

/** Where a program runs and what it sees. */
export interface Circumstances {
    cwd?: string
    /** The whole environment, but for PATH, which is always set. */
    environment?: NodeJS.ProcessEnv
    /** A program that starts it, with the arguments that come before its own. */
    through?: string[]
    /** Kills the program when it is aborted. */
    killed?: AbortSignal
}

/** More than any program takes on a busy machine, in milliseconds. */
const timeLimit = 120_000

/** The file of a program of this package, as `npm run build` makes it. */
export function builtProgram(name: string): string {
    return fileURLToPath(new URL(`../../../dist/scripts/${name}.js`, import.meta.url))
}

/** Runs a program of this package as a user does, without a terminal. Rejects when it exceeds the time limit. */
export async function runProgram(
    name: string,
    words: string[],
    { cwd, environment, through = [], killed }: Circumstances = {},
): Promise<Outcome> {
    const [program, ...all] = [...through, process.execPath, builtProgram(name), ...words]
    const child = spawn(program!, all, {
        cwd,
        env: { PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeLimit,
    })
    killed?.addEventListener('abort', () => child.kill('SIGKILL'))
    const [stdout, stderr, [status, signal]] = await Promise.all([
        child.stdout.toArray(),
        child.stderr.toArray(),
        once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ])
    if (signal !== null && !killed?.aborted) throw new Error(`${name} ${words.join(' ')} ended by ${signal}`)
    return {
        status: status ?? undefined,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
    }
}
