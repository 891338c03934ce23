import { InvalidArgumentError } from 'commander'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { UserError } from '../core/user-error.js'

/** How a measurement reports its progress, and how it learns that it is interrupted. */
export interface RunContext {
    onProgress: (text: string) => void
    signal: AbortSignal
}

/** How often something is measured, and how long each time. */
export interface RoundOptions {
    rounds: number
    seconds: number
}

/**
 * Runs a measurement with progress on the terminal. SIGINT and SIGTERM abort it, so that it can stop its servers.
 *
 * @throws UserError when it was interrupted
 */
export async function runInterruptibly<Result>(task: (context: RunContext) => Promise<Result>): Promise<Result> {
    const interruption = new AbortController()
    // Not `once`: npm forwards a signal that the terminal has already sent.
    for (const signal of ['SIGINT', 'SIGTERM']) {
        process.on(signal, () => interruption.abort(new UserError('interrupted')))
    }
    try {
        return await task({ onProgress: showProgress, signal: interruption.signal })
    } catch (error) {
        // An aborted task fails with errors of many kinds.
        throw interruption.signal.aborted ? interruption.signal.reason : error
    } finally {
        showProgress('')
    }
}

function showProgress(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

/**
 * Measures each subject once in each round, and reverses the order in every second round, so that a disturbance of the
 * machine affects all subjects alike.
 *
 * @param subjects their number
 * @param warmUp rounds that run first and are not counted: they open connections and fill caches
 * @returns a result for each subject, for each round
 */
export async function inRounds<Turn>(
    subjects: number,
    { rounds, warmUp }: { rounds: number; warmUp: number },
    signal: AbortSignal,
    takeTurn: (index: number) => Promise<Turn>,
): Promise<Turn[][]> {
    const counted: Turn[][] = []
    for (let round = 0; round < warmUp + rounds; round++) {
        const turns: Turn[] = []
        for (let turn = 0; turn < subjects; turn++) {
            signal.throwIfAborted()
            const index = round % 2 === 0 ? turn : subjects - 1 - turn
            turns[index] = await takeTurn(index)
        }
        if (round >= warmUp) counted.push(turns)
    }
    return counted
}

/** The median and the quartiles of repeated measurements. */
export interface Spread {
    median: number
    low: number
    high: number
}

/** @param values at least one; they are not changed */
export function spreadOf(values: readonly number[]): Spread {
    const sorted = inOrder(values)
    return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

/** The values that 50 and 99 of 100 measurements do not exceed. */
export interface Percentiles {
    p50: number
    p99: number
}

/** @param values at least one; they are not changed */
export function percentilesOf(values: readonly number[]): Percentiles {
    const sorted = inOrder(values)
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

function inOrder(values: readonly number[]): number[] {
    return [...values].sort((one, other) => one - other)
}

/** @param sorted at least one value, in order @param share 0 to 1 */
function quantile(sorted: readonly number[], share: number): number {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)]!
    const above = sorted[Math.ceil(position)]!
    return below + (above - below) * (position - Math.floor(position))
}

/** A parser for options that are whole numbers above 0 with at most so many digits. */
export function positiveInteger(digits: number): (text: string) => number {
    return (text) => {
        if (!/^[1-9]\d*$/.test(text) || text.length > digits) {
            throw new InvalidArgumentError(`It is a whole number from 1 to ${'9'.repeat(digits)}.`)
        }
        return Number(text)
    }
}

/** Makes a folder that all users can read: when root starts nginx, its workers run as another user. */
export async function temporaryFolder(purpose: string): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), `bench-${purpose}-`))
    await chmod(folder, 0o755)
    return folder
}

/** Removes a folder, even while a stopped program still writes into it. */
export function removeFolder(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Runs a task with a temporary folder, and removes the folder afterwards. */
export async function inTemporaryFolder<Result>(
    purpose: string,
    task: (folder: string) => Promise<Result>,
): Promise<Result> {
    const folder = await temporaryFolder(purpose)
    try {
        return await task(folder)
    } finally {
        await removeFolder(folder)
    }
}
