// Without python3-pip the suites of the Python clients said that PyPI cannot be reached (review of November 2026). The
// reason has to name what is missing on this machine.
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingDownload, missingVenv, systemPython } from '../support/python/python-clients.js'
import { describeWhere } from '../support/machine/requirements.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

afterEach(() => vi.unstubAllEnvs())

describe('no Python', () => {
    test('is named', async () => {
        const python = path.join(await temporaryFolder(), 'python3')
        expect(missingVenv(python)).toBe(`${python} is not installed: apt-get install python3 python3-venv`)
    })
})

describeWhere('an environment of this machine’s Python', missingVenv(), () => {
    let folder: string
    beforeAll(async () => void (folder = await temporaryFolder()))

    function environment(name: string, ...options: string[]): string {
        execFileSync(systemPython, ['-m', 'venv', ...options, path.join(folder, name)])
        return path.join(folder, name, 'bin/python')
    }

    test('without pip: that is the reason, and PyPI is not', () => {
        const python = environment('without', '--without-pip')
        const reason = `${python} has no pip, which gets the clients: apt-get install python3-pip`
        expect(missingDownload(python)).toBe(reason)
    })

    test('with pip: an index that cannot be reached is the reason, one that has the package is none', async () => {
        const python = environment('with')
        vi.stubEnv('PIP_CONFIG_FILE', '/dev/null')
        // Nothing listens on port 9 of the loopback address.
        vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple/')
        expect(missingDownload(python)).toMatch(
            /^pip gets no package from PyPI: allow it, or name a mirror in pip\.conf \(pip: ERROR: .*wheel.*\)$/,
        )
        const [file] = await writeDistributions(makeWheel({ name: 'wheel', version: '1.0' }))
        vi.stubEnv('PIP_NO_INDEX', '1')
        vi.stubEnv('PIP_FIND_LINKS', path.dirname(file!))
        expect(missingDownload(python)).toBeUndefined()
        // On a busy machine it takes a minute to put pip into an environment.
    }, 240_000)
})
