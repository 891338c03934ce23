import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../core/user-error.js'
import { kindOf } from '../../core/file-name.js'
import { builderEnvironment } from './builder-environment.js'

/** Options for building a project. */
export interface BuildOptions {
    /** Build in an isolated environment, into which the build requirements are installed. */
    isolation: boolean
    python?: string
    /** Names of variables to pass to the builder even if they look like secrets. */
    buildEnv?: readonly string[]
}

/** How many of the last lines of a failed build to show. */
const shownLines = 30

/**
 * Builds the sdist and the wheel of a project into its `dist/`. The builder does not see the publishing credentials.
 *
 * @param folder a folder with pyproject.toml or setup.py
 * @returns paths of the built files, without older files in `dist/`
 * @throws UserError if the folder is not a project, no builder is installed, or the build fails
 */
export async function build(folder: string, options: BuildOptions): Promise<string[]> {
    if (!['pyproject.toml', 'setup.py'].some((name) => existsSync(join(folder, name)))) {
        throw new UserError(
            `${folder} has neither pyproject.toml nor setup.py`,
            'Name the folder of a Python project, or its built files.',
        )
    }
    const environment = builderEnvironment(process.env, options.buildEnv)
    const dist = join(resolve(folder), 'dist')
    await mkdir(dist, { recursive: true })
    const fresh = await mkdtemp(join(dist, '.build-'))
    try {
        const [command, ...words] = await builder(options, environment)
        // -o is short for --outdir (build) and --out-dir (uv).
        const { status, output } = await run(command!, [...words, '-o', fresh, resolve(folder)], environment, shown())
        if (status !== 0) {
            const tail = output.trimEnd().split('\n').slice(-shownLines).join('\n')
            throw new UserError(
                `the build of ${folder} failed`,
                tail || `${command} ${words.join(' ')} exited with status ${status}`,
            )
        }
        const names = (await readdir(fresh)).filter((name) => kindOf(name) !== undefined).sort()
        if (names.length === 0) throw new UserError(`the build of ${folder} produced neither a wheel nor an sdist`)
        for (const name of names) await rename(join(fresh, name), join(dist, name))
        return names.map((name) => join(dist, name))
    } finally {
        await rm(fresh, { recursive: true, force: true })
    }
}

/** The command line of the first installed builder. */
async function builder(options: BuildOptions, environment: NodeJS.ProcessEnv): Promise<string[]> {
    const python = options.python ?? 'python3'
    const hasBuild = await run(python, ['-c', 'import build.__main__'], environment, false)
    if (hasBuild.status === 0) return [python, '-m', 'build', ...(options.isolation ? [] : ['--no-isolation'])]
    const hasUv = await run('uv', ['--version'], environment, false)
    if (hasUv.status === 0) return ['uv', 'build', ...(options.isolation ? [] : ['--no-build-isolation'])]
    throw new UserError(
        `no builder for Python packages found: ${python} has no module "build", and uv is not installed`,
        `Install one: ${python} -m pip install build, or apt-get install python3-build python3-venv, or uv.\n` +
            'Or build elsewhere and publish the files: publish-package BUCKET dist/*',
    )
}

/** Whether to show the builder's output. It goes to stderr, so it never mixes with the results. */
function shown(): boolean {
    return process.stderr.isTTY === true
}

/** Runs a command. `status` is undefined if the command does not exist. */
async function run(
    command: string,
    words: string[],
    environment: NodeJS.ProcessEnv,
    show: boolean,
): Promise<{ status: number | null | undefined; output: string }> {
    const child = spawn(command, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
        output += chunk.toString()
        if (show) process.stderr.write(chunk)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    return new Promise((done, failed) => {
        child.on('error', (error: NodeJS.ErrnoException) => {
            if (error.code === 'ENOENT' || error.code === 'EACCES') done({ status: undefined, output })
            else failed(error)
        })
        child.on('close', (status) => done({ status, output }))
    })
}
