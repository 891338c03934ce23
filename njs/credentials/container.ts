import type { Environment } from '../signing/credentials.js'
import { sessionOf, type Session } from './session.js'
import { parseJson, quoteForLog, tokenIn, type ProviderContext } from './context.js'

/** Address of the Amazon ECS credentials endpoint. */
const ecsAddress = 'http://169.254.170.2'

/** Scheme, host, port, and the rest; userinfo is rejected. */
const uri = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^\s/?#:@[\]]+)(:\d{1,5})?([/?]\S*)?$/i

/** Hosts allowed over plain http: this machine, Amazon ECS, and Amazon EKS on IPv4 and IPv6. */
const plainHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/i

/**
 * The URL of a container's credentials.
 *
 * @throws Error when no variable names it, or when it would be requested without TLS over a network
 * @see AWS SDKs and Tools Reference Guide, "Container credential provider"
 */
export function containerUrl(environment: Environment): string {
    const relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
    if (relative) {
        if (!/^\/[^\s\x00-\x1f]*$/.test(relative)) {
            throw new Error('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash')
        }
        return ecsAddress + relative
    }
    const full = environment.AWS_CONTAINER_CREDENTIALS_FULL_URI
    if (!full) {
        throw new Error(
            'neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set: ' +
                'give the task or the pod a role',
        )
    }
    const match = uri.exec(full)
    if (!match) throw new Error('AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL')
    const host = match[2]!
    if (match[1]!.toLowerCase() === 'http' && !plainHost.test(host)) {
        throw new Error(
            'AWS_CONTAINER_CREDENTIALS_FULL_URI needs https for ' +
                host +
                ': http is allowed only for this machine, ECS and EKS',
        )
    }
    // nginx would resolve this name with DNS. RFC 6761.
    const address = host.toLowerCase() === 'localhost' ? '127.0.0.1' : host
    return match[1] + '://' + address + (match[3] || '') + (match[4] || '/')
}

/** The value of the Authorization header, or empty. Reads the file each time, since the orchestrator renews it. */
function authorizationToken(context: ProviderContext): string {
    const path = context.environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
    const value = path
        ? tokenIn(context, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', path)
        : (context.environment.AWS_CONTAINER_AUTHORIZATION_TOKEN || '').trim()
    if (/[\x00-\x1f\x7f]/.test(value)) throw new Error('the container authorization token contains a control character')
    return value
}

/** The session of an ECS task or an EKS pod. Rejects with an Error that names the cause. */
export async function containerSession(context: ProviderContext): Promise<Session> {
    const url = containerUrl(context.environment)
    const token = authorizationToken(context)
    const headers: { [name: string]: string } = { Accept: 'application/json' }
    if (token) headers.Authorization = token
    const answer = await context.ask(url, { method: 'GET', headers })
    if (answer.status !== 200) {
        throw new Error('the container credentials were refused with status ' + answer.status + reasonIn(answer.text))
    }
    const said = parseJson(answer.text)
    return sessionOf(said.AccessKeyId, said.SecretAccessKey, said.Token, said.Expiration, context.now())
}

/** Code and message of an error response. */
function reasonIn(text: string): string {
    try {
        const said = parseJson(text)
        const parts = [said.code || said.Code, said.message || said.Message].filter(Boolean)
        return parts.length > 0 ? ': ' + quoteForLog(parts.join(': ')) : ''
    } catch {
        return ''
    }
}
