import { once } from 'node:events'
import net from 'node:net'
import { UsageError, UserError } from '../cli/user-error.js'

/** A port of the loopback address that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    server.close()
    await once(server, 'close')
    return port
}

/** 1 to 65535. Throws UsageError for anything else. */
export function parsePort(text: string): number {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
    if (port < 1 || port > 65535) throw new UsageError(`--port ${JSON.stringify(text)} is no port`, 'Use 1 to 65535.')
    return port
}

/** Throws UserError when the port of the loopback address cannot be listened on. */
export async function assertPortIsFree(port: number): Promise<void> {
    const server = net.createServer().listen(port, '127.0.0.1')
    try {
        await once(server, 'listening')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EADDRINUSE') throw new UserError(`port ${port} is in use`, `Use another: --port ${port + 1}`)
        if (code === 'EACCES') throw new UserError(`port ${port} is for root only`, 'Use one above 1023: --port 8080')
        throw error
    }
    server.close()
    await once(server, 'close')
}
