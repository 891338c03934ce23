import type { Environment } from '../signing/credentials.js'
import { sessionOf, type Session } from './session.js'
import { parseJson, quoteForLog, type ProviderContext } from './context.js'

const rolePath = '/latest/meta-data/iam/security-credentials/'

/**
 * Base URL of the instance metadata service.
 *
 * @throws Error when the service is turned off, or when its configured endpoint is not a URL
 * @see AWS SDKs and Tools Reference Guide, "IMDS credential provider"
 */
export function metadataEndpoint(environment: Environment): string {
    if ((environment.AWS_EC2_METADATA_DISABLED || '').trim().toLowerCase() === 'true') {
        throw new Error('AWS_EC2_METADATA_DISABLED turns the instance metadata service off')
    }
    const endpoint = (environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || '').trim()
    if (endpoint) {
        if (!/^https?:\/\/(?:\[[0-9a-f:.]+\]|[^\s/?#:@[\]]+)(?::\d{1,5})?\/?$/i.test(endpoint)) {
            throw new Error('AWS_EC2_METADATA_SERVICE_ENDPOINT is not http://HOST[:PORT]')
        }
        return endpoint.replace(/\/$/, '')
    }
    const mode = (environment.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE || 'ipv4').trim().toLowerCase()
    if (mode === 'ipv4') return 'http://169.254.169.254'
    if (mode === 'ipv6') return 'http://[fd00:ec2::254]'
    throw new Error('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6')
}

/**
 * The session of the instance's role, from version 2 of the metadata service (IMDSv2). Does not fall back to version 1,
 * which accepts requests without a token and so allows request forgery.
 */
export async function ec2Session(context: ProviderContext): Promise<Session> {
    const endpoint = metadataEndpoint(context.environment)
    const headers = { 'X-aws-ec2-metadata-token': await metadataToken(context, endpoint) }
    const roles = await context.ask(endpoint + rolePath, { method: 'GET', headers })
    if (roles.status === 404) throw new Error('the instance has no role: attach an instance profile to it')
    const role = roles.text.trim().split('\n')[0]!.trim()
    if (roles.status !== 200 || !/^[\w+=,.@-]+$/.test(role)) {
        throw new Error('the instance metadata service did not name a role (status ' + roles.status + ')')
    }
    const answer = await context.ask(endpoint + rolePath + role, { method: 'GET', headers })
    if (answer.status !== 200) {
        throw new Error('the instance metadata service answered ' + answer.status + ' for the role ' + role)
    }
    const said = parseJson(answer.text)
    if (said.Code !== 'Success') {
        throw new Error(
            'the role ' + role + ' has no credentials: ' + quoteForLog([said.Code, said.Message].join(': ')),
        )
    }
    return sessionOf(said.AccessKeyId, said.SecretAccessKey, said.Token, said.Expiration, context.now())
}

/** Fetches the IMDSv2 token for the following requests. */
async function metadataToken(context: ProviderContext, endpoint: string): Promise<string> {
    // The response is dropped when it exceeds the instance's hop limit: in a container the request then times out.
    const hint = '; a container needs a hop limit of 2 (HttpPutResponseHopLimit)'
    let answer
    try {
        answer = await context.ask(endpoint + '/latest/api/token', {
            method: 'PUT',
            headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
            body: '',
        })
    } catch (error) {
        throw new Error('the instance metadata service returned no token: ' + (error as Error).message + hint)
    }
    if (answer.status === 403) throw new Error('the instance metadata service is turned off for this instance')
    const token = answer.text.trim()
    if (answer.status !== 200 || !/^[\x21-\x7e]+$/.test(token)) {
        throw new Error('the instance metadata service returned no token (status ' + answer.status + ')')
    }
    return token
}
