import { execFile } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { pageBlocks, type PageBlock } from '../support/programs/page-blocks.js'
import { environmentWith, pythonVersion, systemPython } from '../support/python/python-clients.js'
import { uploader } from '../support/uploads/send-upload.js'

/** A tool that uploads, as docs/uploading.md sets it up. */
export interface UploadTool {
    name: string
    requirements: string[]
    /** What this machine lacks for it, besides the requirements. */
    missing?: string
    /** The section of the page. */
    section: string
    /** Sections of the page that this one refers to. */
    sections?: string[]
    /** Files of the project, besides `dist/`. */
    files?: (name: string) => Record<string, string>
    environment?: Record<string, string>
    /** Which formats it builds itself, instead of taking the files in dist/. */
    builds?: ('wheel' | 'sdist')[]
    /** What it shows of a file that exists with other bytes, if not nginx's message. */
    shows?: RegExp
    /** Whether the commands of the page are for one file, an example that the reader replaces. */
    perFile?: true
    /** Whether the page's settings have the password of a reader, besides that of the uploader. */
    reads?: true
}

const { password } = uploader

/** A reader of the index, whose password is not that of the uploader. */
export const reader = { user: 'ci', password: 'r"ad%41&er$' }

const project = (name: string) => `[build-system]
requires = ["flit_core >=3.2"]
build-backend = "flit_core.buildapi"

[project]
name = "${name}"
version = "1.0"
description = "A project"
requires-python = ">=3.8"
`

const uv = (version: string, section = 'uv', more: Partial<UploadTool> = {}): UploadTool => ({
    name: section.replace('uv', `uv ${version}`),
    section,
    ...more,
    requirements: [`uv==${version}`],
    files: (name) => ({ 'pyproject.toml': project(name) }),
    // With --check-url, it compares the hashes itself.
    shows: /Local file and index file do not match/,
})

const twine = (version: string, section = 'twine'): UploadTool => ({
    name: section === 'twine' ? `twine ${version}` : `${section}, twine ${version}`,
    section,
    ...(section === 'twine with .pypirc' && { sections: ['flit'] }),
    // The old one imports what later versions of its libraries have dropped.
    requirements: [
        `twine==${version}`,
        ...(version < '4' ? ['importlib_metadata<5', 'urllib3<2', 'setuptools<70', 'packaging'] : []),
    ],
    environment: { TWINE_NON_INTERACTIVE: '1' },
})

const poetry = (version: string): UploadTool => ({
    name: `poetry ${version}`,
    section: 'poetry',
    requirements: [`poetry==${version}`],
    files: (name) => ({
        'pyproject.toml': `[tool.poetry]\nname = "${name}"\nversion = "1.0"\ndescription = ""\nauthors = ["a <a@example.com>"]\n`,
    }),
    environment: { POETRY_NO_INTERACTION: '1' },
})

/** The tools, each with the oldest and the newest version that is tested. */
export const uploadTools: UploadTool[] = [
    twine('3.8.0'),
    twine('6.1.0'),
    twine('7.0.0'),
    twine('7.0.0', 'twine with .pypirc'),
    twine('6.1.0', 'GitHub Actions'),
    twine('7.0.0', 'GitLab CI'),
    uv('0.8.0'),
    uv('0.13.9'),
    uv('0.13.9', 'uv with an index in pyproject.toml'),
    poetry('1.8.5'),
    poetry('2.5.1'),
    {
        name: 'hatch 1.18.2',
        section: 'hatch',
        // It finds the file on the page.
        shows: /already exists$/,
        requirements: ['hatch==1.18.2'],
        files: (name) => ({ 'pyproject.toml': project(name) }),
    },
    {
        name: 'pdm 2',
        section: 'pdm',
        shows: /400 Bad Request/,
        // With the libraries that its authors tested: some later ones break it.
        requirements: ['pdm[locked]==2.*'],
        files: (name) => ({ 'pyproject.toml': project(name) }),
        environment: { PDM_CHECK_UPDATE: '0' },
    },
    {
        name: 'flit 4.2.0',
        section: 'flit',
        requirements: ['flit==4.2.0'],
        builds: ['wheel', 'sdist'],
        files: (name) => ({
            'pyproject.toml': project(name),
            [`${name.replaceAll('-', '_')}/__init__.py`]: 'version = "1.0"\n',
        }),
        environment: { FLIT_USE_VCS: '0' },
    },
    { name: 'curl', section: 'curl', requirements: [], perFile: true },
    {
        name: 'distutils',
        section: 'distutils',
        sections: ['flit'],
        requirements: [],
        ...(Number(pythonVersion().slice(2)) > 11 && { missing: 'Python 3.12 has no distutils' }),
        builds: ['sdist'],
        files: (name) => ({
            'setup.py': `from distutils.core import setup\nsetup(name="${name}", version="1.0", py_modules=[])\n`,
        }),
    },
]

/** Tools that also read the index, with the settings for one whose readers need a password. */
export const readingTools: UploadTool[] = [
    uv('0.8.0', 'uv with a password for readers', { reads: true }),
    uv('0.13.9', 'uv with a password for readers', { reads: true }),
    uv('0.13.9', 'uv with an index and a password for readers', {
        reads: true,
        sections: ['uv with an index in pyproject.toml'],
    }),
]

