import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * Installs packages from PyPI into an environment of their own, in the user's cache: from the second time on they are
 * there.
 *
 * @param requirements with their versions: `pypiserver==2.4.2`
 * @returns the folder of their programs
 * @throws Error with pip's last line
 */
export async function installPrograms(requirements: readonly string[], signal: AbortSignal): Promise<string> {
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
    const folder = path.join(cache, 'nginx-s3-pypi', 'bench', requirements.join('+'))
    const complete = path.join(folder, 'complete')
    const programs = path.join(folder, 'bin')
    if (existsSync(complete)) return programs
    await rm(folder, { recursive: true, force: true })
    await mkdir(path.dirname(folder), { recursive: true })
    await runProgram('python3', ['-m', 'venv', folder], {}, signal)
    const options = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '10']
    await runProgram(path.join(programs, 'pip'), ['install', ...options, ...requirements], {}, signal)
    await writeFile(complete, '')
    return programs
}

/**
 * Runs a program to its end.
 *
 * @param environment added to this program's
 * @throws Error with its last line
 */
export async function runProgram(
    program: string,
    words: readonly string[],
    environment: NodeJS.ProcessEnv,
    signal: AbortSignal,
): Promise<void> {
    try {
        await promisify(execFile)(program, words, { env: { ...process.env, ...environment }, signal })
    } catch (error) {
        signal.throwIfAborted()
        const { stderr = '', message } = error as Error & { stderr?: string }
        // pip goes on to say that there is no such package.
        const isCut = stderr.includes('after connection broken by')
        const reason = isCut ? 'PyPI cannot be reached' : stderr.trim().split('\n').at(-1) || message
        throw new Error(`${path.basename(program)} ${words[0]}: ${reason}`, { cause: error })
    }
}

/** A server that was started, with the processes that it starts. */
interface ServerProcess {
    pid: number
    stop(): Promise<void>
}

/** How long a server may take until it answers, and to end. Milliseconds. */
const startTimeout = 60_000
const stopTimeout = 5_000

/**
 * Starts a server, in a group of processes of its own, and waits until it answers.
 *
 * @param log a file that gets what it prints
 * @param url answers, with any status, when it is ready
 * @throws Error with its last words when it ends instead
 */
export async function startServer(
    [program, ...words]: readonly [string, ...string[]],
    environment: NodeJS.ProcessEnv,
    log: string,
    url: string,
    signal: AbortSignal,
): Promise<ServerProcess> {
    const output = openSync(log, 'w')
    const env = { ...process.env, ...environment }
    const child = spawn(program, words, { stdio: ['ignore', output, output], env, detached: true })
    closeSync(output)
    await once(child, 'spawn')
    const pid = child.pid!
    const isAlive = () => child.exitCode === null && child.signalCode === null
    const stop = async () => {
        if (!isAlive()) return
        const ended = once(child, 'exit')
        process.kill(-pid, 'SIGTERM')
        const timeout = setTimeout(() => process.kill(-pid, 'SIGKILL'), stopTimeout)
        await ended
        clearTimeout(timeout)
    }
    try {
        for (const deadline = Date.now() + startTimeout; Date.now() < deadline && isAlive(); await sleep(50)) {
            signal.throwIfAborted()
            if (await answers(url)) return { pid, stop }
        }
        throw new Error(`it does not answer: ${readFileSync(log, 'utf8').trim().split('\n').at(-1)}`)
    } catch (error) {
        await stop()
        throw error
    }
}

async function answers(url: string): Promise<boolean> {
    try {
        await (await fetch(url)).arrayBuffer()
        return true
    } catch {
        return false // it does not listen yet
    }
}

/** Linux counts in hundredths of a second, on all machines. @see proc(5), times(2) */
const microsecondsPerTick = 10_000

/** The CPU time, user and system, that a process, its threads, and all its children have used so far. Microseconds. */
export function treeMicroseconds(root: number): number {
    const all = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => statOf(Number(name)))
    const tree = new Set([root])
    // A child may have a lower number than its parent.
    for (let size = 0; size !== tree.size;) {
        size = tree.size
        for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid)
    }
    const ticks = all.filter(({ pid }) => tree.has(pid)).reduce((sum, each) => sum + each.ticks, 0)
    return ticks * microsecondsPerTick
}

function statOf(pid: number): { pid: number; parent: number; ticks: number }[] {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The name of the program, in parentheses, may hold anything.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        // utime, stime, and those of children that have ended.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
        return [{ pid, parent: Number(fields[1]), ticks }]
    } catch {
        return [] // it has ended
    }
}
