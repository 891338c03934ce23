import { fileURLToPath } from 'node:url'
import { commandLine } from '../cli/shell-words.js'
import type { ConfigOptions } from '../config/option-table.js'
import { pipInstalls } from '../setup/machine.js'
import type { Storage } from './storage.js'
import type { Uploader } from './uploader.js'

/** As a path, since the programs of this checkout are not on PATH in a project's folder. */
const publisher = fileURLToPath(new URL('../publish-package.js', import.meta.url))

/**
 * The text that `npm start` prints when the index is ready: its URL, and commands that install from it and publish to it.
 *
 * @param python the Python for `--python`, if one is needed to build
 */
export function welcome(
    url: string,
    storage: Storage,
    options: { data: string; fallback?: string | boolean } & Omit<Partial<ConfigOptions>, 'fallback'>,
    python: string | undefined,
    uploader?: Uploader,
): string {
    const embedded = options.bucket === undefined
    const { bucket, region, endpointUrl } = storage.config
    const words = [
        bucket,
        ...(endpointUrl === undefined ? [] : ['--endpoint-url', endpointUrl]),
        ...(region === undefined || region === 'us-east-1' ? [] : ['--region', region]),
        ...(options.prefix === undefined ? [] : ['--prefix', options.prefix]),
        ...(python === undefined ? [] : ['--python', python]),
    ]
    // Only the embedded server's credentials are shown: they give access to nothing else.
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = storage.environment
    const environment = embedded
        ? `AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY} `
        : ''
    const publicPackages =
        embedded && options.fallback !== false
            ? `
Packages published here are installed from here; all others, such as their dependencies, from PyPI.
`
            : ''
    return `
The index of the bucket ${bucket} is at ${url}/simple/
${options.web === false ? '' : `Search and project pages, for a browser: ${url}/\n`}
Install from it:
  ${pipInstall(`${url}/simple/`, storage.project ?? 'PACKAGE')}

${uploader === undefined ? '' : uploads(`${url}/legacy/`, uploader)}Publish to ${uploader === undefined ? 'it' : 'it with Node.js'}, in the folder of a Python project:
  ${environment}${commandLine('node', [publisher, ...words])}
${publicPackages}
Ctrl-C stops it${embedded ? `; the packages stay in ${options.data}/` : ''}.
`
}

/** Commands that upload with the tools of Python; passwords in the environment, since other users can read command lines. */
function uploads(url: string, { user, password }: Uploader): string {
    return `Publish to it, in a folder with built packages:
  UV_PUBLISH_PASSWORD=${password} uv publish --publish-url ${url} --username ${user} dist/*
  TWINE_PASSWORD=${password} twine upload --repository-url ${url} --username ${user} dist/*

`
}

/** A command that installs a project on this machine. */
function pipInstall(indexUrl: string, project: string): string {
    const install = `pip install --index-url ${indexUrl} ${project}`
    return pipInstalls() ? install : `python3 -m venv .venv && .venv/bin/${install}`
}
