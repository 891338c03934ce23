import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** What stands between a suite's name and the reason why it could not run; the reporter looks for it. */
export const reasonMark = ' could not run: '

/**
 * A suite that needs something which a machine may lack. Where it is missing the suite is skipped, its name telling
 * why; with CI=true it fails, so that no suite is lost unnoticed.
 * @param missing what is missing and how to get it, or undefined where all is there
 */
export function describeWhere(name: string, missing: string | undefined, body: () => void): void {
    if (missing === undefined) {
        describe(name, body)
    } else if (process.env['CI'] === 'true') {
        test(`${name}${reasonMark}${missing}`, () => expect.fail(missing))
    } else {
        describe.skip(`${name}${reasonMark}${missing}`, () => test('skipped', () => {}))
    }
}

/** Ceph's object gateway, which test/support/servers/rgw.sh starts. */
export function missingRgw(): string | undefined {
    return missingPrograms(
        ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'monmaptool', 'curl'],
        'ceph-mon ceph-osd radosgw curl',
    )
}

/** OpenStack Swift, which test/support/servers/swift.sh starts. */
export function missingSwift(): string | undefined {
    return missingPrograms(
        ['swift-proxy-server', 'swift-account-server', 'swift-container-server', 'swift-object-server', 'curl'],
        'swift-proxy swift-account swift-container swift-object curl',
    )
}

/** The registry of npm, asked for a package. */
export function missingNpmRegistry(name: string): string | undefined {
    const asked = spawnSync('npm', ['view', name, 'name'], { stdio: 'ignore', timeout: 60_000 })
    return asked.status === 0 ? undefined : 'the npm registry cannot be reached'
}

/** nginx with the njs module, where Debian and Ubuntu put them; what TEST_NGINX_ROOT names has to be there. */
export function missingNginx(): string | undefined {
    if (process.env['TEST_NGINX_ROOT'] !== undefined) return undefined
    const missing = missingPrograms(['nginx'], 'nginx libnginx-mod-http-js')
    if (missing !== undefined) return missing
    const folders = ['/usr/lib/nginx/modules', '/usr/share/nginx/modules', '/etc/nginx/modules']
    if (folders.some((folder) => isThere(join(folder, 'ngx_http_js_module.so')))) return undefined
    return 'the njs module of nginx is not installed: apt-get install libnginx-mod-http-js'
}

/** A container engine that answers. */
export function missingEngine(): string | undefined {
    const missing = missingPrograms(['docker'], 'docker.io')
    if (missing !== undefined) return missing
    try {
        execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: 'ignore', timeout: 20_000 })
        return undefined
    } catch {
        return 'no container engine answers: start one, for example with systemctl start docker'
    }
}

/** @param packages the Debian packages that hold the programs */
export function missingPrograms(programs: readonly string[], packages: string): string | undefined {
    const missing = programs.filter((program) => !searchPath().some((folder) => isThere(join(folder, program))))
    if (missing.length === 0) return undefined
    const verb = missing.length === 1 ? 'is' : 'are'
    return `${missing.join(', ')} ${verb} not installed: apt-get install ${packages}`
}

/** Servers lie in sbin, which a user's PATH may not hold. */
function searchPath(): string[] {
    return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
}

function isThere(path: string): boolean {
    try {
        accessSync(path, constants.R_OK)
        return true
    } catch {
        return false
    }
}
