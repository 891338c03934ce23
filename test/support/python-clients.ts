import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { isKept, keep } from './kept.js'

/** Of Debian and Ubuntu: not one that a version manager puts before it. */
export const systemPython = '/usr/bin/python3'

/** What is missing to make an environment for a client, or undefined. The one of before needs no PyPI. */
export function missingFor(requirements: readonly string[]): string | undefined {
    const missing = missingVenv()
    if (missing !== undefined || requirements.length === 0) return missing
    return isKept(nameOf(requirements)) ? undefined : missingPyPI()
}

/** Python that can make a virtual environment with a pip in it. */
export function missingVenv(): string | undefined {
    const cure = `${systemPython} cannot make virtual environments: apt-get install python3-venv`
    return answers(systemPython, ['-c', 'import ensurepip, venv']) ? undefined : cure
}

let pyPI: { missing: string | undefined } | undefined

/** PyPI or a mirror of it, as the settings of this machine's pip name it: the clients come from there. */
export function missingPyPI(): string | undefined {
    pyPI ??= { missing: askPyPI() }
    return pyPI.missing
}

function askPyPI(): string | undefined {
    const folder = mkdtempSync(path.join(tmpdir(), 'pypi-'))
    const words = ['-m', 'pip', 'download', '--no-deps', '--quiet', '--retries', '0', '--timeout', '20']
    try {
        return answers(systemPython, [...words, '--dest', folder, 'wheel'])
            ? undefined
            : 'the clients come from PyPI, which pip cannot reach: allow it, or name a mirror in pip.conf'
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

function answers(program: string, words: string[]): boolean {
    return output(program, words) !== undefined
}

function output(program: string, words: string[]): string | undefined {
    try {
        return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 })
    } catch {
        return undefined
    }
}
