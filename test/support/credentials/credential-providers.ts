import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IssuedSession } from './sessions.js'

/** A server that gives credentials out as AWS's do. */
export interface CredentialProvider {
    /** `http://127.0.0.1:PORT` */
    url: string
    port: number
    /** Requests for credentials that were answered with some. */
    given: number
    /** What reached it: `GET /path`. */
    requests: string[]
    /** Answers in the place of the provider, while it is set. */
    instead: http.RequestListener | undefined
    close(): Promise<void>
}

/** A request whose body has been read. */
interface Asked {
    method: string
    path: string
    headers: http.IncomingHttpHeaders
    body: string
}

type Reply = [status: number, body: string]

/** @param port 0 for any */
async function startProvider(
    answer: (asked: Asked, provider: CredentialProvider) => Reply,
    port = 0,
): Promise<CredentialProvider> {
    const server = http.createServer(async (request, response) => {
        const body = Buffer.concat(await request.toArray()).toString()
        const { method = '', url: path = '', headers } = request
        provider.requests.push(`${method} ${path}`)
        if (provider.instead !== undefined) return provider.instead(request, response)
        const [status, text] = answer({ method, path, headers, body }, provider)
        response.writeHead(status).end(text)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const { port: bound } = server.address() as AddressInfo
    const provider: CredentialProvider = {
        url: `http://127.0.0.1:${bound}`,
        port: bound,
        given: 0,
        requests: [],
        instead: undefined,
        async close() {
            server.closeAllConnections()
            server.close()
            await once(server, 'close')
        },
    }
    return provider
}

/** The JSON of Amazon ECS, EKS and EC2. */
export function sessionJson(session: IssuedSession, more: object = {}): string {
    return JSON.stringify({
        ...{ AccessKeyId: session.accessKeyId, SecretAccessKey: session.secretAccessKey },
        ...{ Token: session.sessionToken, Expiration: session.expires.toISOString().replace('.000', ''), ...more },
    })
}

/**
 * The endpoint of a container's credentials: `/v2/credentials/ID` of Amazon ECS, `/v1/credentials` of the EKS Pod
 * Identity Agent.
 *
 * @param authorization the token that it wants to see; a function, for one that changes
 * @see Amazon ECS Developer Guide, "Task IAM role"; eks-pod-identity-agent, its README
 */
export function startContainerProvider(
    issue: () => IssuedSession,
    authorization?: () => string,
    port?: number,
): Promise<CredentialProvider> {
    return startProvider(({ method, path, headers }, provider) => {
        if (method !== 'GET') return [405, 'method not allowed']
        if (!/^\/v[12]\/credentials(?:\/[\w-]+)?(?:\?.*)?$/.test(path)) {
            return [404, '{"code":"ResourceNotFound","message":"no such credentials"}']
        }
        if (authorization !== undefined && headers.authorization !== authorization()) {
            return [401, '{"code":"AccessDenied","message":"the service account token is not valid"}']
        }
        provider.given++
        return [200, sessionJson(issue(), { RoleArn: 'arn:aws:iam::123456789012:role/task' })]
    }, port)
}

/**
 * Version 2 of the instance metadata service.
 *
 * @see Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata"
 */
export function startMetadataService(issue: () => IssuedSession, port?: number): Promise<CredentialProvider> {
    const token = 'AQAEAFTNrA4eEGx0AQgJ1arIq_Cc-t4tWt3fB0Hd8RKhXlKc5ccvhg=='
    const roles = '/latest/meta-data/iam/security-credentials/'
    return startProvider(({ method, path, headers }, provider) => {
        if (method === 'PUT' && path === '/latest/api/token') {
            const seconds = headers['x-aws-ec2-metadata-token-ttl-seconds']
            return /^\d{1,5}$/.test(String(seconds)) ? [200, token] : [400, 'missing or invalid parameters']
        }
        // Version 1, which an instance may still speak, would take a request without a token.
        if (headers['x-aws-ec2-metadata-token'] !== token) return [401, 'unauthorized']
        if (path === roles) return [200, 'index-role']
        if (path !== `${roles}index-role`) return [404, 'not found']
        provider.given++
        return [200, sessionJson(issue(), { Code: 'Success', Type: 'AWS-HMAC', LastUpdated: '2026-11-25T00:00:00Z' })]
    }, port)
}

/**
 * The security token service, which does not verify signatures: that Ceph's does.
 *
 * @param expected fields of the form that it wants to see
 * @see AWS STS API reference, AssumeRole and AssumeRoleWithWebIdentity
 */
export function startTokenService(
    issue: () => IssuedSession,
    expected: () => Record<string, string>,
): Promise<CredentialProvider> {
    return startProvider(({ method, headers, body }, provider) => {
        const form = Object.fromEntries(new URLSearchParams(body))
        const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
        const wrong = Object.entries(expected()).filter(([name, value]) => form[name] !== value)
        if (method !== 'POST' || !isForm) return [400, stsError('InvalidAction', 'not a form')]
        if (wrong.length > 0) return [403, stsError('AccessDenied', `wrong: ${wrong.map(([name]) => name).join()}`)]
        provider.given++
        return [200, stsAnswer(form.Action!, issue())]
    })
}

/** What the service answers. */
export function stsAnswer(action: string, session: IssuedSession): string {
    return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result>
    <AssumedRoleUser>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:nginx-s3-pypi</AssumedRoleId>
      <Arn>arn:aws:sts::123456789012:assumed-role/index/nginx-s3-pypi</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${session.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>
      <SessionToken>${session.sessionToken}</SessionToken>
      <Expiration>${session.expires.toISOString().replace('.000', '')}</Expiration>
    </Credentials>
  </${action}Result>
</${action}Response>
`
}

function stsError(code: string, message: string): string {
    return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
</ErrorResponse>
`
}
