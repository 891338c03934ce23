import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { findNginx, type Nginx } from '../nginx/find-nginx.js'
import { systemCaBundle } from '../option-values/file-path.js'
import { installPackages } from './system-packages.js'

/** nginx with njs, as Debian and Ubuntu package it. */
const nginxPackages = ['nginx', 'libnginx-mod-http-js']

/**
 * Finds this machine's nginx, or installs it.
 *
 * @param say receives the progress messages
 * @throws UserError with the command to run when this user may not install packages
 */
export async function ensureNginx(say: (line: string) => void): Promise<Nginx> {
    const found = await findNginx()
    if (found !== undefined) return found
    installPackages(nginxPackages, say)
    const installed = await findNginx()
    if (installed === undefined) throw new Error(`${nginxPackages.join(', ')} are installed, but not found`)
    return installed
}

/** Installs the public CA certificates if they are missing. Throws UserError like `ensureNginx`. */
export function ensureCaBundle(say: (line: string) => void): void {
    if (!existsSync(systemCaBundle)) installPackages(['ca-certificates'], say)
}

/**
 * Whether `pip install` works outside of a virtual environment: pip exists, and its Python is not externally managed, as
 * that of distributions is. @see PEP 668
 */
export function pipInstalls(): boolean {
    const script = `import os, sys, sysconfig
managed = os.path.exists(os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED'))
sys.exit(1 if managed and sys.prefix == sys.base_prefix else 0)`
    const hasPip = spawnSync('pip', ['--version'], { stdio: 'ignore' }).status === 0
    return hasPip && spawnSync('python3', ['-c', script], { stdio: 'ignore' }).status === 0
}

/** Ensures that this machine can install from the index. Throws UserError like `ensureNginx`. */
export function ensurePython(say: (line: string) => void): void {
    if (!pipInstalls() && !makesEnvironments('python3')) installPackages(['python3', 'python3-venv'], say)
}

/**
 * Ensures that this machine can build packages.
 *
 * @returns the Python for `publish-package --python`, if the first one on PATH cannot build
 * @throws UserError like `ensureNginx`
 */
export function ensureBuilder(say: (line: string) => void): string | undefined {
    const hasUv = spawnSync('uv', ['--version'], { stdio: 'ignore' }).status === 0
    if (canBuild('python3') || hasUv) return undefined
    if (canBuild(systemPython)) return systemPython
    installPackages(['python3-build', 'python3-venv'], say)
    return canBuild('python3') ? undefined : systemPython
}

const systemPython = '/usr/bin/python3'

/** Whether this Python has `build`, and can create the virtual environments that it needs. */
function canBuild(python: string): boolean {
    return imports(python, 'build', 'venv', 'ensurepip')
}

/** Whether this Python can create virtual environments with pip. */
function makesEnvironments(python: string): boolean {
    return imports(python, 'venv', 'ensurepip')
}

/** Installs the requirements of `npm test`: nginx with njs, Python with build tools, a browser. */
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
        // The pages for people are tested in it. Ubuntu has it as a snap only, which apt-get does not start.
        ...(existsSync('/usr/bin/chromium') || !isDebian() ? [] : ['chromium']),
    ]
    if (missing.length > 0) installPackages(missing, say)
}

function isDebian(): boolean {
    return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function imports(python: string, ...modules: string[]): boolean {
    return spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0
}
