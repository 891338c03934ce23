import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { docker, uniqueName } from './docker.js'
import type { IssuerServer } from '../tokens/issuer-server.js'
import type { S3Server } from '../s3/s3-servers.js'

/** Passes everything on as it came: the client has signed the path and the host. */
const relayConf = (listen: string) => `
server {
    listen ${listen};
    client_max_body_size 0;
    access_log off;
    location / {
        proxy_pass http://unix:/relay/s3.sock:;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection "";
        proxy_buffering off;
        proxy_request_buffering off;
    }
}
`

/**
 * Makes an S3 server on the loopback of this machine known in a network of containers, as the host `s3` or `alias`, port 80:
 * a container there passes requests on through a socket in a shared folder, so that nothing has to listen outside of the
 * loopback.
 */
export function startS3InNetwork(
    s3: S3Server,
    image: string,
    network: string,
    alias = 's3',
): Promise<{ close(): Promise<void> }> {
    return startRelay(Number(new URL(s3.endpoint).port), image, network, alias)
}

/** The same for an issuer of ID tokens, with TLS on port 443. The issuer gets the URL that it has there. */
export async function startIssuerInNetwork(
    issuer: IssuerServer,
    image: string,
    network: string,
    host: string,
    tls: { key: string; cert: string },
): Promise<{ close(): Promise<void> }> {
    const relay = await startTlsRelay(Number(new URL(issuer.url).port), image, network, host, tls)
    issuer.url = `https://${host}`
    return relay
}

/** The same for another server, which listens on this port of the loopback without TLS. */
export function startTlsRelay(
    port: number,
    image: string,
    network: string,
    host: string,
    tls: { key: string; cert: string },
): Promise<{ close(): Promise<void> }> {
    return startRelay(port, image, network, host, tls)
}

async function startRelay(
    port: number,
    image: string,
    network: string,
    alias: string,
    tls?: { key: string; cert: string },
): Promise<{ close(): Promise<void> }> {
    const folder = await mkdtemp(path.join(tmpdir(), 'relay-'))
    const relay = net.createServer((inner) => {
        const outer = net.connect(port, '127.0.0.1')
        inner.pipe(outer).pipe(inner)
        for (const [socket, other] of [
            [inner, outer],
            [outer, inner],
        ] as const) {
            socket.on('error', () => other.destroy())
        }
    })
    relay.listen(path.join(folder, 's3.sock'))
    await once(relay, 'listening')
    // The workers of the container's nginx are another user.
    await chmod(folder, 0o755)
    await chmod(path.join(folder, 's3.sock'), 0o777)
    for (const [name, text] of Object.entries(tls ?? {})) await writeFile(path.join(folder, name), text)
    const certificate = 'ssl_certificate /relay/cert; ssl_certificate_key /relay/key'
    await writeFile(path.join(folder, 'default.conf'), relayConf(tls === undefined ? '80' : `443 ssl; ${certificate}`))
    const name = uniqueName()
    await docker(
        ...['run', '--detach', '--name', name, '--network', network, '--network-alias', alias],
        ...['--volume', `${folder}:/relay`, '--volume', `${folder}/default.conf:/etc/nginx/conf.d/default.conf:ro`],
        image,
    )
    return {
        close: async () => {
            await docker('rm', '--force', '--volumes', name)
            relay.close()
            await rm(folder, { recursive: true })
        },
    }
}
