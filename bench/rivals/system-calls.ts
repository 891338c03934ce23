import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { treeOf } from '../servers/programs.js'

/** System calls of a request, by name, most frequent first. */
export type SystemCalls = Record<string, number>

/** Milliseconds until strace must have attached. */
const attachTimeout = 10_000

/**
 * Counts the system calls of a server, all its processes and threads, during a load.
 *
 * @param root the process id of the server
 * @param folder for the output of strace
 * @param load returns the number of requests
 * @throws Error with strace's words when it is not installed or must not trace the server
 */
export async function countSystemCalls(
    root: number,
    folder: string,
    load: () => Promise<number>,
): Promise<SystemCalls> {
    const output = path.join(folder, 'strace.txt')
    const pids = treeOf(root).map(({ pid }) => String(pid))
    const words = ['-f', '-c', '-o', output, ...pids.flatMap((pid) => ['-p', pid])]
    const strace = spawn('strace', words, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(strace, 'exit')
    // An error of `spawn` rejects `ended`, too.
    ended.catch(() => undefined)
    let said = ''
    strace.stderr.setEncoding('utf8').on('data', (text: string) => void (said += text))
    try {
        await Promise.race([attached(() => said, pids.length), ended.then(() => throwWords(said))])
    } catch (error) {
        strace.kill('SIGKILL')
        throw isMissing(error) ? new Error('strace is not installed: apt-get install strace') : error
    }
    let requests: number
    try {
        requests = await load()
    } finally {
        // It detaches and writes the summary.
        strace.kill('SIGINT')
        await ended
    }
    return parseSummary(await readFile(output, 'utf8'), requests)
}

/** Waits until strace has said that it attached to each process. */
async function attached(said: () => string, processes: number): Promise<void> {
    for (const deadline = Date.now() + attachTimeout; Date.now() < deadline; await sleep(20)) {
        if ((said().match(/^strace: Process \d+ attached/gm) ?? []).length >= processes) return
    }
    throwWords(said())
}

function throwWords(said: string): never {
    throw new Error(`strace did not attach: ${said.trim().split('\n').at(-1)}`)
}

function isMissing(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** Parses the table of `strace -c`: `% time, seconds, usecs/call, calls, errors, syscall`; errors may be missing. */
export function parseSummary(text: string, requests: number): SystemCalls {
    const calls = [...text.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +([a-z]\w*)$/gm)]
        .filter(([, , name]) => name !== 'total')
        .map(([, count, name]): [string, number] => [name!, Number(count) / requests])
    return Object.fromEntries(calls.sort(([, one], [, other]) => other - one))
}
