import crypto from 'crypto'
import qs from 'querystring'

import type { Credentials, Environment } from '../signing/credentials.js'
import { sessionOf, type Session } from './session.js'
import {
    canonicalRequest,
    headerLines,
    sha256,
    signature,
    signedHeaders,
    signingKey,
    stringToSign,
    type Header,
} from '../signing/sigv4.js'
import { quoteForLog, tokenIn, type ProviderContext } from './context.js'

/** Options of the security token service (STS). */
export interface StsOptions {
    /** `https://HOST[:PORT]`; empty for the AWS endpoint of the region. */
    endpoint: string
    /** The bucket's region, used when the environment names none. */
    region: string
    /** `amazonaws.com`, or the domain of another partition. */
    domain: string
}

/** A role to assume. */
export interface Role {
    arn: string
    /** Empty for none. */
    externalId: string
}

/** The region to sign for. */
function regionOf(environment: Environment, options: StsOptions): string {
    const region = (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || options.region).trim()
    if (!/^[a-z0-9-]+$/.test(region)) throw new Error('AWS_REGION is not a region')
    return region
}

/** The URL of STS, with a trailing slash. Regional, since the global endpoint is a single point of failure. */
export function stsUrl(environment: Environment, options: StsOptions): string {
    const endpoint = (environment.AWS_ENDPOINT_URL_STS || '').trim() || options.endpoint
    if (!endpoint) return 'https://sts.' + regionOf(environment, options) + '.' + options.domain + '/'
    if (!/^https?:\/\/[^\s/?#@]+\/?$/i.test(endpoint))
        throw new Error('AWS_ENDPOINT_URL_STS is not https://HOST[:PORT]')
    return endpoint.replace(/\/?$/, '/')
}

/** The name of the session, as CloudTrail shows it. */
function sessionName(environment: Environment): string {
    const name = (environment.AWS_ROLE_SESSION_NAME || 'nginx-s3-pypi').trim()
    if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new Error('AWS_ROLE_SESSION_NAME needs 2 to 64 of A-Z a-z 0-9 _+=,.@-')
    return name
}

/**
 * Assumes a role with an identity provider's token, as with EKS's IAM roles for service accounts.
 *
 * @see AWS STS API reference, AssumeRoleWithWebIdentity: the request is not signed
 */
export async function webIdentitySession(context: ProviderContext, options: StsOptions): Promise<Session> {
    const environment = context.environment
    const path = environment.AWS_WEB_IDENTITY_TOKEN_FILE
    if (!environment.AWS_ROLE_ARN || !path) {
        throw new Error(
            'AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not both set: give the service account a role',
        )
    }
    const token = tokenIn(context, 'AWS_WEB_IDENTITY_TOKEN_FILE', path)
    const body = qs.stringify({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: environment.AWS_ROLE_ARN.trim(),
        RoleSessionName: sessionName(environment),
        WebIdentityToken: token,
    })
    return ask(context, stsUrl(environment, options), { 'Content-Type': formType }, body)
}

/** Assumes a role with other credentials. @see AWS STS API reference, AssumeRole */
export async function roleSession(
    context: ProviderContext,
    options: StsOptions,
    role: Role,
    credentials: Credentials,
): Promise<Session> {
    const environment = context.environment
    const url = stsUrl(environment, options)
    const fields: { [name: string]: string } = {
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: role.arn,
        RoleSessionName: sessionName(environment),
    }
    if (role.externalId) fields.ExternalId = role.externalId
    const body = qs.stringify(fields)
    const date = new Date(context.now()).toISOString().replace(/[:-]|\.\d{3}/g, '')
    return ask(context, url, signedFor(url, body, credentials, date, regionOf(environment, options)), body)
}

const formType = 'application/x-www-form-urlencoded'

/** The headers of a signed POST. @param date `20130524T000000Z` */
function signedFor(
    url: string,
    body: string,
    credentials: Credentials,
    date: string,
    region: string,
): { [name: string]: string } {
    const scope = date.slice(0, 8) + '/' + region + '/sts/aws4_request'
    const payloadHash = crypto.createHash('sha256').update(body).digest('hex')
    const host = url
        .split('/')[2]!
        .toLowerCase()
        .replace(url.charAt(4) === ':' ? /:80$/ : /:443$/, '')
    const headers: Header[] = [
        ['content-type', formType],
        ['host', host],
        ['x-amz-date', date],
    ]
    if (credentials.sessionToken) headers.push(['x-amz-security-token', credentials.sessionToken])
    const canonical = canonicalRequest({
        ...{ method: 'POST', path: '/', query: '', payloadHash },
        headers: headerLines(headers),
        signedHeaders: signedHeaders(headers),
    })
    const key = signingKey(credentials.secretAccessKey, scope)
    const sent: { [name: string]: string } = {}
    headers.forEach(function (header) {
        if (header[0] !== 'host') sent[header[0]] = header[1]
    })
    sent.Authorization =
        'AWS4-HMAC-SHA256 Credential=' +
        (credentials.accessKeyId + '/' + scope) +
        (', SignedHeaders=' + signedHeaders(headers)) +
        (', Signature=' + signature(key, stringToSign(date, scope, sha256(canonical))))
    return sent
}

async function ask(
    context: ProviderContext,
    url: string,
    headers: { [name: string]: string },
    body: string,
): Promise<Session> {
    const answer = await context.ask(url, { method: 'POST', headers, body })
    if (answer.status !== 200) {
        const reason = [element(answer.text, 'Code'), element(answer.text, 'Message')].filter(Boolean).join(': ')
        throw new Error(url + ' refused with status ' + answer.status + (reason ? ': ' + quoteForLog(reason) : ''))
    }
    const credentials = element(answer.text, 'Credentials')
    if (!credentials) throw new Error('the response of ' + url + ' has no credentials')
    return sessionOf(
        element(credentials, 'AccessKeyId'),
        element(credentials, 'SecretAccessKey'),
        element(credentials, 'SessionToken'),
        element(credentials, 'Expiration'),
        context.now(),
    )
}

/** The content of the first element of that name. STS writes no attributes. */
function element(xml: string, name: string): string | undefined {
    const start = xml.indexOf('<' + name + '>')
    const end = xml.indexOf('</' + name + '>')
    if (start < 0 || end < start) return undefined
    return xml
        .slice(start + name.length + 2, end)
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&apos;/g, "'")
        .replace(/&amp;/g, '&')
}
