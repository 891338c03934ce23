import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { UsageError, UserError } from '../../core/user-error.js'

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
export function parsePort(text: string, option = '--port'): number {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
    if (port < 1 || port > 65535)
        throw new UsageError(`${option} ${JSON.stringify(text)} is not a port`, 'Use 1 to 65535.')
    return port
}

/** Throws UserError when the port of the loopback address cannot be listened on. */
export async function assertPortIsFree(port: number): Promise<void> {
    const server = net.createServer().listen(port, '127.0.0.1')
    try {
        await once(server, 'listening')
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EADDRINUSE') {
            const owner = ownerOfPort(port)
            const by = owner === undefined ? '' : ` by process ${owner.pid} (${owner.program})`
            const end = owner?.program === 'nginx' ? `; a killed npm start leaves its nginx: kill ${owner.pid}` : ''
            throw new UserError(`port ${port} is in use${by}`, `Use another: --port ${port + 1}${end}`)
        }
        if (code === 'EACCES') throw new UserError(`port ${port} is for root only`, 'Use one above 1023: --port 8080')
        throw error
    }
    server.close()
    await once(server, 'close')
}

/** Whether nothing listens on this port of the loopback address. */
export async function isFree(port: number): Promise<boolean> {
    try {
        await assertPortIsFree(port)
        return true
    } catch (error) {
        if (error instanceof UserError) return false
        throw error
    }
}

/** The process that listens on a port, as far as this user may see it. @see proc(5), /proc/net/tcp */
function ownerOfPort(port: number): { pid: number; program: string } | undefined {
    const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
    const sockets = ['/proc/net/tcp', '/proc/net/tcp6']
        .flatMap((file) => linesOf(file))
        .map((line) => line.trim().split(/\s+/))
    // The local address, the state (0A: it listens) and the inode.
    const listening = sockets
        .filter((words) => words[1]?.endsWith(address) && words[3] === '0A')
        .map((words) => words[9])
    const links = new Set(listening.map((inode) => `socket:[${inode}]`))
    for (const pid of entriesOf('/proc')
        .map(Number)
        .filter((pid) => pid > 0)
        // nginx's master came before its workers.
        .sort((a, b) => a - b)) {
        for (const descriptor of entriesOf(`/proc/${pid}/fd`)) {
            try {
                if (!links.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue
                return { pid, program: linesOf(`/proc/${pid}/comm`)[0]! }
            } catch {
                // It has been closed meanwhile, or is another user's.
            }
        }
    }
    return undefined
}

function linesOf(file: string): string[] {
    try {
        return readFileSync(file, 'utf8').split('\n')
    } catch {
        return [] // no Linux, or gone
    }
}

function entriesOf(folder: string): string[] {
    try {
        return readdirSync(folder)
    } catch {
        return []
    }
}
