import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config'
import base, { reporters, timeouts, workers } from '../../vitest.config.js'
import { debianRoot, missingDebianRoot } from '../support/machine/debian-root.js'
import { cells, filesOf, machine, nginxTests, projectRoot, type Cell } from './cells.js'

/** Names of cells, separated by spaces; all where it is empty. Set by scripts/setup/run.js. */
const wanted = (process.env.MATRIX_CELLS ?? '').split(' ').filter((name) => name !== '')
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name)

// Vitest has to know what it runs before it starts: so the roots are unpacked here.
export default defineConfig(async (): Promise<ViteUserConfig> => {
    const expected: Record<string, string[]> = {}
    const missing: Record<string, string> = {}
    const projects: TestProjectInlineConfiguration[] = []
    for (const cell of cells) {
        if (!isWanted(cell.name)) continue
        const root = await rootOf(cell)
        const files = (expected[cell.name] = filesOf(cell))
        if ('missing' in root) missing[cell.name] = root.missing
        else projects.push(project(cell.name, files, [], { TEST_NGINX_ROOT: root.root, TEST_JS_ENGINE: cell.engine }))
    }
    if (isWanted(machine)) projects.push(project(machine, ['test/**/*.test.ts'], nginxTests(), {}))
    const lost = Object.entries(missing).map(([name, why]) => `${name}: ${why}`)
    if (process.env.CI === 'true' && lost.length > 0)
        throw new Error(`With CI=true every cell runs. ${lost.join('; ')}`)
    const summary = { expected, missing, table: process.env.MATRIX_TABLE }
    const [reporter, counter] = reporters
    return {
        root: projectRoot,
        test: {
            globalSetup: base.test!.globalSetup!,
            reporters: [reporter, [`${projectRoot}/test/matrix/reporter.ts`, summary], counter],
            maxWorkers: workers,
            projects,
        },
    }
})

function project(
    name: string,
    include: string[],
    exclude: string[],
    env: Record<string, string>,
): TestProjectInlineConfiguration {
    return { root: projectRoot, test: { ...timeouts, name, include, exclude, env } }
}

async function rootOf({ suite }: Cell): Promise<{ root: string } | { missing: string }> {
    const missing = missingDebianRoot(suite, 'nginx')
    if (missing !== undefined) return { missing }
    try {
        return { root: await debianRoot(suite, 'nginx') }
    } catch (error) {
        const said = (error as { stderr?: string }).stderr ?? String(error)
        return { missing: `the nginx of Debian ${suite} could not be unpacked: ${said.trim().split('\n').at(-1)}` }
    }
}
