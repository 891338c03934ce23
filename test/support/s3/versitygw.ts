import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { isKept, keep } from '../machine/kept.js'
import { missingPrograms } from '../machine/requirements.js'

/** The S3 server of docker-compose.yml's profile local, too. */
export const versitygwVersion = 'v1.8.0'

const name = `versitygw-${versitygwVersion}`

/** What is missing to run it, or undefined. */
export function missingVersitygw(): string | undefined {
    return isKept(name) ? undefined : missingPrograms(['go'], 'golang')
}

/**
 * The program, built from its sources: that takes minutes on a machine that has not built it before. It needs no library
 * and so runs in an empty container, too.
 */
export async function versitygwProgram(): Promise<string> {
    const module = `github.com/versity/versitygw/cmd/versitygw@${versitygwVersion}`
    // So that its --version, which a build of the sources leaves empty, tells what was built.
    const flags = `-s -w -X main.Version=${versitygwVersion}`
    const folder = await keep(name, (folder) =>
        promisify(execFile)('go', ['install', '-ldflags', flags, module], {
            env: { ...process.env, CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '-mod=mod' },
            maxBuffer: 1 << 24,
        }),
    )
    return path.join(folder, 'versitygw')
}
