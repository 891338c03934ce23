import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from './ports.js'

/** S3 servers that are programs of their own. */
export type ExternalName = 'rgw' | 'swift'

/** Where such a server answers, and for whom. */
export interface ExternalS3 {
    /** Of 127.0.0.1. */
    readonly port: number
    readonly accessKeyId: string
    readonly secretAccessKey: string
}

interface RunningExternalS3 extends ExternalS3 {
    close(): Promise<void>
}

/** The suffix of virtual-host style, and the region, of all test servers. */
export const domain = 's3.localhost'
export const region = 'us-east-1'

const identities = {
    rgw: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    swift: { accessKeyId: 'test:tester', secretAccessKey: 'testing' },
}

const startTimeout = 90_000

/**
 * Starts a real S3 server from the system's packages, its state in a temporary folder. It ends with `close`, or with
 * this process, however that ends.
 *
 * @param environment more for the server's programs to see
 */
export async function startExternalS3(
    name: ExternalName,
    environment: Record<string, string> = {},
): Promise<RunningExternalS3> {
    // A port may be taken between finding and using it; three times in a row would be something else.
    for (let attempt = 1; ; attempt++) {
        try {
            return await startOnce(name, environment)
        } catch (error) {
            if (attempt === 3) throw error
        }
    }
}

async function startOnce(name: ExternalName, environment: Record<string, string>): Promise<RunningExternalS3> {
    const identity = identities[name]
    const folder = await mkdtemp(join(tmpdir(), `nginx-s3-pypi-${name}-`))
    const ports = await freePorts(name === 'rgw' ? 2 : 4)
    const script = fileURLToPath(new URL(`servers/${name}.sh`, import.meta.url))
    const child = spawn('bash', [script, folder, ...ports.map(String)], {
        env: {
            ...process.env,
            ...environment,
            ACCESS_KEY: identity.accessKeyId,
            SECRET_KEY: identity.secretAccessKey,
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
        await untilReady(name, child)
    } catch (error) {
        await close()
        throw error
    }
    return { port: ports[0] as number, ...identity, close }
}

function untilReady(name: string, child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
        let output = ''
        const give = (why: string): void => reject(new Error(`${name} ${why}:\n${output}`))
        const timer = setTimeout(() => give(`was not ready after ${startTimeout / 1000} s`), startTimeout)
        for (const stream of [child.stdout, child.stderr]) {
            stream?.on('data', (data: Buffer) => {
                output += data.toString()
                if (/^ready$/m.test(output)) {
                    clearTimeout(timer)
                    resolve()
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
