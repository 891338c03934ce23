import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { SampleIndex } from '../index/sample-index.js'

/**
 * Installs the sample's project with this machine's pip, into a folder of its own and with its hash required.
 *
 * @param url the index, without `/simple/`
 * @returns the version of what is installed, as the module itself tells it
 * @throws Error with pip's words when it cannot
 */
export async function pipInstall(url: string, sample: SampleIndex): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pip-'))
    const environment = pipEnvironment(folder)
    try {
        await writeFile(`${folder}/requirements.txt`, `${sample.requirement}\n`)
        const words = [
            '-m',
            'pip',
            'install',
            '--target',
            `${folder}/target`,
            '--requirement',
            `${folder}/requirements.txt`,
        ]
        await promisify(execFile)('/usr/bin/python3', [...words, '--index-url', `${url}/simple/`], { env: environment })
        const module = await readFile(`${folder}/target/${sample.module}/__init__.py`, 'utf8')
        return /^version = "(.*)"$/m.exec(module)![1]!
    } finally {
        await rm(folder, { recursive: true })
    }
}

/** The environment of a pip that uses no index but the one that is named, and nothing from a cache. @param home a folder */
export function pipEnvironment(home: string): Record<string, string> {
    return {
        PATH: '/usr/bin:/bin',
        HOME: home,
        PIP_CONFIG_FILE: '/dev/null',
        PIP_NO_CACHE_DIR: '1',
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
        PIP_RETRIES: '0',
        LC_ALL: 'C.UTF-8',
    }
}
