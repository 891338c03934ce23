// `npm start`, `npm test`, `npm run install-programs`, `matrix`, `bench`, `bench:end-to-end`: prepares the checkout, then
// runs the task. Plain JavaScript without dependencies, since it installs the compiler and the dependencies.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Whether node_modules/ matches package-lock.json. Other platforms' optional packages may be absent. */
function dependenciesAreInstalled() {
    const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
    return Object.entries(packages).every(([folder, locked]) => {
        if (folder === '') return true
        const file = path.join(root, folder, 'package.json')
        if (!existsSync(file)) return locked.optional === true || locked.devOptional === true
        return JSON.parse(readFileSync(file, 'utf8')).version === locked.version
    })
}

/** Whether a source is newer than the last file that the build writes. */
function buildIsStale() {
    const built = path.join(root, 'dist/refresh-credentials.js')
    if (!existsSync(built)) return true
    const sources = ['core', 'njs', 'scripts', 'bench'].flatMap((folder) =>
        readdirSync(path.join(root, folder), { recursive: true }).map((file) => path.join(root, folder, file)),
    )
    const newest = Math.max(
        ...[...sources, path.join(root, 'tsconfig.json'), path.join(root, 'rollup.config.js')].map(
            (file) => statSync(file).mtimeMs,
        ),
    )
    return newest > statSync(built).mtimeMs
}

function runNode(...words) {
    execFileSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
}

const tasks = {
    async start() {
        await import('../../dist/scripts/start.js')
    },
    async test(words) {
        const { prepareForTests } = await import('../../dist/scripts/setup/machine.js')
        prepareForTests((line) => console.log(line))
        runNode('node_modules/vitest/vitest.mjs', 'run', ...words)
    },
    /** `matrix [CELL...] [--table FILE] [FILTER...]`: the cells of test/matrix/cells.ts, all by default. */
    async matrix(words) {
        const { prepareForTests } = await import('../../dist/scripts/setup/machine.js')
        prepareForTests((line) => console.log(line))
        const names = ['bookworm', 'trixie', 'forky-njs', 'forky-qjs', 'machine']
        const wanted = words.filter((word) => names.includes(word))
        const table = words.indexOf('--table')
        process.env.MATRIX_CELLS = wanted.join(' ')
        if (table !== -1) process.env.MATRIX_TABLE = words[table + 1]
        const rest = words.filter(
            (word, index) => !names.includes(word) && !(table !== -1 && index >= table && index < table + 2),
        )
        runNode('node_modules/vitest/vitest.mjs', 'run', '--config', 'test/matrix/vitest.config.ts', ...rest)
    },
    /** Installs generate-config, publish-package and manage-index globally, without development dependencies. */
    async 'install-programs'(words) {
        build()
        const folder = mkdtempSync(path.join(tmpdir(), 'nginx-s3-pypi-pack-'))
        try {
            const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
            const name = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim().split('\n').at(-1)
            const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
            execFileSync('npm', ['install', '--global', ...options, ...words, path.join(folder, name)], {
                stdio: 'inherit',
            })
        } finally {
            rmSync(folder, { recursive: true })
        }
    },
    async bench(words) {
        runNode('dist/bench/request-cost.js', ...words)
    },
    async 'bench:end-to-end'(words) {
        runNode('dist/bench/end-to-end.js', ...words)
    },
}

const [task, ...words] = process.argv.slice(2)
const oldest = 20
if (Number(process.versions.node.split('.')[0]) < oldest) {
    console.error(`npm ${task}: Node.js ${process.versions.node} is untested: use ${oldest} or later, see README.md`)
}
try {
    if (!dependenciesAreInstalled()) {
        console.log('installing the dependencies with npm')
        // No dependency needs its install script.
        const options = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
        execFileSync('npm', ['ci', ...options], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    }
    if (buildIsStale()) build()
    process.argv.splice(2, 1) // the task's own words remain
    await tasks[task](words)
} catch (error) {
    // An error with a status comes from a child process, which has printed its own message.
    if (typeof error.status !== 'number') {
        if (error.name !== 'UserError') throw error
        console.error(`npm ${task}: ${error.message}\n${error.cure ? `  ${error.cure}\n` : ''}`)
    }
    process.exitCode = error.status || 1
}
