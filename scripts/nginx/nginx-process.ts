import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../core/user-error.js'

/** The command that runs nginx: the program, and arguments before nginx's own, such as those of `docker run`. */
export interface NginxCommand {
    program: string
    arguments: string[]
}

/** Options of `startNginx`. */
export interface NginxStart {
    /** A folder with an nginx.conf. */
    folder: string
    /** The loopback port that nginx will listen on. */
    port: number
    /** The whole environment of nginx. */
    environment: NodeJS.ProcessEnv
    /** Receives the error log as nginx writes it. */
    onLog: (text: string) => void
    /** Kills nginx. */
    signal?: AbortSignal
}

/** A running nginx. */
export interface NginxProcess {
    /** Resolves when nginx has exited. */
    ended: Promise<void>
    /** Stops nginx after the running requests, or after five seconds. */
    stop(): Promise<void>
}

/** How long nginx may take to listen, in milliseconds; a container engine may pull the image first. */
const startTimeout = 120_000

/**
 * Starts nginx in the foreground and waits until it listens.
 *
 * @throws UserError with nginx's message when it exits instead of listening
 */
export async function startNginx(command: NginxCommand, start: NginxStart): Promise<NginxProcess> {
    const child = spawn(
        command.program,
        [
            ...command.arguments,
            '-p',
            start.folder,
            '-c',
            `${start.folder}/nginx.conf`,
            '-e',
            'stderr',
            '-g',
            'daemon off;',
        ],
        // In a separate process group, so that Ctrl-C in a terminal reaches only this program, which then stops nginx.
        {
            stdio: ['ignore', 'ignore', 'pipe'],
            env: start.environment,
            detached: true,
            ...(start.signal && { signal: start.signal }),
        },
    )
    let firstWords = ''
    let listens = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (!listens) firstWords += text
        start.onLog(text)
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const failed = new Promise<never>((_resolve, reject) => {
        child.once('error', (error) => reject(new UserError(`${command.program} cannot be run: ${error.message}`)))
        void ended.then(() => reject(startFailure(firstWords)))
    })
    await Promise.race([listening(start.port, child), failed])
    failed.catch(() => {}) // a later exit is reported by `ended`
    child.on('error', () => {}) // the signal also kills a running nginx
    listens = true
    return { ended, stop: () => stop(child, ended) }
}

async function listening(port: number, child: ChildProcess): Promise<void> {
    for (const deadline = Date.now() + startTimeout; Date.now() < deadline && isAlive(child); await sleep(20)) {
        if (await accepts(port)) return
    }
    if (!isAlive(child)) return new Promise(() => {}) // `failed` reports why it exited
    child.kill('SIGKILL')
    throw new UserError(`nginx did not listen on port ${port} within ${startTimeout / 1000} seconds`)
}

async function accepts(port: number): Promise<boolean> {
    const socket = net.connect(port, '127.0.0.1')
    try {
        await once(socket, 'connect')
        return true
    } catch {
        return false
    } finally {
        socket.destroy()
    }
}

function startFailure(log: string): UserError {
    const lines = log.split('\n').filter((line) => /\[(?:emerg|alert|error)\]/.test(line))
    return new UserError(`nginx does not start: ${(lines.length > 0 ? lines : [log.trim()]).join('\n')}`)
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
    if (!isAlive(child)) return ended
    child.kill('SIGQUIT')
    const timeout = setTimeout(() => child.kill('SIGTERM'), 5_000)
    await ended
    clearTimeout(timeout)
}

function isAlive(child: ChildProcess): boolean {
    return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}
