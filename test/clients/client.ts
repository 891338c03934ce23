import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { expected, type World } from './world.js'

/** A client in one version: how it is told what to install, and how it does. */
export interface Client {
    /** With its version. */
    name: string
    /** What is missing to run it, or undefined. */
    missing: string | undefined
    /** Makes it ready. @returns the program, with the words that come before the client's own */
    prepare(): Promise<string[]>
    /** Files of a project that wants these requirements from this one index. */
    manifest(url: string, requirements: readonly Requirement[]): Record<string, string>
    /** Resolves the requirements into the lock file; not there where the manifest is one. */
    lock?: string[]
    /** Holds what is to be installed, with its hashes. */
    lockFile: string
    /** Installs what is locked. */
    install: string[]
    /** The folder with the installed modules, below the project's. */
    modules: string
    /** What its environment needs. */
    environment?: Record<string, string>
    /** The variables that give it a password for the index; not there where it takes none from its environment. */
    credentials?(user: string, password: string): Record<string, string>
    /** Whether it keeps what it read with a password, and asks whether it has changed. */
    caches: boolean
    /** Whether it keeps a file under its address in the index, so that another URL of S3 does not matter. */
    keepsByAddress?: true
    /** Whether its User-Agent is that of its HTTP library, so that nginx cannot tell it from others. */
    anonymous?: true
}

/** A requirement, and the hash of the one file that fulfils it. */
export interface Requirement {
    name: string
    specifier: string
    /** For clients whose manifest is the lock. */
    version: string
    sha256: string
}

/** A folder with a project, and the home of the user who works in it. */
export interface ClientProject {
    folder: string
    home: string
}

/** What a client said, and how it ended. */
export interface ClientOutcome {
    succeeded: boolean
    output: string
}

/** No client takes longer, unless it hangs. Milliseconds. */
const timeout = 90_000

/** A new project. @param home of a user who has been here; a new one by default */
export async function startProject(client: Client, url: string, wanted: readonly Requirement[], home?: string) {
    const folder = await temporaryFolder()
    const project = { folder: path.join(folder, 'project'), home: home ?? path.join(folder, 'home') }
    await mkdir(project.folder)
    await mkdir(project.home, { recursive: true })
    for (const [name, content] of Object.entries(client.manifest(url, wanted))) {
        await writeFile(path.join(project.folder, name), content)
    }
    return project
}

/** Locks, where the client does, and installs. */
export async function lockAndInstall(
    client: Client,
    project: ClientProject,
    world: Pick<World, 'authority'>,
): Promise<ClientOutcome> {
    const locked = client.lock === undefined ? undefined : await run(client, client.lock, project, world)
    return locked?.succeeded === false ? locked : run(client, client.install, project, world)
}

/** Runs the client with nothing of the machine's settings. */
export async function run(
    client: Client,
    words: string[],
    { folder, home }: ClientProject,
    world: Pick<World, 'authority'>,
): Promise<ClientOutcome> {
    const [program, ...before] = await client.prepare()
    const environment = {
        PATH: '/usr/bin:/bin',
        HOME: home,
        LC_ALL: 'C.UTF-8',
        PIP_CONFIG_FILE: '/dev/null',
        // requests and what is built on it reads the one, httpx and uv the other.
        REQUESTS_CA_BUNDLE: world.authority,
        SSL_CERT_FILE: world.authority,
        // Or it leaves a process behind that looks for newer pips at PyPI.
        VIRTUALENV_NO_PERIODIC_UPDATE: '1',
        ...client.environment,
    }
    try {
        const running = promisify(execFile)(program!, [...before, ...words], { cwd: folder, env: environment, timeout })
        // Nobody is there to be asked for a password.
        running.child.stdin!.end()
        const ended = await running
        return { succeeded: true, output: ended.stdout + ended.stderr }
    } catch (error) {
        const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
        if (typeof code !== 'number') throw error
        return { succeeded: false, output: `${stdout}${stderr}` }
    }
}

/** The versions of what is installed, as the modules themselves tell them. */
export async function installed(client: Client, { folder }: ClientProject): Promise<Record<string, string>> {
    const versions = Object.keys(expected).map(async (name): Promise<[string, string]> => {
        const module = await readFile(path.join(folder, client.modules, name, '__init__.py'), 'utf8')
        return [name, /^version = "(.*)"$/m.exec(module)![1]!]
    })
    return Object.fromEntries(await Promise.all(versions))
}

/** What the consuming project wants: the names as people write them, and no local version. */
export function wanted({ hashes }: Pick<World, 'hashes'>, client: Client): Requirement[] {
    const direct = [
        { name: 'Acme.Dotted_Name', specifier: '==2.0', version: '2.0', sha256: hashes.acme_dotted_name! },
        { name: 'acme-tools', specifier: '>=1', version: '1.0+cu12', sha256: hashes.acme_tools! },
    ]
    if (client.lock) return direct
    return [...direct, { name: 'public-dep', specifier: '', version: '1.1', sha256: hashes.public_dep! }]
}
