import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { newSigningKey, signToken, type SigningKey } from './issuer-keys.js'

/** An OIDC issuer, with the endpoint at which jobs of GitHub Actions ask for their token. */
export interface IssuerServer {
    url: string
    /** The key that signs. Assign another to rotate. */
    key: SigningKey
    /** The keys that it publishes. */
    published: Record<string, unknown>[]
    /** Paths that were asked for. */
    requests: string[]
    /** What it answers instead: a status, or `hang`. */
    fate: number | 'hang' | undefined
    /** Replaces its discovery document. */
    discovery: Record<string, unknown> | undefined
    token(claims: Record<string, unknown>): string
    /** The claims of the job that asks for its token. */
    job: () => Record<string, unknown>
    close(): Promise<void>
}

/** Starts an issuer on the loopback. @param tls its certificate; without, it speaks http */
export async function startIssuer(
    algorithm: 'RS256' | 'ES256' = 'RS256',
    tls?: { key: string; cert: string },
): Promise<IssuerServer> {
    const key = newSigningKey(algorithm === 'RS256' ? 'rsa-1' : 'ec-1', algorithm)
    const issuer: IssuerServer = {
        url: '',
        key,
        published: [key.jwk],
        requests: [],
        fate: undefined,
        discovery: undefined,
        token: (claims) => signToken(issuer.key, { ...claims, iss: issuer.url }),
        job: () => ({}),
        close: async () => {
            server.closeAllConnections()
            server.close()
            await once(server, 'close')
        },
    }
    const listener: http.RequestListener = (request, response) => {
        const { pathname, searchParams } = new URL(request.url!, issuer.url)
        issuer.requests.push(pathname)
        const json = (value: unknown) =>
            response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
        if (pathname === '/id-token') {
            // As GitHub: https://docs.github.com/en/actions/reference/security/oidc
            if (request.headers.authorization?.toLowerCase() !== 'bearer job') return void response.writeHead(401).end()
            return void json({ value: issuer.token({ ...issuer.job(), aud: searchParams.get('audience') }) })
        }
        if (issuer.fate === 'hang') return
        if (issuer.fate !== undefined) return void response.writeHead(issuer.fate, { Location: '/' }).end('no')
        if (pathname === '/.well-known/openid-configuration') {
            return void json(issuer.discovery ?? { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })
        }
        if (pathname === '/jwks') return void json({ keys: issuer.published })
        response.writeHead(404).end()
    }
    const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    issuer.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
    return issuer
}
