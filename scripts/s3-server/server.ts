import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UserError } from '../../core/user-error.js'
import type { Credential } from './authentication.js'
import { lockFolder } from './folder-lock.js'
import { ObjectStorage } from './object-storage.js'
import { handleRequest } from './request-handler.js'

/** Options of `startS3Server`. */
export interface S3ServerOptions {
    /** The folder of the objects; created if missing. */
    readonly folder: string
    /** 0, the default, selects a free port. */
    readonly port?: number
    /** A loopback address; 127.0.0.1 by default. */
    readonly host?: string
    readonly credentials: readonly Credential[]
    readonly region: string
    /** The suffix of virtual-host style, `BUCKET.domain`; s3.localhost by default. */
    readonly domain?: string
    /** The server's clock. */
    readonly now?: () => Date
    /** Receives errors that are bugs of this server. Prints them on stderr by default. */
    readonly onFault?: (error: unknown) => void
}

/** A running server. */
export interface RunningS3Server {
    /** `http://127.0.0.1:PORT` */
    readonly endpoint: string
    /** Closes all connections and unlocks the folder. */
    close(): Promise<void>
}

/**
 * Starts an S3 server for development: it verifies signatures as S3 does, keeps objects as files, and listens on the
 * loopback interface only.
 * @throws UserError when the port or the folder is in use, or when the address is not a loopback address
 */
export async function startS3Server(options: S3ServerOptions): Promise<RunningS3Server> {
    const host = options.host ?? '127.0.0.1'
    if (!/^127\.\d+\.\d+\.\d+$|^::1$/.test(host)) {
        throw new UserError(`The development S3 server does not listen on ${host}`, 'Use a loopback address: 127.0.0.1')
    }
    const unlock = lockFolder(options.folder)
    try {
        const { server, settled } = createHttpServer(options)
        await listen(server, options.port ?? 0, host)
        const { port } = server.address() as AddressInfo
        return {
            endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
            async close() {
                const closed = new Promise<void>((resolve) => server.close(() => resolve()))
                server.closeAllConnections()
                await closed
                await settled()
                unlock()
            },
        }
    } catch (error) {
        unlock()
        throw error
    }
}

/** @property settled resolves when all running requests have ended */
function createHttpServer(options: S3ServerOptions): { server: Server; settled: () => Promise<unknown> } {
    const handler = {
        service: { storage: new ObjectStorage(options.folder), region: options.region },
        credentials: options.credentials,
        region: options.region,
        domain: options.domain ?? 's3.localhost',
        now: options.now ?? (() => new Date()),
        onFault: options.onFault ?? ((error) => console.error(error)),
    }
    // When its connection closes, an upload must still delete its temporary file.
    const running = new Set<Promise<void>>()
    const listener =
        (expectsContinue: boolean): RequestListener =>
        (incoming, outgoing) => {
            const answered = handleRequest(incoming, outgoing, expectsContinue, handler)
            running.add(answered)
            void answered.then(() => running.delete(answered))
        }
    // Longer than nginx's 60 s, so that nginx closes idle connections first: a request must not meet a closing connection.
    const server = createServer({ keepAliveTimeout: 75_000 }, listener(false))
    server.on('checkContinue', listener(true))
    return { server, settled: () => Promise.all(running) }
}

function listen(server: Server, port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => {
            const inUse = error.code === 'EADDRINUSE'
            const cure = 'Stop the process that uses it, or choose another port.'
            reject(inUse ? new UserError(`Port ${port} is in use`, cure, { cause: error }) : error)
        })
        server.listen(port, host, resolve)
    })
}