/** The programs of the environment: those beside its Python name the folder in which they were installed. */
const programs = ['twine', 'poetry', 'hatch', 'pdm', 'flit']

/**
 * Runs the commands of the page in a new folder, with the settings of the page.
 *
 * @param origin of the index, in place of the page's
 * @param dist the files to upload
 * @returns what the tool said
 * @throws Error that has what it said, when it fails
 */
export async function runUploadTool(
    tool: UploadTool,
    origin: string,
    name: string,
    dist: { filename: string; bytes: Buffer }[],
): Promise<string> {
    const home = await mkdtemp(path.join(tmpdir(), 'upload-tool-'))
    const folder = path.join(home, 'project')
    await mkdir(path.join(folder, 'dist'), { recursive: true })
    for (const [file, content] of Object.entries(tool.files?.(name) ?? {})) {
        await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
        await writeFile(path.join(folder, file), content)
    }
    const blocks = [tool.section, ...(tool.sections ?? [])].flatMap((section) => pageBlocks('uploading.md', section))
    for (const { file, text } of blocks) {
        if (file !== undefined) await writeSettings(file, filledIn(text, origin, password), { home, folder })
    }
    for (const { filename, bytes } of dist) await writeFile(path.join(folder, 'dist', filename), bytes)
    const python = tool.requirements.length === 0 ? systemPython : await environmentWith(tool.requirements)
    const environment = {
        PATH: `${await programFolder(home, python)}:${path.dirname(python)}:/usr/bin:/bin`,
        HOME: home,
        LC_ALL: 'C.UTF-8',
        PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
        NO_COLOR: '1',
        ...tool.environment,
    }
    const onPage = commandsOf(pageBlocks('uploading.md', tool.section))
    const forReader = tool.perFile ? dist.map(({ filename }) => forFile(onPage, name, filename)).join('') : onPage
    const commands = filledIn(forReader, origin, `'${password}'`, `'${reader.password}'`)
    const options = { cwd: folder, env: environment, timeout: 120_000 }
    const { stdout, stderr } = await promisify(execFile)('bash', ['-eo', 'pipefail', '-c', commands], options)
    return stdout + stderr
}

/** The commands for another file than that of the page. */
function forFile(commands: string, name: string, filename: string): string {
    const changes = {
        'dist/acme-1.0-py3-none-any.whl': `dist/${filename}`,
        'name=acme': `name=${name}`,
        ...(filename.endsWith('.tar.gz') && { 'filetype=bdist_wheel': 'filetype=sdist' }),
    }
    return Object.entries(changes).reduce((text, [old, now]) => {
        if (!text.includes(old)) throw new Error(`The page does not have ${old}`)
        return text.replace(old, now)
    }, commands)
}

/** What the user of the page fills in. @param readerSecret in lines of the user `ci` */
function filledIn(text: string, origin: string, secret: string, readerSecret = reader.password): string {
    return text
        .replaceAll('https://pypi.example.com', () => origin)
        .replaceAll('pypi.example.com', () => new URL(origin).hostname)
        .replaceAll(/(\bci\b.*)\.\.\./g, (_, before: string) => before + readerSecret)
        .replaceAll('...', () => secret)
        .replaceAll('${{ secrets.PYPI_PASSWORD }}', () => secret)
}

async function writeSettings(file: string, text: string, { home, folder }: { home: string; folder: string }) {
    const target = file.startsWith('~/') ? path.join(home, file.slice(2)) : path.join(folder, file)
    await appendFile(target, `\n${text}`, { mode: 0o600 })
}

/** Those of its `sh` blocks, or of its CI job. */
function commandsOf(blocks: PageBlock[]): string {
    const shell = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
    const jobs = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => jobCommands(text))
    return [...shell, ...jobs].join('')
}

interface Job {
    steps?: { uses?: string; with?: Record<string, string> }[]
    variables?: Record<string, string>
    script?: string[]
}

/** What a CI job runs once the files are built. */
function jobCommands(yaml: string): string {
    const { jobs, publish = jobs?.publish } = parse(yaml) as { jobs?: { publish: Job }; publish?: Job }
    if (publish?.script) {
        const variables = { ...publish.variables, TWINE_PASSWORD: '...' }
        const exported = Object.entries(variables).map(([name, value]) => `export ${name}=${value}\n`)
        // The files are in dist/ already.
        const upload = publish.script.filter((line) => !/^(?:pip install|python -m build)\b/.test(line))
        return exported.join('') + upload.join('\n')
    }
    // The action is a container that runs twine with its inputs as environment. @see twine-upload.sh of the action
    const action = publish?.steps?.find(({ uses }) => uses?.startsWith('pypa/gh-action-pypi-publish@'))
    const inputs = action!.with!
    return `twine check dist/*
export TWINE_USERNAME=${inputs.user} TWINE_PASSWORD=${inputs.password} TWINE_REPOSITORY_URL=${inputs['repository-url']}
twine upload dist/*
`
}

async function programFolder(home: string, python: string): Promise<string> {
    const folder = path.join(home, 'bin')
    await mkdir(folder)
    for (const program of programs) {
        await writeFile(path.join(folder, program), `#!/bin/sh\nexec ${python} -m ${program} "$@"\n`)
        await chmod(path.join(folder, program), 0o755)
    }
    return folder
}
