import { spawn } from 'node:child_process'
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
