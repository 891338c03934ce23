import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { PublishedWheel } from './projects.js'
import type { PackageServer, RunningServer } from '../servers/package-servers.js'
import { stopAll } from '../measured-nginx.js'
import type { RunContext } from '../measurement.js'

/** What could not be measured, and why. */
export interface Missing {
    name: string
    reason: string
}

/** A server with its name in the report. */
export interface NamedServer extends RunningServer {
    name: string
    redirects: boolean
    mostFiles: number
}

/**
 * Starts servers with the same wheels, all at once, since some take minutes for thousands of wheels. A server that cannot
 * be installed or started goes into `missing`.
 *
 * @param folder for the files of the servers
 * @param task what to do while they run; they are stopped afterwards
 */
export async function withServers<Result>(
    servers: readonly PackageServer[],
    wheels: readonly PublishedWheel[],
    folder: string,
    { signal, onProgress }: RunContext,
    task: (running: NamedServer[], missing: Missing[]) => Promise<Result>,
): Promise<Result> {
    onProgress(`publishes ${wheels.length} wheels into ${servers.length} servers`)
    const sizes = new Map<string, number>()
    for (const { project } of wheels) sizes.set(project, (sizes.get(project) ?? 0) + 1)
    const starts = await Promise.allSettled(
        servers.map(async ({ name, redirects = false, mostFiles = Infinity, start }, index) => {
            const own = path.join(folder, String(index))
            await mkdir(own, { mode: 0o755 })
            const paths = wheels.filter(({ project }) => sizes.get(project)! <= mostFiles).map((wheel) => wheel.path)
            return { ...(await start({ folder: own, wheels: paths, signal })), name, redirects, mostFiles }
        }),
    )
    const running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    try {
        signal.throwIfAborted()
        const missing = starts.flatMap((start, index) =>
            start.status === 'fulfilled' ? [] : [{ name: servers[index]!.name, reason: messageOf(start.reason) }],
        )
        return await task(running, missing)
    } finally {
        await stopAll(running)
    }
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error)
}
