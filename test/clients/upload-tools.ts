import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { environmentWith } from '../support/python/python-clients.js'
import { uploader } from '../support/uploads/send-upload.js'

/** A tool that uploads, as docs/publishing.md sets it up. */
export interface UploadTool {
    name: string
    requirements: string[]
    /** Files of its configuration, besides `dist/`. */
    files?: (url: string, name: string) => Record<string, string>
    /** The command, in the folder of the project. @param programs where the programs of its environment are */
    command: (url: string, python: string) => string[]
    environment?: Record<string, string>
    /** Whether it builds the files itself, instead of taking those in dist/. */
    builds?: true
    /** What it shows of a file that exists with other bytes, if not nginx's message. */
    shows?: RegExp
}

const { user, password } = uploader

/** `.pypirc`, which twine, flit and distutils read. */
const pypirc = (url: string) =>
    `[distutils]\nindex-servers = private\n\n[private]\nrepository = ${url}\nusername = ${user}\npassword = ${password}\n`

const project = (name: string) => `[build-system]
requires = ["flit_core >=3.2"]
build-backend = "flit_core.buildapi"

[project]
name = "${name}"
version = "1.0"
description = "A project"
requires-python = ">=3.8"
`

const uv = (version: string): UploadTool => ({
    name: `uv ${version}`,
    requirements: [`uv==${version}`],
    command: (url, python) => [path.join(path.dirname(python), 'uv'), 'publish', '--publish-url', url],
    environment: { UV_PUBLISH_USERNAME: user, UV_PUBLISH_PASSWORD: password, UV_NO_CONFIG: '1' },
})

const twine = (version: string): UploadTool => ({
    name: `twine ${version}`,
    // The old one imports what later versions of its libraries have dropped.
    requirements: [
        `twine==${version}`,
        ...(version < '4' ? ['importlib_metadata<5', 'urllib3<2', 'setuptools<70', 'packaging'] : []),
    ],
    command: (url, python) => [python, '-m', 'twine', 'upload', '--non-interactive', '--repository-url', url, 'dist/*'],
    environment: { TWINE_USERNAME: user, TWINE_PASSWORD: password },
})

const poetry = (version: string): UploadTool => ({
    name: `poetry ${version}`,
    requirements: [`poetry==${version}`],
    files: (_url, name) => ({
        'pyproject.toml': `[tool.poetry]\nname = "${name}"\nversion = "1.0"\ndescription = ""\nauthors = ["a <a@example.com>"]\n`,
    }),
    command: (_url, python) => [python, '-m', 'poetry', '--no-interaction', 'publish', '--repository', 'private'],
    environment: { POETRY_HTTP_BASIC_PRIVATE_USERNAME: user, POETRY_HTTP_BASIC_PRIVATE_PASSWORD: password },
})

/** The tools, each with the oldest and the newest version that is tested. */
export const uploadTools: UploadTool[] = [
    twine('3.8.0'),
    twine('6.1.0'),
    twine('7.0.0'),
    uv('0.8.0'),
    uv('0.13.9'),
    poetry('1.8.5'),
    poetry('2.5.1'),
    {
        name: 'hatch 1.18.2',
        // It finds the file on the page.
        shows: /already exists$/,
        requirements: ['hatch==1.18.2'],
        files: (_url, name) => ({ 'pyproject.toml': project(name) }),
        command: (url, python) => [python, '-m', 'hatch', 'publish', '--no-prompt', '--repo', url, '--user', user],
        environment: { HATCH_INDEX_AUTH: password },
    },
    {
        name: 'pdm 2',
        shows: /400 Bad Request/,
        // With the libraries that its authors tested: some later ones break it.
        requirements: ['pdm[locked]==2.*'],
        files: (_url, name) => ({ 'pyproject.toml': project(name) }),
        command: (url, python) => [python, '-m', 'pdm', 'publish', '--no-build', '--repository', url],
        environment: { PDM_PUBLISH_USERNAME: user, PDM_PUBLISH_PASSWORD: password, PDM_CHECK_UPDATE: '0' },
    },
    {
        name: 'flit 4.2.0',
        requirements: ['flit==4.2.0'],
        builds: true,
        files: (_url, name) => ({
            'pyproject.toml': project(name),
            [`${name.replaceAll('-', '_')}/__init__.py`]: 'version = "1.0"\n',
        }),
        command: (_url, python) => [python, '-m', 'flit', 'publish', '--no-use-vcs', '--repository', 'private'],
    },
]

/**
 * Runs a tool in a new folder.
 *
 * @param dist the files to upload
 * @returns what it said
 * @throws Error that has what it said, when it fails
 */
export async function runUploadTool(
    tool: UploadTool,
    url: string,
    name: string,
    dist: { filename: string; bytes: Buffer }[],
): Promise<string> {
    const home = await mkdtemp(path.join(tmpdir(), 'upload-tool-'))
    const folder = path.join(home, 'project')
    await mkdir(path.join(folder, 'dist'), { recursive: true })
    await writeFile(path.join(home, '.pypirc'), pypirc(url), { mode: 0o600 })
    for (const [file, content] of Object.entries(tool.files?.(url, name) ?? {})) {
        await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
        await writeFile(path.join(folder, file), content)
    }
    for (const { filename, bytes } of dist) await writeFile(path.join(folder, 'dist', filename), bytes)
    const python = await environmentWith(tool.requirements)
    const environment = {
        PATH: `${path.dirname(python)}:/usr/bin:/bin`,
        HOME: home,
        LC_ALL: 'C.UTF-8',
        PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
        POETRY_REPOSITORIES_PRIVATE_URL: url,
        NO_COLOR: '1',
        ...tool.environment,
    }
    const words = tool
        .command(url, python)
        .flatMap((word) => (word === 'dist/*' ? dist.map(({ filename }) => `dist/${filename}`) : [word]))
    const options = { cwd: folder, env: environment, timeout: 120_000 }
    const { stdout, stderr } = await promisify(execFile)(words[0]!, words.slice(1), options)
    return stdout + stderr
}
