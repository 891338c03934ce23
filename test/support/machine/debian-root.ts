import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isKept, keep } from './kept.js'
import { missingPrograms } from './requirements.js'

/** The suites whose programs are tested beside this machine's. */
export type DebianSuite = 'bookworm' | 'trixie' | 'forky'

/** What is unpacked of a suite. */
const contents = {
    nginx: ['nginx', 'libnginx-mod-http-js'],
    ceph: ['ceph-mon', 'ceph-osd', 'ceph-common', 'radosgw'],
}

const script = fileURLToPath(new URL('../../matrix/debian-root.sh', import.meta.url))

/** What is missing to unpack programs of a Debian suite, or undefined. */
export function missingDebianRoot(suite: DebianSuite, what: keyof typeof contents): string | undefined {
    if (process.arch !== 'x64')
        return `Debian's ${what} is unpacked for amd64 only, and this machine is ${process.arch}`
    return isKept(nameOf(suite, what)) ? undefined : missingPrograms(['mmdebstrap'], 'mmdebstrap')
}

/**
 * The programs of a Debian suite with all their libraries in a folder, to be run by its own loader. They are unpacked
 * where they have not been.
 *
 * @throws what mmdebstrap says
 */
export async function debianRoot(suite: DebianSuite, what: keyof typeof contents): Promise<string> {
    return keep(nameOf(suite, what), (folder) => promisify(execFile)(script, [suite, folder, ...contents[what]]))
}

function nameOf(suite: DebianSuite, what: keyof typeof contents): string {
    return `${suite}-${what}`
}
