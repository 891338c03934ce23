import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cpuMicroseconds } from '../measured-nginx.js'

/**
 * Installs packages from PyPI into a virtual environment in the user's cache, unless it is already there.
 *
 * @param requirements with versions: `pypiserver==2.4.2`
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
 * @param environment variables in addition to those of this process
 * @throws Error with the last line of its stderr
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
        // After such a line, pip reports that there is no such package.
        const isCut = stderr.includes('after connection broken by')
        const reason = isCut ? 'PyPI cannot be reached' : stderr.trim().split('\n').at(-1) || message
        throw new Error(`${path.basename(program)} ${words[0]}: ${reason}`, { cause: error })
    }
}

interface ServerProcess {
    /** The root of its process tree. */
    pid: number
    stop(): Promise<void>
}

/** Milliseconds until a started server must answer, and until a stopped one is killed. */
const startTimeout = 60_000
const stopTimeout = 5_000

/**
 * Starts a server in a new process group, and waits until it answers.
 *
 * @param log a file for its output
 * @param url an address that a ready server answers, with any status
 * @throws Error with the last line of its output when it does not answer
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

/** The CPU time of a process and all its descendants so far, user and system. Microseconds. */
export function treeMicroseconds(root: number): number {
    return treeOf(root).reduce((sum, { microseconds }) => sum + microseconds, 0)
}

interface ProcessStat {
    pid: number
    parent: number
    /** CPU time of the process and its ended children so far. */
    microseconds: number
}

/** A process and all its descendants. */
export function treeOf(root: number): ProcessStat[] {
    const all = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => statOf(Number(name)))
    const tree = new Set([root])
    // A child can have a lower process id than its parent.
    for (let size = 0; size !== tree.size;) {
        size = tree.size
        for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid)
    }
    return all.filter(({ pid }) => tree.has(pid))
}

/** Linux reports hundredths of a second on all machines. @see proc(5), times(2) */
const microsecondsPerTick = 10_000

function statOf(pid: number): ProcessStat[] {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The name of the program, in parentheses, can contain any character.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const ticks = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) * microsecondsPerTick
        // utime and stime, but in nanoseconds, which are known for a process with one thread only.
        const own = fields[17] === '1' ? cpuMicroseconds(pid) : ticks(11)
        // cutime and cstime.
        return [{ pid, parent: Number(fields[1]), microseconds: own + ticks(13) }]
    } catch {
        return [] // it has ended
    }
}
