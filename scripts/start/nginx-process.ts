import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../cli/user-error.js'

/** How to run an nginx: the program, and arguments that come before nginx's own (of a loader, or none). */
export interface NginxCommand {
    program: string
    arguments: string[]
}

/** An nginx that runs from a generated folder. */
export interface NginxProcess {
    /** Resolves when nginx has ended, with what it wrote on stderr: its error log. */
    ended: Promise<string>
    /** What nginx has written on stderr so far. */
    log(): string
    /** Ends nginx after the answers that are under way, at the latest after some seconds. */
    stop(): Promise<void>
}

/**
 * Starts nginx in the foreground from a folder with an nginx.conf and waits until it listens.
 *
 * @param port the loopback port that nginx will listen on
 * @param environment the whole environment of nginx
 * @throws UserError with nginx's own message when it ends instead of listening
 */
export async function startNginx(
    command: NginxCommand,
    folder: string,
    port: number,
    environment: NodeJS.ProcessEnv,
): Promise<NginxProcess> {
    const child = spawn(
        command.program,
        [...command.arguments, '-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr', '-g', 'daemon off;'],
        // A group of its own: Ctrl-C on a terminal is for npm start, which then stops nginx in order.
        { stdio: ['ignore', 'ignore', 'pipe'], env: environment, detached: true },
    )
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    const failed = new Promise<never>((_resolve, reject) => {
        child.once('error', (error) => reject(new UserError(`${command.program} cannot be run: ${error.message}`)))
    })
    const ended = Promise.race([failed, once(child, 'close').then(() => log)])
    ended.catch(() => {}) // who waits for it sees the error
    await Promise.race([listening(port, child), ended.then((text) => { throw startFailure(text) })])
    return { ended, log: () => log, stop: () => stop(child, ended) }
}

async function listening(port: number, child: ChildProcess): Promise<void> {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
        if (await accepts(port)) return
        await sleep(20)
    }
    child.kill('SIGKILL')
    throw new UserError(`nginx did not listen on port ${port} within 20 seconds`)
}

/** Whether something accepts connections on this port of the loopback address. */
export async function accepts(port: number): Promise<boolean> {
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

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGQUIT')
    const timeout = setTimeout(() => child.kill('SIGTERM'), 5_000)
    await ended
    clearTimeout(timeout)
}
