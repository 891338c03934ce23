import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../core/user-error.js'
import type { GeneratedFile } from '../scripts/config/render.js'
import { writeFolder } from '../scripts/config/write-folder.js'
import { findNginx, inspectNginx, type Nginx } from '../scripts/nginx/find-nginx.js'
import { freePort } from '../scripts/nginx/free-port.js'
import { startNginx, type NginxCommand } from '../scripts/nginx/nginx-process.js'
import { nginxFeatures } from '../scripts/nginx/nginx-version.js'
import { nginxEnvironment } from './embedded-s3.js'
import { removeFolder, temporaryFolder } from './measurement.js'
import type { Place } from './nginx-configuration.js'

/** An engine that runs the script in nginx. */
export type JsEngine = 'njs' | 'qjs'

/** An nginx to measure, with a name for the report. */
export interface NginxInstallation extends Nginx {
    /** `1.30.6 (forky)` */
    name: string
    engines: JsEngine[]
    /** What the recipe of 2018 needs; undefined where it is not there. */
    recipe: RecipeParts | undefined
}

/** The modules of Debian that the recipe of 2018 was made of, and Lua's own files. */
interface RecipeParts {
    modules: string[]
    luaPath: string
}

/**
 * This machine's nginx and those of unpacked root file systems, oldest first.
 *
 * @param roots folders into which a Debian with nginx and its njs module was unpacked
 * @throws UserError when a root has none, or when there is none at all
 */
export async function findInstallations(roots: readonly string[]): Promise<NginxInstallation[]> {
    const own = await findNginx()
    const found = own === undefined ? [] : [installationOf(own, 'this machine', '')]
    for (const root of roots) found.push(installationOf(await nginxOfRoot(root), path.basename(root), root))
    if (found.length === 0) {
        throw new UserError(
            'this machine has no nginx with the njs module',
            'Install it: apt-get install nginx libnginx-mod-http-js',
        )
    }
    return found.sort((one, other) => one.version.localeCompare(other.version, 'en', { numeric: true }))
}

/** @param root the folder that is `/` to it; empty for this machine's */
function installationOf(nginx: Nginx, place: string, root: string): NginxInstallation {
    const engines: JsEngine[] = nginxFeatures(nginx.version).quickJs ? ['njs', 'qjs'] : ['njs']
    return { ...nginx, name: `${nginx.version} (${place})`, engines, recipe: recipeParts(nginx, root) }
}

function recipeParts({ modulePath }: Nginx, root: string): RecipeParts | undefined {
    const modules = ['ndk_http_module.so', 'ngx_http_lua_module.so', 'ngx_http_set_misc_module.so'].map((name) =>
        path.join(path.dirname(modulePath), name),
    )
    return modules.every(existsSync) ? { modules, luaPath: `${root}/usr/share/lua/5.1/?.lua` } : undefined
}

/** The nginx of an unpacked Debian, run by that Debian's own loader: this machine's C library may be too old for it. */
async function nginxOfRoot(root: string): Promise<Nginx> {
    const nginx = await inspectNginx(loaderCommand(root, `${root}/usr/sbin/nginx`), root)
    if (nginx === undefined) {
        throw new UserError(
            `--nginx-root ${root}: there is no nginx with the njs module that could be run`,
            'Unpack a Debian with the packages nginx and libnginx-mod-http-js there.',
        )
    }
    return nginx
}

function loaderCommand(root: string, program: string): { program: string; arguments: string[] } {
    for (const machine of ['x86_64-linux-gnu', 'aarch64-linux-gnu']) {
        // Before Debian 13 a package may have its files in /lib, which is /usr/lib on a machine that runs.
        const folders = [`${root}/usr/lib/${machine}`, `${root}/lib/${machine}`]
        for (const folder of folders) {
            const loader = filesOf(folder).find((name) => /^ld-linux-.*\.so\.\d$/.test(name))
            if (loader === undefined) continue
            return { program: `${folder}/${loader}`, arguments: ['--library-path', folders.join(':'), program] }
        }
    }
    throw new UserError(`--nginx-root ${root}: there is no Debian`, 'Name the folder that holds its usr/.')
}

function filesOf(folder: string): string[] {
    try {
        return readdirSync(folder)
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
    }
}

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

/** Runs an nginx in the place of S3 for as long as a task takes. */
export async function withUpstream<Result>(
    command: NginxCommand,
    filesIn: (place: Place) => GeneratedFile[],
    task: (upstreamPort: number) => Promise<Result>,
): Promise<Result> {
    const upstream = await runNginx(command, 0, filesIn)
    try {
        return await task(upstream.port)
    } finally {
        await upstream.stop()
    }
}

/** Stops all of them, also when one that stops has something to complain of. */
export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
    const ends = await Promise.allSettled(running.map((each) => each.stop()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/**
 * The workers of an nginx that runs from a folder and has so many. nginx listens before it forks.
 *
 * @throws Error when there are fewer after five seconds, or more
 */
export async function workersOf(folder: string, count: number): Promise<number[]> {
    for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(10)) {
        const workers = childrenOf(masterOf(folder))
        if (workers.length > count) {
            throw new Error(`nginx has the workers ${workers.join(' and ')}, but ${count} shall be measured`)
        }
        if (workers.length === count) return workers
    }
    throw new Error(`nginx has not ${count} workers after five seconds`)
}

/** The process id of the master of an nginx that runs from a folder; empty before it has written it. */
function masterOf(folder: string): string {
    const file = `${folder}/nginx.pid`
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

function childrenOf(master: string): number[] {
    if (master === '') return []
    const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim()
    // A cache has two more children, which manage it.
    const isWorker = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker process')
    return children === '' ? [] : children.split(' ').filter(isWorker).map(Number)
}

/**
 * The CPU time, user and system, that a process of one thread has used, in microseconds. Linux counts it in
 * nanoseconds in `schedstat`, where `stat` has hundredths of a second only.
 */
export function cpuMicroseconds(pid: number): number {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1000
}

/** The memory of a process that is in RAM now, and the most that was since `forgetPeak`, with what it shares. MiB. */
export function residentMemory(pid: number): { now: number; peak: number } {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
    return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
}

/** From now on, the peak is what will be reached. @see proc(5), clear_refs */
export function forgetPeak(pid: number): void {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
