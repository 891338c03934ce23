// Builds dist/: the Node programs with tsc, the njs script with rollup.
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { bin } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

/** Runs the command-line program of a dependency; its messages reach the terminal. */
function run(script, ...args) {
    execFileSync(process.execPath, [`${root}/node_modules/${script}`, ...args], { cwd: root, stdio: 'inherit' })
}

/** Makes dist/ anew. Throws when the sources do not compile. */
export function build() {
    rmSync(`${root}/dist`, { recursive: true, force: true })
    run('typescript/bin/tsc', '-p', 'scripts')
    run('rollup/dist/bin/rollup', '--config', '--silent')
    for (const program of Object.values(bin)) chmodSync(`${root}/${program}`, 0o755)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    try {
        build()
    } catch (error) {
        if (error.status === undefined) throw error
        process.exitCode = 1 // the compiler has said why
    }
}
