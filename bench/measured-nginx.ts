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

/** A JavaScript engine of the njs module. */
export type JsEngine = 'njs' | 'qjs'

/** An nginx to measure, with its name in reports. */
export interface NginxInstallation extends Nginx {
    /** `1.30.6 (forky)` */
    name: string
    engines: JsEngine[]
    /** Undefined when one of the modules is not installed. */
    recipe: RecipeModules | undefined
}

/** Debian's modules that the recipe of 2018 uses, and the path of Lua's libraries. */
interface RecipeModules {
    modules: string[]
    luaPath: string
}

/**
 * Finds this machine's nginx and those of unpacked Debian systems, oldest version first.
 *
 * @param roots folders of unpacked Debian systems with nginx and its njs module
 * @throws UserError when a root has no such nginx, or when there is none at all
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

/** @param root the folder of its system; empty for this machine's */
function installationOf(nginx: Nginx, place: string, root: string): NginxInstallation {
    const engines: JsEngine[] = nginxFeatures(nginx.version).quickJs ? ['njs', 'qjs'] : ['njs']
    return { ...nginx, name: `${nginx.version} (${place})`, engines, recipe: recipeModules(nginx, root) }
}

function recipeModules({ modulePath }: Nginx, root: string): RecipeModules | undefined {
    const modules = ['ndk_http_module.so', 'ngx_http_lua_module.so', 'ngx_http_set_misc_module.so'].map((name) =>
        path.join(path.dirname(modulePath), name),
    )
    return modules.every(existsSync) ? { modules, luaPath: `${root}/usr/share/lua/5.1/?.lua` } : undefined
}

/** The nginx of an unpacked Debian. That Debian's loader runs it: this machine's C library may be too old for it. */
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
        // Packages before Debian 13 may have files in /lib, which an installed system links to /usr/lib.
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

/** An nginx that runs in a temporary folder. */
export interface RunningNginx {
    port: number
    /** Process id of the first worker; most configurations have only one. */
    worker: number
    /** Process ids of all workers. */
    workers: number[]
    /** Process id of the master, the parent of the workers. */
    master: number
    /** @throws Error when nginx has logged a warning or an error */
    stop(): Promise<void>
}

/**
 * Starts an nginx in a temporary folder, which is removed when it stops.
 *
 * @param upstreamPort the port of the server behind it; 0 when there is none
 * @param filesIn makes the files of its folder, nginx.conf among them
 * @param count the number of workers in that nginx.conf
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

/** Runs an nginx in place of S3 during a task. */
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

/** Stops all, even when one of them fails, and throws the first error then. */
export async function stopAll(running: readonly { stop(): Promise<void> }[]): Promise<void> {
    const ends = await Promise.allSettled(running.map((each) => each.stop()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/**
 * The process ids of the workers of an nginx. It waits for them, since nginx listens before it forks.
 *
 * @param folder the folder of nginx.pid
 * @param count the expected number
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

/** The process id of the master; empty until nginx has written it. */
function masterOf(folder: string): string {
    const file = `${folder}/nginx.pid`
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

function childrenOf(master: string): number[] {
    if (master === '') return []
    const children = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim()
    // With a cache, nginx has two more children: its manager and its loader.
    const isWorker = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker process')
    return children === '' ? [] : children.split(' ').filter(isWorker).map(Number)
}

/**
 * The CPU time, user and system, of a process with one thread, in microseconds. `schedstat` counts nanoseconds, `stat`
 * only hundredths of a second.
 */
export function cpuMicroseconds(pid: number): number {
    const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1000
}

/** The resident memory of a process, shared pages included, now and at its peak since `resetPeak`. MiB. */
export function residentMemory(pid: number): { now: number; peak: number } {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
    return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') }
}

/** Resets the peak of `residentMemory`. @see proc(5), clear_refs */
export function resetPeak(pid: number): void {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
