import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianRoot } from '../machine/debian-root.js'
import { unusedPorts } from '../machine/ports.js'
import { versitygwProgram } from './versitygw.js'

/** S3 servers that are programs of their own: Ceph's gateway of this machine and of Debian's testing suite, … */
export type ExternalName = 'rgw' | 'rgw-forky' | 'swift' | 'versitygw'

/** Where such a server answers, and for whom. */
export interface ExternalS3 {
    /** Of 127.0.0.1. */
    readonly port: number
    readonly accessKeyId: string
    readonly secretAccessKey: string
    /** As its program tells it. */
    readonly version: string
}

interface RunningExternalS3 extends ExternalS3 {
    close(): Promise<void>
}

/** The suffix of virtual-host style, and the region, of all test servers. */
export const domain = 's3.localhost'
export const region = 'us-east-1'

/** How one is started. */
interface Launch {
    script: string
    ports: number
    accessKeyId: string
    secretAccessKey: string
    /** Makes what it runs, where it is not there yet. @returns what its script has to be told */
    prepare?: () => Promise<Record<string, string>>
}

const identity = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

const launches: Record<ExternalName, Launch> = {
    rgw: { script: 'rgw.sh', ports: 2, ...identity },
    'rgw-forky': {
        script: 'rgw.sh',
        ports: 2,
        ...identity,
        prepare: async () => ({ CEPH_ROOT: await debianRoot('forky', 'ceph') }),
    },
    swift: { script: 'swift.sh', ports: 4, accessKeyId: 'test:tester', secretAccessKey: 'testing' },
    versitygw: {
        script: 'versitygw.sh',
        ports: 1,
        ...identity,
        prepare: async () => ({ PROGRAM: await versitygwProgram() }),
    },
}

const startTimeout = 90_000

/**
 * Starts a real S3 server, its state in a temporary folder. It ends with `close`, or with this process, however that
 * ends.
 *
 * @param environment more for the server's programs to see
 */
export async function startExternalS3(
    name: ExternalName,
    environment: Record<string, string> = {},
): Promise<RunningExternalS3> {
    const prepared = await launches[name].prepare?.()
    // A port may be taken between finding and using it; three times in a row would be something else.
    for (let attempt = 1; ; attempt++) {
        try {
            return await startOnce(name, { ...prepared, ...environment })
        } catch (error) {
            if (attempt === 3) throw error
        }
    }
}

async function startOnce(name: ExternalName, environment: Record<string, string>): Promise<RunningExternalS3> {
    const { accessKeyId, secretAccessKey, ...launch } = launches[name]
    const folder = await mkdtemp(join(tmpdir(), `nginx-s3-pypi-${name}-`))
    const ports = await unusedPorts(launch.ports)
    const script = fileURLToPath(new URL(`../servers/${launch.script}`, import.meta.url))
    const child = spawn('bash', [script, folder, ...ports.map(String)], {
        env: {
            ...process.env,
            ...environment,
            ACCESS_KEY: accessKeyId,
            SECRET_KEY: secretAccessKey,
            DOMAIN: domain,
            REGION: region,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const close = async (): Promise<void> => {
        child.stdin.destroy()
        await ended
        await rm(folder, { recursive: true, force: true })
    }
    try {
        const version = await untilReady(name, child)
        return { port: ports[0] as number, accessKeyId, secretAccessKey, version, close }
    } catch (error) {
        await close()
        throw error
    }
}

/** @returns the version that its script tells */
function untilReady(name: string, child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
        let output = ''
        const give = (why: string): void => reject(new Error(`${name} ${why}:\n${output}`))
        const timer = setTimeout(() => give(`was not ready after ${startTimeout / 1000} s`), startTimeout)
        for (const stream of [child.stdout, child.stderr]) {
            stream?.on('data', (data: Buffer) => {
                output += data.toString()
                const [, version] = /^ready (\S+)\n/m.exec(output) ?? []
                if (version !== undefined) {
                    clearTimeout(timer)
                    resolve(version)
                }
            })
        }
        child.once('error', reject)
        child.once('close', () => {
            clearTimeout(timer)
            give('did not start')
        })
    })
}
