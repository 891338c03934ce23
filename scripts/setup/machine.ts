import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findNginx, type Nginx } from '../start/find-nginx.js'
import { installPackages } from './system-packages.js'

/** nginx with njs, as Debian and Ubuntu package it. */
const nginxPackages = ['nginx', 'libnginx-mod-http-js']

/** The certificates against which S3's is verified. */
const systemCaBundle = '/etc/ssl/certs/ca-certificates.crt'

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

/** Whether python3 can make virtual environments with pip in them. */
export function pythonMakesEnvironments(python = 'python3'): boolean {
    return pythonImports(python, 'venv', 'ensurepip')
}

/** Whether this Python's pip refuses to install outside of virtual environments. @see PEP 668 */
export function pythonIsExternallyManaged(): boolean {
    const script = `import os, sys, sysconfig
managed = os.path.exists(os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED'))
sys.exit(0 if managed and sys.prefix == sys.base_prefix else 1)`
    return spawnSync('python3', ['-c', script], { stdio: 'ignore' }).status === 0
}

/** Installs what the tests of every machine need: nginx with njs, and Python with what builds and installs packages. */
export function prepareForTests(say: (line: string) => void): void {
    const python = '/usr/bin/python3'
    const missing = [
        ...(existsSync('/usr/sbin/nginx') && existsSync('/usr/lib/nginx/modules/ngx_http_js_module.so')
            ? []
            : nginxPackages),
        ...(pythonMakesEnvironments(python) ? [] : ['python3', 'python3-venv']),
        ...(pythonImports(python, 'build', 'setuptools', 'wheel')
            ? []
            : ['python3-build', 'python3-setuptools', 'python3-wheel']),
        ...(existsSync('/usr/bin/openssl') ? [] : ['openssl']),
    ]
    if (missing.length > 0) installPackages(missing, say)
}

function pythonImports(python: string, ...modules: string[]): boolean {
    return spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0
}
