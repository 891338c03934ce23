import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { isKept, keep } from '../machine/kept.js'

/** Of Debian and Ubuntu: not one that a version manager puts before it. */
export const systemPython = '/usr/bin/python3'

/** What is missing to make an environment for a client, or undefined. The one of before needs no PyPI. */
export function missingFor(requirements: readonly string[]): string | undefined {
    const missing = missingVenv()
    if (missing !== undefined || requirements.length === 0) return missing
    return isKept(nameOf(requirements)) ? undefined : missingPyPI()
}

/** Python that can make a virtual environment with a pip in it. */
export function missingVenv(python = systemPython): string | undefined {
    if (!existsSync(python)) return `${python} is not installed: apt-get install python3 python3-venv`
    const cure = `${python} cannot make virtual environments: apt-get install python3-venv`
    return run(python, ['-c', 'import ensurepip, venv']).succeeded ? undefined : cure
}

let pyPI: { missing: string | undefined } | undefined

/** What is missing to get the clients from PyPI or a mirror of it, as the settings of this machine's pip name it. */
function missingPyPI(): string | undefined {
    pyPI ??= { missing: missingDownload(systemPython) }
    return pyPI.missing
}

/** What is missing to download a package with this Python's pip: the pip, or the index. */
export function missingDownload(python: string): string | undefined {
    if (!run(python, ['-m', 'pip', '--version']).succeeded)
        return `${python} has no pip, which gets the clients: apt-get install python3-pip`
    const folder = mkdtempSync(path.join(tmpdir(), 'pypi-'))
    const words = ['-m', 'pip', 'download', '--no-deps', '--quiet', '--retries', '0', '--timeout', '20']
    try {
        const { succeeded, said } = run(python, [...words, '--dest', folder, 'wheel'])
        if (succeeded) return undefined
        const error = said.split('\n').findLast((line) => line.startsWith('ERROR: ')) ?? 'nothing for a minute'
        return `pip gets no package from PyPI: allow it, or name a mirror in pip.conf (pip: ${error})`
    } finally {
        rmSync(folder, { recursive: true })
    }
}

/**
 * Makes a virtual environment that holds these, if there is none yet. It is moved afterwards: only its Python, not the
 * programs beside it, is good for use.
 *
 * @returns its Python
 */
export async function environmentWith(requirements: readonly string[]): Promise<string> {
    const folder = await keep(nameOf(requirements), async (folder) => {
        await promisify(execFile)(systemPython, ['-m', 'venv', folder])
        if (requirements.length === 0) return
        const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements]
        await promisify(execFile)(`${folder}/bin/python`, words)
    })
    return `${folder}/bin/python`
}

function nameOf(requirements: readonly string[]): string {
    return ['venv', pythonVersion(), ...requirements].join('-')
}

/** Of the system's Python: `3.11`. */
export function pythonVersion(): string {
    return output(systemPython, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])?.trim() ?? '3'
}

/** A Python with its own pip. */
export interface OldPython {
    program: string
    /** Of Python, and of its pip. */
    version: string
    pip: string
}

/** The oldest Python 2 and the oldest Python 3 before 3.8 that are at hand: on the PATH, or of pyenv. */
export function oldPythons(): OldPython[] {
    const pyenv = path.join(homedir(), '.pyenv/versions')
    const installed = existsSync(pyenv) ? readdirSync(pyenv).map((version) => `${pyenv}/${version}/bin/python`) : []
    const found = [...installed, 'python2.7', 'python3.5', 'python3.6', 'python3.7'].flatMap((program) => {
        const said = output(program, ['-m', 'pip', '--version'])
        const [, pip, version] = /^pip (\S+) from .*\(python (\d\.\d+)\)/.exec(said ?? '') ?? []
        return pip === undefined || version === undefined ? [] : [{ program, version, pip }]
    })
    found.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }))
    const oldest = (pattern: RegExp) => found.find(({ version }) => pattern.test(version))
    return [oldest(/^2\./), oldest(/^3\.[0-7]$/)].filter((python) => python !== undefined)
}

/** @returns what it wrote, undefined where it failed */
function output(program: string, words: string[]): string | undefined {
    const { succeeded, stdout } = run(program, words)
    return succeeded ? stdout : undefined
}

function run(program: string, words: string[]): { succeeded: boolean; stdout: string; said: string } {
    const { status, stdout, stderr } = spawnSync(program, words, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
    })
    // Both are null where the program is not there.
    return { succeeded: status === 0, stdout: stdout ?? '', said: stderr ?? '' }
}
