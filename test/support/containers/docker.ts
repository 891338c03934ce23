import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs the engine's command line. Rejects with what it wrote on stderr when it fails or takes longer than a minute. */
export function docker(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    return promisify(execFile)('docker', words, { timeout: 60_000, maxBuffer: 1 << 26 })
}

let count = 0

/** A name for a container, a network or a project of Compose that nothing else has. */
export function uniqueName(): string {
    return `nginx-s3-pypi-test-${process.pid}-${count++}`
}
