import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { unusedPort } from '../machine/ports.js'

/** A package index by another project. */
export interface PythonIndex {
    /** URL of its simple index. */
    url: string
    close(): Promise<void>
}

/** Milliseconds; devpi makes its database at the first start. */
const startLimit = 60_000

/**
 * Starts a server of a virtual environment.
 *
 * @param words of its Python, for a port
 * @param simple path of its simple index
 */
export async function startPythonIndex(
    python: string,
    words: (port: string) => string[],
    simple: string,
): Promise<PythonIndex> {
    const port = String(await unusedPort())
    const child = spawn(python, words(port), { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const url = `http://127.0.0.1:${port}${simple}`
    const end = Date.now() + startLimit
    while (!(await answers(`http://127.0.0.1:${port}/`))) {
        if (child.exitCode !== null || Date.now() > end) throw new Error(`the index did not start: ${said}`)
        await sleep(100)
    }
    return { url, close: () => stop(child) }
}

async function answers(url: string): Promise<boolean> {
    try {
        await fetch(url)
        return true
    } catch {
        return false
    }
}

async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null) return
    child.kill()
    await once(child, 'exit')
}
