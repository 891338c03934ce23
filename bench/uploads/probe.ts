import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Percentiles } from '../measurement.js'

/** How long single requests waited. Milliseconds. */
export interface Waits extends Percentiles {
    requests: number
    longest: number
    /**
     * The most CPU time of the worker during one wait. Unlike the wait, it does not grow when other programs take the
     * processors; the kernel adds up to 4 ms.
     */
    held: number
}

/** Measures the waits of single requests during a task. @param path of an answer from the cache, which runs no script */
export async function waitsDuring(
    { port, worker }: { port: number; worker: number },
    path: string,
    task: () => Promise<unknown>,
): Promise<Waits> {
    const program = fileURLToPath(new URL('probe-task.js', import.meta.url))
    const child = spawn(process.execPath, [program, String(port), path, String(worker)], {
        stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    await once(lines, 'line')
    try {
        await task()
        const line = once(lines, 'line') as Promise<[string]>
        child.stdin.end()
        const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the probe ended with ${code}`)))
        const [result] = await Promise.race([line, ended])
        return JSON.parse(result) as Waits
    } finally {
        child.kill()
    }
}
