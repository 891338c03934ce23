import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'

/**
 * A port of 127.0.0.1 for a program that has to be told one. It is none that the system hands out by itself, to whoever
 * connects or listens anywhere: with many tests at once one of them would have it before the program does, and answer in
 * its place. @see ip(7), ip_local_port_range
 */
export async function unusedPort(): Promise<number> {
    for (;;) {
        try {
            const server = await listen(randomInt(10_000, 32_768))
            const { port } = server.address() as AddressInfo
            await new Promise((resolve) => server.close(resolve))
            return port
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        }
    }
}

/**
 * Ports of 127.0.0.1 that nothing listens on. Another process may take one before it is used: who can let the system
 * choose, by listening on port 0, should.
 */
export async function freePorts(count: number): Promise<number[]> {
    // All at once: a port that is let go of may be the next one that the system hands out.
    const servers = await Promise.all(Array.from({ length: count }, () => listen(0)))
    const ports = servers.map((server) => (server.address() as AddressInfo).port)
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    return ports
}

function listen(port: number) {
    return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
        const server = createServer()
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => resolve(server))
    })
}
