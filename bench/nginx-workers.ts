import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

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
export function masterOf(folder: string): string {
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
