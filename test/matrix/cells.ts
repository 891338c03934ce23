import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DebianSuite } from '../support/machine/debian-root.js'

/** One nginx under test: that of a Debian suite, with one engine of the script. */
export interface Cell {
    name: string
    suite: DebianSuite
    engine: 'njs' | 'qjs'
}

/** trixie's njs was built without QuickJS, bookworm's is older than it. */
export const cells: readonly Cell[] = [
    { name: 'bookworm', suite: 'bookworm', engine: 'njs' },
    { name: 'trixie', suite: 'trixie', engine: 'njs' },
    { name: 'forky-njs', suite: 'forky', engine: 'njs' },
    { name: 'forky-qjs', suite: 'forky', engine: 'qjs' },
]

/** The tests that have nothing to do with which nginx it is: everything else, once, with what this machine has. */
export const machine = 'machine'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

const suiteFolders = ['test/integration', 'test/conformance', 'test/reported']

/** The test files, relative to the project's root, that start the nginx under test. */
export function nginxTests(): string[] {
    return suiteFolders
        .flatMap((folder) => readdirSync(path.join(projectRoot, folder)).map((file) => `${folder}/${file}`))
        .filter((file) => file.endsWith('.test.ts') && startsNginx(readFileSync(path.join(projectRoot, file), 'utf8')))
        .sort()
}

/**
 * The test files of one cell. What asks nginx, starts no index and does not ask for the engine has nothing to do with
 * it: a second engine of the same nginx leaves it out.
 */
export function filesOf(cell: Cell): string[] {
    const isFirst = cells.find(({ suite }) => suite === cell.suite) === cell
    return nginxTests().filter((file) => isFirst || dependsOnEngine(readFileSync(path.join(projectRoot, file), 'utf8')))
}

function dependsOnEngine(text: string): boolean {
    return /\/(?:nginx\/(?:start|cached|trusted|public)-index|uploads\/\w+-(?:index|uploads))\.js'|jsEngineUnderTest/.test(
        text,
    )
}

/** Whether a test file's text imports from the folders that start the nginx under test. */
export function startsNginx(text: string): boolean {
    return text.includes(" from '../support/nginx/") || text.includes(" from '../support/uploads/")
}
