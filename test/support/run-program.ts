import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a program did. */
export interface Outcome {
    status: number
    stdout: string
    stderr: string
}

/** Where a program runs and what it sees; there is nothing in its environment but what is given, and PATH. */
export interface Circumstances {
    cwd: string
    environment?: Record<string, string>
    /** A program that starts it, with the arguments that come before its own. */
    through?: string[]
}

/** The file of a program of this package, as `npm run build` makes it. */
export function builtProgram(name: string): string {
    return fileURLToPath(new URL(`../../dist/scripts/${name}.js`, import.meta.url))
}

/** Runs a program of this package as a user does, without a terminal. Rejects when it takes longer than 30 seconds. */
export async function runProgram(name: string, words: string[], circumstances: Circumstances): Promise<Outcome> {
    const [program, ...all] = [...(circumstances.through ?? []), process.execPath, builtProgram(name), ...words]
    const child = spawn(program!, all, {
        cwd: circumstances.cwd,
        env: { PATH: process.env.PATH, ...circumstances.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 30_000,
    })
    const [stdout, stderr, [status, signal]] = await Promise.all([
        child.stdout.toArray(),
        child.stderr.toArray(),
        once(child, 'close'),
    ])
    if (signal !== null) throw new Error(`${name} ${words.join(' ')} ended by ${String(signal)}`)
    return {
        status: status as number,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
    }
}

/** What a program left when it ended. */
export interface ProgramResult {
    /** Undefined when a signal ended it. */
    status: number | undefined
    stdout: string
    stderr: string
}

/** A program that runs. */
export interface RunningProgram {
    child: ChildProcess
    result: Promise<ProgramResult>
}

/** Starts a program that a test ends before its time. */
export function startProgram(
    name: 'publish-package' | 'manage-index',
    words: string[],
    options: { env: NodeJS.ProcessEnv; cwd?: string; input?: string },
): RunningProgram {
    const child = spawn(process.execPath, [builtProgram(name), ...words], { env: options.env, cwd: options.cwd })
    child.stdin.end(options.input ?? '')
    const output = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    const result = new Promise<ProgramResult>((done, failed) => {
        child.on('error', failed)
        child.on('close', (status) => done({ status: status ?? undefined, ...output }))
    })
    return { child, result }
}
