import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findNginx, type Nginx } from '../nginx/find-nginx.js'
import { systemCaBundle } from '../options/file-path.js'
import { installPackages } from './system-packages.js'

/** nginx with njs, as Debian and Ubuntu package it. */
const nginxPackages = ['nginx', 'libnginx-mod-http-js']

/**
 * This machine's nginx; where there is none it is installed.
 *
 * @param say is told what is installed
 * @throws UserError with the command to run when there is no right to install
 */
export async function ensureNginx(say: (line: string) => void): Promise<Nginx> {
    const found = await findNginx()
    if (found !== undefined) return found
    installPackages(nginxPackages, say)
    const installed = await findNginx()
    if (installed === undefined) throw new Error(`${nginxPackages.join(', ')} are installed, but not found`)
    return installed
}

/** Installs the certificates of the public authorities where they are missing. Throws UserError as `ensureNginx`. */
export function ensureCaBundle(say: (line: string) => void): void {
    if (!existsSync(systemCaBundle)) installPackages(['ca-certificates'], say)
}

/**
 * Whether `pip install` works as it stands: there is a pip, and its Python may be installed into. Python of a
 * distribution takes packages from pip only in an environment. @see PEP 668
 */
export function pipInstalls(): boolean {
    const script = `import os, sys, sysconfig
managed = os.path.exists(os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED'))
sys.exit(1 if managed and sys.prefix == sys.base_prefix else 0)`
    const hasPip = spawnSync('pip', ['--version'], { stdio: 'ignore' }).status === 0
    return hasPip && spawnSync('python3', ['-c', script], { stdio: 'ignore' }).status === 0
}

/** Sees to it that something on this machine can install from the index. Throws UserError as `ensureNginx`. */
export function ensurePython(say: (line: string) => void): void {
    if (!pipInstalls() && !makesEnvironments('python3')) installPackages(['python3', 'python3-venv'], say)
}

/**
 * Sees to it that something on this machine can build a package that is to be published.
 *
 * @returns the Python that `publish-package` has to be told of, where the one that comes first on PATH cannot build
 * @throws UserError as `ensureNginx`
 */
export function ensureBuilder(say: (line: string) => void): string | undefined {
    const hasUv = spawnSync('uv', ['--version'], { stdio: 'ignore' }).status === 0
    if (canBuild('python3') || hasUv) return undefined
    if (canBuild(systemPython)) return systemPython
    installPackages(['python3-build', 'python3-venv'], say)
    return canBuild('python3') ? undefined : systemPython
}

const systemPython = '/usr/bin/python3'

/** In an environment that it makes, build installs what the package asks for. */
function canBuild(python: string): boolean {
    return imports(python, 'build', 'venv', 'ensurepip')
}

/** Whether this Python can make virtual environments with pip in them. */
function makesEnvironments(python: string): boolean {
    return imports(python, 'venv', 'ensurepip')
}

/** Installs what the tests of every machine need: nginx with njs, and Python with what builds and installs packages. */
export function prepareForTests(say: (line: string) => void): void {
    const missing = [
        ...(existsSync('/usr/sbin/nginx') && existsSync('/usr/lib/nginx/modules/ngx_http_js_module.so')
            ? []
            : nginxPackages),
        ...(makesEnvironments(systemPython) ? [] : ['python3', 'python3-venv']),
        ...(imports(systemPython, 'build', 'setuptools', 'wheel')
            ? []
            : ['python3-build', 'python3-setuptools', 'python3-wheel']),
        ...(existsSync('/usr/bin/openssl') ? [] : ['openssl']),
    ]
    if (missing.length > 0) installPackages(missing, say)
}

function imports(python: string, ...modules: string[]): boolean {
    return spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0
}
