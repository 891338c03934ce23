import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that was started, with the processes that it starts. */
export interface ServerProcess {
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
