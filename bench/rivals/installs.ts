import { execFile } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { closureSize, topPackage } from '../end-to-end/generated-index.js'
import {
    inRounds,
    inTemporaryFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import type { PackageServer } from '../servers/package-servers.js'
import { installPrograms, treeMicroseconds } from '../servers/programs.js'
import { checkDelivery, checkPage } from './answers.js'
import { writeClosureWheels, type PublishedWheel } from './projects.js'
import { messageOf, withServers, type Missing, type NamedServer } from './running.js'

/** Speed and cost of installing the closure from a server. */
export interface InstallCost {
    server: string
    /** Installs per second of all clients together. */
    perSecond: Spread
    /** CPU time of all processes of the server for an install, user and system. Milliseconds. */
    milliseconds: Spread
    /** Installs per second and CPU time, divided by those of pypiron in the same round; absent without pypiron. */
    throughput?: Spread
    ratio?: Spread
}

export interface InstallsReport {
    /** Name and version of the client. */
    client: string
    /** Clients that install at the same time. */
    clients: number
    /** Installs of each round. */
    installs: number
    costs: InstallCost[]
    missing: Missing[]
}

const uvVersion = '0.13.9'

/** Clients at the same time, and installs of each client in a round. */
const clients = 4
const installsOfClient = 2

/** Milliseconds until a page must show all uploads. */
const patience = 60_000

/**
 * Measures uv clients that install the closure, each time without a cache into a new folder.
 *
 * @param reference the name of the server to which the others are compared
 * @throws Error when an install fails or lacks a package
 */
export async function measureInstalls(
    servers: readonly PackageServer[],
    reference: string,
    options: RoundOptions,
    context: RunContext,
): Promise<InstallsReport> {
    const report = { client: `uv ${uvVersion}`, clients, installs: clients * installsOfClient }
    let uv: string
    try {
        uv = path.join(await installPrograms([`uv==${uvVersion}`], context.signal), 'uv')
    } catch (error) {
        context.signal.throwIfAborted()
        return { ...report, costs: [], missing: [{ name: `installs by ${report.client}`, reason: messageOf(error) }] }
    }
    return inTemporaryFolder('installs', async (folder) => {
        const wheels = await writeClosureWheels(folder)
        return withServers(servers, wheels, folder, context, async (running, missing) => {
            await Promise.all(running.map((server) => checkServer(server, wheels)))
            const costs = await measure(running, reference, uv, folder, options, context)
            return { ...report, costs, missing }
        })
    })
}

/**
 * Waits until the pages of all projects show their wheels.
 *
 * @throws Error when one does not, or when a file is not delivered as the name of the server says
 */
async function checkServer({ index, redirects }: NamedServer, wheels: readonly PublishedWheel[]): Promise<void> {
    for (const project of new Set(wheels.map((wheel) => wheel.project))) {
        const own = wheels.filter((wheel) => wheel.project === project)
        const { urls } = await checkPage(`${index}${project}/`, own, patience)
        await checkDelivery(urls.get(own[0]!.filename)!, own[0]!.sha256, redirects)
    }
}

async function measure(
    servers: readonly NamedServer[],
    reference: string,
    uv: string,
    folder: string,
    { rounds }: RoundOptions,
    context: RunContext,
): Promise<InstallCost[]> {
    const counted = await inRounds(servers.length, { rounds, warmUp: 1 }, context.signal, async (index) => {
        const { name, pid, index: url } = servers[index]!
        context.onProgress(`${name}: installs`)
        const before = treeMicroseconds(pid)
        const begin = performance.now()
        const client = async (number: number) => {
            for (let each = 0; each < installsOfClient; each++) {
                await install(uv, url, path.join(folder, `client-${number}`), context.signal)
            }
        }
        await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
        const installs = clients * installsOfClient
        return {
            perSecond: installs / ((performance.now() - begin) / 1000),
            milliseconds: (treeMicroseconds(pid) - before) / 1000 / installs,
        }
    })
    const compared = servers.findIndex(({ name }) => name === reference)
    return servers.map(({ name }, index) => {
        const value = (of: 'perSecond' | 'milliseconds') => spreadOf(counted.map((turns) => turns[index]![of]))
        const ratio = (of: 'perSecond' | 'milliseconds') =>
            spreadOf(counted.map((turns) => turns[index]![of] / turns[compared]![of]))
        return {
            ...{ server: name, perSecond: value('perSecond'), milliseconds: value('milliseconds') },
            ...(compared === -1 ? {} : { throughput: ratio('perSecond'), ratio: ratio('milliseconds') }),
        }
    })
}

/** @param folder of the client; it is removed @throws Error with the words of uv, or when a package is missing */
async function install(uv: string, index: string, folder: string, signal: AbortSignal): Promise<void> {
    const target = path.join(folder, 'target')
    await mkdir(folder)
    try {
        // It uses this index only, whatever the user has configured.
        const words = ['pip', 'install', '--quiet', '--no-config', '--no-cache', '--default-index', index]
        const environment = { PATH: '/usr/bin:/bin', HOME: folder, UV_PYTHON_DOWNLOADS: 'never' }
        const options = { env: environment, signal }
        await promisify(execFile)(
            uv,
            [...words, '--python', '/usr/bin/python3', '--target', target, topPackage],
            options,
        )
        const installed = (await readdir(target)).filter((name) => name.endsWith('.dist-info')).length
        if (installed !== closureSize) throw new Error(`uv installed ${installed} packages from ${index}`)
    } finally {
        await rm(folder, { recursive: true, force: true })
    }
}
