import { createServer, type AddressInfo } from 'node:net'

/**
 * Ports of 127.0.0.1 that nothing listens on. Another process may take one before it is used: who can let the system
 * choose, by listening on port 0, should.
 */
export async function freePorts(count: number): Promise<number[]> {
    // All at once: a port that is let go of may be the next one that the system hands out.
    const servers = await Promise.all(Array.from({ length: count }, listenAnywhere))
    const ports = servers.map((server) => (server.address() as AddressInfo).port)
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    return ports
}

function listenAnywhere() {
    return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
        const server = createServer()
        server.once('error', reject)
        server.listen(0, '127.0.0.1', () => resolve(server))
    })
}
