import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/**
 * Installs packages from PyPI into an environment of their own, in the user's cache: from the second time on they are
 * there.
 *
 * @param requirements with their versions: `pypiserver==2.4.2`
 * @returns the folder of their programs
 * @throws Error with pip's last line
 */
export async function installPrograms(requirements: readonly string[], signal: AbortSignal): Promise<string> {
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
    const folder = path.join(cache, 'nginx-s3-pypi', 'bench', requirements.join('+'))
    const complete = path.join(folder, 'complete')
    const programs = path.join(folder, 'bin')
    if (existsSync(complete)) return programs
    await rm(folder, { recursive: true, force: true })
    await mkdir(path.dirname(folder), { recursive: true })
    await runProgram('python3', ['-m', 'venv', folder], {}, signal)
    const options = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '10']
    await runProgram(path.join(programs, 'pip'), ['install', ...options, ...requirements], {}, signal)
    await writeFile(complete, '')
    return programs
}

/**
 * Runs a program to its end.
 *
 * @param environment added to this program's
 * @throws Error with its last line
 */
export async function runProgram(
    program: string,
    words: readonly string[],
    environment: NodeJS.ProcessEnv,
    signal: AbortSignal,
): Promise<void> {
    try {
        await promisify(execFile)(program, words, { env: { ...process.env, ...environment }, signal })
    } catch (error) {
        signal.throwIfAborted()
        const { stderr = '', message } = error as Error & { stderr?: string }
        // pip goes on to say that there is no such package.
        const isCut = stderr.includes('after connection broken by')
        const reason = isCut ? 'PyPI cannot be reached' : stderr.trim().split('\n').at(-1) || message
        throw new Error(`${path.basename(program)} ${words[0]}: ${reason}`, { cause: error })
    }
}
