import { execFile } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import { percentilesOf } from '../measurement.js'
import { closureSize, topPackage } from './generated-index.js'
import { startIndexNginx, type Configuration, type IndexSetup } from './index-servers.js'
import { get } from './requests.js'

/** The result of pips that started at the same time. */
export interface PipFigures {
    configuration: Configuration
    pips: number
    succeeded: number
    /** The error of the first pip that failed. */
    failure?: string
    /** From the start of the first pip to the end of the last, in seconds. */
    seconds: number
    /** The durations that 50 and 99 of 100 pips did not exceed, in seconds. */
    p50: number
    p99: number
    /** Requests that nginx answered, those of its cache to its signer included. */
    requests: number
    /** CPU time of all workers, user and system, in seconds. */
    cpu: number
    /** Peak of the resident memory of all workers. MiB. */
    memory: number
}

/**
 * Starts so many pips at the same time. Each installs the closure into a separate folder, without a cache and with pip's
 * default retries. They have the lowest priority, since the clients of a fleet do not share the cores of its servers.
 *
 * @param folder for the installed packages, which are deleted
 */
export async function measurePips(
    setup: IndexSetup,
    pips: number,
    folder: string,
    signal: AbortSignal,
): Promise<PipFigures> {
    const nginx = await startIndexNginx(setup)
    try {
        // Each pip adds a listener, and Node warns of a leak above ten.
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

/** Runs a pip. @returns its duration in seconds, and its error if it failed */
async function install(
    port: number,
    folder: string,
    signal: AbortSignal,
): Promise<{ seconds: number; failure?: string }> {
    const environment = { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' }
    // --isolated: pip uses this index only, whatever the user has configured.
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

/** The counter of nginx's status page, without the request for that page. */
async function answeredRequests(port: number): Promise<number> {
    const agent = new http.Agent()
    const { body } = await get(agent, port, '/-/status', {})
    agent.destroy()
    const counters = /^ \d+ \d+ (\d+) $/m.exec(body.toString())
    if (counters === null) throw new Error(`/-/status said:\n${body.toString()}`)
    return Number(counters[1]) - 1
}
