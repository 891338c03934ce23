import type { GeneratedFile } from '../scripts/config/render.js'
import { writeFolder } from '../scripts/config/write-folder.js'
import { freePort } from '../scripts/nginx/free-port.js'
import { startNginx, type NginxCommand } from '../scripts/nginx/nginx-process.js'
import { nginxEnvironment } from './embedded-s3.js'
import type { Place } from './minimal-nginx.js'
import { masterOf, workersOf } from './nginx-workers.js'
import { removeFolder, temporaryFolder } from './temporary-folder.js'

/** An nginx in a temporary folder. */
export interface RunningNginx {
    port: number
    /** The process id of its first worker, which most have alone. */
    worker: number
    /** Those of all its workers. */
    workers: number[]
    /** That of its master, of which they are children. */
    master: number
    /** @throws Error when nginx has logged anything: it met errors while it was measured */
    stop(): Promise<void>
}

/**
 * Starts an nginx. Its folder goes when it ends.
 *
 * @param filesIn the files of its folder, nginx.conf among them
 * @param count how many workers that nginx.conf asks for
 */
export async function runNginx(
    command: NginxCommand,
    upstreamPort: number,
    filesIn: (place: Place) => GeneratedFile[],
    count = 1,
): Promise<RunningNginx> {
    const folder = await temporaryFolder('nginx')
    const port = await freePort()
    let log = ''
    const onLog = (text: string) => void (log += text)
    try {
        await writeFolder(folder, filesIn({ folder, port, upstreamPort }), true)
        const nginx = await startNginx(command, { folder, port, environment: nginxEnvironment, onLog })
        const stop = async () => {
            await nginx.stop()
            await removeFolder(folder)
            if (/\[(?:warn|error|crit|alert|emerg)\]/.test(log)) throw new Error(`nginx logged:\n${log.slice(0, 2000)}`)
        }
        try {
            const workers = await workersOf(folder, count)
            return { port, worker: workers[0]!, workers, master: Number(masterOf(folder)), stop }
        } catch (error) {
            await stop()
            throw error
        }
    } catch (error) {
        await removeFolder(folder)
        throw error
    }
}

/** Stops all of them, also when one that stops has something to complain of. */
export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
    const ends = await Promise.allSettled(running.map((each) => each.stop()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
}
