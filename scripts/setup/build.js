// Builds dist/: the Node programs with tsc, the njs script with rollup.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { bin } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

/** Runs the command-line program of a dependency; its messages reach the terminal. */
function run(script, ...args) {
    execFileSync(process.execPath, [`${root}/node_modules/${script}`, ...args], { cwd: root, stdio: 'inherit' })
}

/** Brings dist/ up to date. Throws when the sources do not compile. */
export function build() {
    run('typescript/bin/tsc', '-p', 'bench') // and scripts/, which it imports
    run('rollup/dist/bin/rollup', '--config', '--silent')
    for (const program of Object.values(bin).filter((file) => existsSync(`${root}/${file}`)))
        chmodSync(`${root}/${program}`, 0o755)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    try {
        // The output of deleted sources must not be published.
        rmSync(`${root}/dist`, { recursive: true, force: true })
        build()
    } catch (error) {
        if (error.status === undefined) throw error
        process.exitCode = 1 // the compiler has printed the errors
    }
}
