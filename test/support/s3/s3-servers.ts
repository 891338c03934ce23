import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { version } from '../../../scripts/cli/program.js'
import type { Credential } from '../../../scripts/s3-server/authentication.js'
import { startS3Server, type S3ServerOptions } from '../../../scripts/s3-server/server.js'
import { domain, region, startExternalS3, type ExternalName, type ExternalS3 } from './external-s3.js'

/** The S3 servers that tests run against: this project's own and those that others wrote. */
export type S3Name = 'embedded' | ExternalName

/** A running S3 server, and what a client needs to know of it. */
export interface S3Server {
    readonly name: S3Name
    /** As its program tells it. */
    readonly version: string
    /** `http://127.0.0.1:PORT` */
    readonly endpoint: string
    /** The suffix of virtual-host style, with the port: a Host is `BUCKET.domain`. */
    readonly domain: string
    readonly region: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    /** Whether PUT obeys If-Match and If-None-Match. */
    readonly conditionalWrites: boolean
    /** Stops the server, unless other test files share it. */
    close(): Promise<void>
}

/** How long to wait for a server that may have to be unpacked or compiled first. Milliseconds. */
export const firstStart = 600_000

/** How the embedded server is to differ from the usual; the external servers know no options. */
export type EmbeddedOptions = Partial<Pick<S3ServerOptions, 'folder' | 'now' | 'port'>> & {
    readonly sessionToken?: string
    /** Whom it knows besides: its own identity is put among them, and who is added later it knows from then on. */
    readonly known?: Credential[]
}

/**
 * Starts an S3 server. Test files share the external ones: they have to use bucket names of their own, as
 * `uniqueBucket` makes them.
 */
export async function startS3(name: S3Name, options: EmbeddedOptions = {}): Promise<S3Server> {
    return name === 'embedded' ? await startEmbedded(options) : await startExternal(name)
}

let buckets = 0

/** A valid bucket name that no other test uses. */
export function uniqueBucket(): string {
    return `test-${process.pid}-${Date.now().toString(36)}-${buckets++}`
}

async function startEmbedded({ sessionToken, known = [], ...options }: EmbeddedOptions): Promise<S3Server> {
    const identity = {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    }
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-s3-')))
    const credential = { ...identity, ...(sessionToken === undefined ? {} : { sessionToken }) }
    known.push(credential)
    const faults: unknown[] = []
    const onFault = (error: unknown): void => void faults.push(error)
    const server = await startS3Server({ ...options, folder, credentials: known, region, domain, onFault })
    return {
        name: 'embedded',
        version,
        endpoint: server.endpoint,
        domain: `${domain}:${new URL(server.endpoint).port}`,
        region,
        ...identity,
        conditionalWrites: true,
        async close() {
            await server.close()
            if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
            if (faults.length > 0) throw new AggregateError(faults, 'The S3 server answered InternalError')
        },
    }
}

async function startExternal(name: ExternalName): Promise<S3Server> {
    const shared = inject('sharedS3')
    const { port, accessKeyId, secretAccessKey, version, close } =
        shared === undefined ? await startExternalS3(name) : { ...(await askFor(`${shared}/${name}`)), close: nothing }
    return {
        name,
        version,
        endpoint: `http://127.0.0.1:${port}`,
        domain: `${domain}:${port}`,
        region,
        accessKeyId,
        secretAccessKey,
        conditionalWrites: name !== 'swift',
        close,
    }
}

async function askFor(url: string): Promise<ExternalS3> {
    const response = await fetch(url)
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as ExternalS3
}

async function nothing(): Promise<void> {}
