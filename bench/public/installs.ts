import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import {
    inRounds,
    inTemporaryFolder,
    removeFolder,
    spreadOf,
    type RoundOptions,
    type RunContext,
    type Spread,
} from '../measurement.js'
import type { RunningServer } from '../servers/package-servers.js'
import { installPrograms, treeMicroseconds } from '../servers/programs.js'
import { pipVersion, requirements, type PublicPackage } from './packages.js'
import type { Proxy } from './proxies.js'
import { addPackages, startUpstream } from './upstream.js'

/** Time and cost of an install through a proxy. */
export interface ProxyCost {
    proxy: string
    client: string
    /** Whether the cache of the proxy has everything. */
    cache: 'cold' | 'warm'
    /** Wall time of the client. Seconds. */
    seconds: Spread
    /** Divided by that of the reference in the same round. */
    ratio: Spread
    /** CPU time of all processes of the proxy, user and system. Milliseconds. */
    milliseconds: Spread
    /** Requests to the index behind the proxy. */
    requests: Spread
}

/** What could not be measured, and why. */
interface Missing {
    name: string
    reason: string
}

export interface PublicInstalls {
    packages: number
    /** Files on all pages. */
    pageFiles: number
    /** Size of all packages. */
    bytes: number
    costs: ProxyCost[]
    missing: Missing[]
}

const uvVersion = '0.13.9'

/** Milliseconds that an install may take. */
const patience = 120_000

/** A program that installs all packages. */
interface Client {
    name: string
    /** @param folder for its files @throws Error with its words */
    install(index: string, folder: string, signal: AbortSignal): Promise<void>
}

interface Turn {
    cold: Measured
    warm: Measured
}

type Measured = Record<'seconds' | 'milliseconds' | 'requests', number>

/**
 * Measures installs of all packages through proxies with empty and with filled caches. Clients have no cache. A proxy that
 * cannot be started or does not serve all packages goes into `missing`.
 *
 * @param reference the name of the proxy to which the others are compared
 * @param latency milliseconds before each answer of the index behind the proxies
 */
export async function measurePublicInstalls(
    proxies: readonly Proxy[],
    reference: string,
    packages: readonly PublicPackage[],
    latency: number,
    { rounds }: RoundOptions,
    context: RunContext,
): Promise<PublicInstalls> {
    const { signal, onProgress } = context
    const clients = [await uvClient(signal), await pipClient(signal)]
    const upstream = await startUpstream(latency)
    const missing: Missing[] = []
    const measure = async (proxy: Proxy, client: Client): Promise<Turn> =>
        inTemporaryFolder('proxy', async (folder) => {
            onProgress(`${proxy.name}: ${client.name}`)
            const server = await proxy.start({ folder, origin: upstream.origin, signal })
            try {
                const install = async () => {
                    const [requests, cpu] = [upstream.requests, cpuOf(server)]
                    const seconds = await timed(client, server.index, folder, signal)
                    const milliseconds = (cpuOf(server) - cpu) / 1000
                    return { seconds, milliseconds, requests: upstream.requests - requests }
                }
                return { cold: await install(), warm: await install() }
            } finally {
                await server.stop()
            }
        })
    try {
        await addPackages(upstream, packages)
        const costs: ProxyCost[] = []
        for (const client of clients) {
            const failures = new Map<string, string>()
            const turns = await inRounds(proxies.length, { rounds, warmUp: 0 }, signal, async (index) => {
                const proxy = proxies[index]!
                if (failures.has(proxy.name)) return undefined
                try {
                    return await measure(proxy, client)
                } catch (error) {
                    signal.throwIfAborted()
                    failures.set(proxy.name, (error as Error).message)
                    return undefined
                }
            })
            for (const [name, reason] of failures) missing.push({ name: `${name}, ${client.name}`, reason })
            costs.push(...costsOf(client, proxies, reference, turns))
        }
        const sum = (of: 'pageFiles' | 'size') => packages.reduce((all, each) => all + each[of], 0)
        return { packages: packages.length, pageFiles: sum('pageFiles'), bytes: sum('size'), costs, missing }
    } finally {
        await upstream.close()
    }
}

/** Without the proxies that failed in one of the rounds, and without all when the reference did. */
function costsOf(
    client: Client,
    proxies: readonly Proxy[],
    reference: string,
    turns: readonly (readonly (Turn | undefined)[])[],
): ProxyCost[] {
    const turnsOf = (name: string) => {
        const index = proxies.findIndex((proxy) => proxy.name === name)
        const all = turns.map((turn) => turn[index])
        return all.every((turn) => turn !== undefined) ? all : undefined
    }
    const compared = turnsOf(reference)
    if (compared === undefined) return []
    return proxies.flatMap(({ name }) => {
        const own = turnsOf(name)
        if (own === undefined) return []
        return (['cold', 'warm'] as const).map((cache) => {
            const value = (of: keyof Measured) => spreadOf(own.map((turn) => turn[cache][of]))
            return {
                ...{ proxy: name, client: client.name, cache, seconds: value('seconds') },
                ratio: spreadOf(own.map((turn, round) => turn[cache].seconds / compared[round]![cache].seconds)),
                ...{ milliseconds: value('milliseconds'), requests: value('requests') },
            }
        })
    })
}

/** Microseconds; without a proxy 0. */
function cpuOf({ pid }: RunningServer): number {
    return pid === 0 ? 0 : treeMicroseconds(pid)
}

/** @returns seconds @throws Error with the words of the client, or when a package is missing */
async function timed(client: Client, index: string, folder: string, signal: AbortSignal): Promise<number> {
    const own = path.join(folder, 'client')
    await mkdir(path.join(own, 'target'), { recursive: true })
    try {
        await writeFile(path.join(own, 'requirements.txt'), `${requirements.join('\n')}\n`)
        const begin = performance.now()
        await client.install(index, own, signal)
        const seconds = (performance.now() - begin) / 1000
        const names = await readdir(path.join(own, 'target'))
        const installed = names.filter((name) => /\.(?:dist-info|whl)$/.test(name)).length
        if (installed !== requirements.length) throw new Error(`${client.name} got ${installed} packages from ${index}`)
        return seconds
    } finally {
        await removeFolder(own)
    }
}

async function uvClient(signal: AbortSignal): Promise<Client> {
    const uv = path.join(await installPrograms([`uv==${uvVersion}`], signal), 'uv')
    const options = ['--quiet', '--no-config', '--no-cache', '--no-deps', '--python', '/usr/bin/python3']
    return {
        name: `uv ${uvVersion}, pip install`,
        install: (index, folder, signal) =>
            run(uv, ['pip', 'install', ...options, '--default-index', index, '--target'], folder, signal),
    }
}

/** It only downloads: installing takes it longer than all proxies. */
async function pipClient(signal: AbortSignal): Promise<Client> {
    const pip = path.join(await installPrograms([`pip==${pipVersion}`], signal), 'pip')
    const options = ['--quiet', '--isolated', '--no-cache-dir', '--no-deps', '--disable-pip-version-check']
    return {
        name: `pip ${pipVersion}, download`,
        install: (index, folder, signal) =>
            run(pip, ['download', ...options, '--index-url', index, '--dest'], folder, signal),
    }
}

/** It uses the named index only, whatever the user has configured. @param words the last one is an option for a folder */
async function run(program: string, words: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
    const files = [path.join(folder, 'target'), '-r', path.join(folder, 'requirements.txt')]
    const env = { PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: folder, UV_PYTHON_DOWNLOADS: 'never' }
    await promisify(execFile)(program, [...words, ...files], { env, signal, timeout: patience })
}
