import { execFile } from 'node:child_process'
import { createHash, createPrivateKey, createSign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

/** An OpenID Connect identity provider: what vouches for a pod in Kubernetes. */
export interface OidcIssuer {
    /** `http://127.0.0.1:PORT` */
    url: string
    /** Of its certificate: SHA-1, in hex. */
    thumbprint: string
    /** A signed JSON Web Token. @param lifetime in seconds */
    token(audience: string, lifetime?: number): string
    /** The same, signed by somebody else. */
    forgedToken(audience: string): Promise<string>
    close(): Promise<void>
}

/** Starts it. @see OpenID Connect Discovery 1.0; RFC 7517 (`x5c`); RFC 7519 */
export async function startOidcIssuer(): Promise<OidcIssuer> {
    const { key, certificate } = await makeIdentity()
    const server = http.createServer((request, response) => {
        const documents: Record<string, object> = {
            '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
            '/keys': {
                keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'one', x5c: [certificate.raw.toString('base64')] }],
            },
        }
        const document = documents[request.url ?? '']
        response.writeHead(document === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(document ?? {}))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const tokenOf = (signer: string, audience: string, lifetime: number): string => {
        const now = Math.floor(Date.now() / 1000)
        const subject = 'system:serviceaccount:default:index'
        const times = { iat: now, exp: now + lifetime }
        return signedToken(signer, { iss: url, sub: subject, aud: audience, client_id: audience, ...times })
    }
    return {
        url,
        thumbprint: createHash('sha1').update(certificate.raw).digest('hex').toUpperCase(),
        token: (audience, lifetime = 3600) => tokenOf(key, audience, lifetime),
        forgedToken: async (audience) => tokenOf((await makeIdentity()).key, audience, 3600),
        async close() {
            server.closeAllConnections()
            server.close()
            await once(server, 'close')
        },
    }
}

function signedToken(key: string, claims: object): string {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.${encode(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(createPrivateKey(key), 'base64url')}`
}

/** A key, and a certificate that it signed itself. */
async function makeIdentity(): Promise<{ key: string; certificate: X509Certificate }> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'oidc-'))
    const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')]
    const names = ['-subj', '/CN=issuer', '-keyout', key, '-out', certificate]
    try {
        await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names])
        return { key: await readFile(key, 'utf8'), certificate: new X509Certificate(await readFile(certificate)) }
    } finally {
        await rm(folder, { recursive: true })
    }
}
