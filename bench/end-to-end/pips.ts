import { execFile } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import { percentilesOf } from '../measurement.js'
import { closureSize, topPackage } from './generated-index.js'
import { startIndexNginx, type Configuration, type IndexSetup } from './index-servers.js'
import { ask } from './requests.js'

/** How pips that all began at once fared. */
export interface PipFigures {
    configuration: Configuration
    pips: number
    succeeded: number
    /** What the first that failed said. */
    failure?: string
    /** From the first start to the last end, in seconds. */
    seconds: number
    /** How long half of them took at most, and 99 of 100, in seconds. */
    p50: number
    p99: number
    /** All that nginx answered, those of its cache to its signer among them. */
    requests: number
    /** CPU time of all workers, user and system, in seconds. */
    cpu: number
    /** The most memory that all workers had resident, MiB. */
    memory: number
}

/**
 * Starts so many pips at once, each of which installs the closure into a folder of its own, without a cache. They ask
 * again as pip does by itself, and have the lowest priority: in a fleet they would be on machines of their own, and not
 * keep the servers from their cores.
 *
 * @param folder for what they install, which is deleted
 */
export async function measurePips(
    setup: IndexSetup,
    pips: number,
    folder: string,
    signal: AbortSignal,
): Promise<PipFigures> {
    const nginx = await startIndexNginx(setup)
    try {
        // Each pip listens; Node takes more than ten for a leak.
        setMaxListeners(pips + 10, signal)
        const before = nginx.usage()
        const begin = performance.now()
        const outcomes = await Promise.all(
            Array.from({ length: pips }, (_, number) =>
                install(nginx.port, path.join(folder, `pip-${number}`), signal),
            ),
        )
        const seconds = (performance.now() - begin) / 1000
        signal.throwIfAborted()
        const { cpu, memory } = nginx.usage()
        const failures = outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
        return {
            configuration: setup.configuration,
            pips,
            succeeded: pips - failures.length,
            ...(failures[0] !== undefined && { failure: failures[0] }),
            seconds,
            ...percentilesOf(outcomes.map((outcome) => outcome.seconds)),
            requests: await answeredRequests(nginx.port),
            cpu: (cpu - before.cpu) / 1e6,
            memory,
        }
    } finally {
        await nginx.stop()
    }
}

/** @returns how long it took, in seconds, and what pip said when it failed */
async function install(
    port: number,
    folder: string,
    signal: AbortSignal,
): Promise<{ seconds: number; failure?: string }> {
    const environment = { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' }
    // No index but the one that is named, from no configuration; and what fails is to be seen.
    const pip = ['-m', 'pip', '--isolated', 'install', '--no-cache-dir', '--disable-pip-version-check']
    const index = ['--index-url', `http://127.0.0.1:${port}/simple/`]
    const target = path.join(folder, 'target')
    await mkdir(folder, { recursive: true })
    const begin = performance.now()
    const secondsSince = () => (performance.now() - begin) / 1000
    try {
        const words = [...pip, ...index, '--target', target, topPackage]
        await promisify(execFile)('nice', ['-n', '19', '/usr/bin/python3', ...words], { env: environment, signal })
        const seconds = secondsSince()
        const installed = (await readdir(target)).filter((name) => name.endsWith('.dist-info')).length
        return installed === closureSize ? { seconds } : { seconds, failure: `${installed} packages were installed` }
    } catch (error) {
        return { seconds: secondsSince(), failure: error instanceof Error ? error.message : String(error) }
    } finally {
        await rm(folder, { recursive: true, force: true })
    }
}

/** What nginx's own counter says, without the request that asks for it. */
async function answeredRequests(port: number): Promise<number> {
    const agent = new http.Agent()
    const { body } = await ask(agent, port, '/-/status', {})
    agent.destroy()
    const counters = /^ \d+ \d+ (\d+) $/m.exec(body.toString())
    if (counters === null) throw new Error(`/-/status said:\n${body.toString()}`)
    return Number(counters[1]) - 1
}
