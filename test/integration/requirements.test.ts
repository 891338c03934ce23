import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

function runSuites(ci: string): { status: number | null; lines: string[] } {
    const program = inProject('node_modules/vitest/vitest.mjs')
    const config = inProject('test/fixtures/requirements/vitest.config.ts')
    const { status, stdout } = spawnSync(process.execPath, [program, 'run', '--config', config], {
        // Its own variables would make the run within a run take itself for a worker of this one.
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], CI: ci },
        encoding: 'utf8',
        timeout: 60_000,
    })
    return { status, lines: stdout.trim().split('\n') }
}

const reason = 'no-such-program is not installed: apt-get install no-such-package'

test('a suite that can not run is skipped, named with its reason at the end, and counted', () => {
    const { status, lines } = runSuites('')
    expect(lines.slice(-4)).toEqual([
        'Suites that this machine could not run:',
        `  a suite whose needs are not met: ${reason}`,
        '',
        '1 passed, 0 failed, 1 skipped',
    ])
    expect(status).toBe(0)
})

test('in CI it fails', () => {
    const { status, lines } = runSuites('true')
    expect(lines.at(-1)).toBe('1 passed, 1 failed')
    expect(lines.join('\n')).not.toContain('could not run:\n')
    expect(status).toBe(1)
})
