import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startExternalS3, type ExternalName } from '../s3/external-s3.js'

declare module 'vitest' {
    interface ProvidedContext {
        /** The URL that starts the external S3 servers: `URL/rgw`, `URL/swift`, …. */
        sharedS3: string
    }
}

/**
 * vitest's global setup: one server of each kind for all test files, started when the first of them asks. This process
 * lives as long as the tests do, unlike their workers.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
    const running = new Map<ExternalName, ReturnType<typeof startExternalS3>>()
    const server = createServer((request, response) => {
        const name = request.url?.slice(1) as ExternalName
        const starting = running.get(name) ?? startExternalS3(name)
        running.set(name, starting)
        starting.then(
            ({ port, accessKeyId, secretAccessKey, version }) =>
                response.end(JSON.stringify({ port, accessKeyId, secretAccessKey, version })),
            (error: unknown) => response.writeHead(500).end(String(error)),
        )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    project.provide('sharedS3', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return async () => {
        server.close()
        server.closeAllConnections()
        const started = await Promise.allSettled(running.values())
        await Promise.all(started.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)))
    }
}
