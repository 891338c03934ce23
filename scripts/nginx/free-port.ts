import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { UsageError, UserError } from '../../core/user-error.js'

/** Finds a free port of the loopback address. Another process may take it before it is used. */
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
            const end =
                owner?.program === 'nginx'
                    ? `; or stop the nginx, which a killed npm start leaves running: kill ${owner.pid}`
                    : ''
            throw new UserError(`port ${port} is in use${by}`, `Use another port: --port ${port + 1}${end}`)
        }
        if (code === 'EACCES')
            throw new UserError(`only root may open port ${port}`, 'Use a port above 1023: --port 8080')
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

/** The process that listens on a port; undefined if this user may not see it. @see proc(5), /proc/net/tcp */
function ownerOfPort(port: number): { pid: number; program: string } | undefined {
    const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
    const sockets = ['/proc/net/tcp', '/proc/net/tcp6']
        .flatMap((file) => linesOf(file))
        .map((line) => line.trim().split(/\s+/))
    // Columns: 1 is the local address, 3 the state (0A: listening), 9 the inode.
    const listening = sockets
        .filter((words) => words[1]?.endsWith(address) && words[3] === '0A')
        .map((words) => words[9])
    const links = new Set(listening.map((inode) => `socket:[${inode}]`))
    for (const pid of entriesOf('/proc')
        .map(Number)
        .filter((pid) => pid > 0)
        // nginx's master has a lower pid than its workers.
        .sort((a, b) => a - b)) {
        for (const descriptor of entriesOf(`/proc/${pid}/fd`)) {
            try {
                if (!links.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue
                return { pid, program: linesOf(`/proc/${pid}/comm`)[0]! }
            } catch {
                // The descriptor was closed meanwhile, or belongs to another user.
            }
        }
    }
    return undefined
}

function linesOf(file: string): string[] {
    try {
        return readFileSync(file, 'utf8').split('\n')
    } catch {
        return [] // not Linux, or the process has exited
    }
}

function entriesOf(folder: string): string[] {
    try {
        return readdirSync(folder)
    } catch {
        return []
    }
}
