import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo, type Server } from 'node:net'

/**
 * Ports of 127.0.0.1 for programs that have to be told theirs: who can let the system choose, by listening on port 0,
 * should. They are none that the system hands out by itself, to whoever connects or listens anywhere: with many tests at
 * once one of them would have it before the program does, and answer in its place. @see ip(7), ip_local_port_range
 */
export async function unusedPorts(count: number): Promise<number[]> {
    const servers: Server[] = []
    // All are held until the last is found, so that none is found twice.
    while (servers.length < count) servers.push(await holdPort())
    const ports = servers.map((server) => (server.address() as AddressInfo).port)
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    return ports
}

/** @see unusedPorts */
export async function unusedPort(): Promise<number> {
    const [port] = await unusedPorts(1)
    return port!
}

async function holdPort(): Promise<Server> {
    for (;;) {
        try {
            return await listen(randomInt(10_000, 32_768))
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        }
    }
}

function listen(port: number): Promise<Server> {
    return new Promise((resolve, reject) => {
        const server = createServer()
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => resolve(server))
    })
}
