import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../core/user-error.js'
import { kindOf } from '../../core/file-name.js'
import { builderEnvironment } from './builder-environment.js'

/** How a project is built. */
export interface BuildOptions {
    /** In an environment of its own, into which the build's requirements are installed. */
    isolation: boolean
    python?: string
    /** Variables that the builder gets although they look like secrets. */
    buildEnv?: readonly string[]
}

/** How much of a failed build is shown, from its end. Lines. */
const shownLines = 30

/**
 * Builds the sdist and the wheel of a project into its `dist/`, without the credentials that publish them.
 *
 * @param folder with pyproject.toml or setup.py
 * @returns the paths of what this build made; older files in `dist/` are not among them
 * @throws UserError when there is nothing to build, nothing to build it with, or when it fails
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
        // Of --outdir (build) and --out-dir (uv), the short form is the same.
        const { status, output } = await run(command!, [...words, '-o', fresh, resolve(folder)], environment, shown())
        if (status !== 0) {
            const tail = output.trimEnd().split('\n').slice(-shownLines).join('\n')
            throw new UserError(
                `the build of ${folder} failed`,
                tail || `${command} ${words.join(' ')} ended with ${status}`,
            )
        }
        const names = (await readdir(fresh)).filter((name) => kindOf(name) !== undefined).sort()
        if (names.length === 0) throw new UserError(`the build of ${folder} made neither a wheel nor an sdist`)
        for (const name of names) await rename(join(fresh, name), join(dist, name))
        return names.map((name) => join(dist, name))
    } finally {
        await rm(fresh, { recursive: true, force: true })
    }
}

/** The first builder that this machine has, as the words of a command. */
async function builder(options: BuildOptions, environment: NodeJS.ProcessEnv): Promise<string[]> {
    const python = options.python ?? 'python3'
    const hasBuild = await run(python, ['-c', 'import build.__main__'], environment, false)
    if (hasBuild.status === 0) return [python, '-m', 'build', ...(options.isolation ? [] : ['--no-isolation'])]
    const hasUv = await run('uv', ['--version'], environment, false)
    if (hasUv.status === 0) return ['uv', 'build', ...(options.isolation ? [] : ['--no-build-isolation'])]
    throw new UserError(
        `nothing here can build a Python package: ${python} has no module "build", and there is no uv`,
        `Install one: ${python} -m pip install build, or apt-get install python3-build python3-venv, or uv.\n` +
            'Or build elsewhere and publish the files: publish-package BUCKET dist/*',
    )
}

/** Whether the builder may write to the terminal. Its output never mixes with the results. */
function shown(): boolean {
    return process.stderr.isTTY === true
}

/** Runs a command. A status of undefined: there is no such command. */
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
