import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import {
    sessionJson,
    startContainerProvider,
    startMetadataService,
    startTokenService,
    stsAnswer,
    type CredentialProvider,
} from '../support/credentials/credential-providers.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { describeRenewal } from '../support/nginx/renewing-nginx.js'
import { startSessionS3, type IssuedSession, type SessionS3 } from '../support/credentials/sessions.js'

const objects = { 'demo/index.html': 'page', 'demo/demo-1.0+x.tar.gz': 'bytes' }
const file = '/demo/demo-1.0%2Bx.tar.gz'
const roleArn = 'arn:aws:iam::123456789012:role/index'
const webToken = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJpbmRleCJ9.c2ln+/='

let folder: string
let s3: SessionS3
let provider: CredentialProvider | undefined
let index: Index | undefined

beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'credentials-'))
    await writeFile(path.join(folder, 'token'), webToken + '\n', { mode: 0o644 })
    // The workers of nginx read it.
    await chmod(folder, 0o755)
    s3 = await startSessionS3(objects)
})
afterEach(async () => {
    await index?.stop()
    await provider?.close()
    index = provider = undefined
    s3.proxy.requests.length = 0
    s3.issuer.lifetime = 3600
})
afterAll(async () => {
    await s3.close()
    await rm(folder, { recursive: true })
})

const issue = (): IssuedSession => s3.issuer.issue()

/** Who gives credentials, and what tells nginx of it. */
interface Case {
    start: () => Promise<CredentialProvider>
    options: Partial<ConfigOptions>
    environment: () => Record<string, string>
}

const url = (): string => provider!.url
const stsFields = (): Record<string, string> => ({ RoleArn: roleArn, RoleSessionName: 'nginx-s3-pypi' })
const own = (): Record<string, string> => ({
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
})

const cases: Record<string, Case> = {
    'a task of ECS': {
        start: () => startContainerProvider(issue),
        options: { credentials: 'ecs' },
        environment: () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url()}/v2/credentials/task-1?x=1` }),
    },
    'a container with a token': {
        start: () => startContainerProvider(issue, () => 'Basic dG9rZW4='),
        options: { credentials: 'ecs' },
        environment: () => ({
            AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://localhost:${provider!.port}/v2/credentials`,
            AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic dG9rZW4=',
        }),
    },
    'a pod of EKS': {
        start: () => startContainerProvider(issue, () => webToken),
        options: { credentials: 'eks' },
        environment: () => ({
            AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url()}/v1/credentials`,
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path.join(folder, 'token'),
            // The file comes first.
            AWS_CONTAINER_AUTHORIZATION_TOKEN: 'another',
        }),
    },
    'an instance of EC2': {
        start: () => startMetadataService(issue),
        options: { credentials: 'ec2' },
        environment: () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `${url()}/` }),
    },
    'a web identity': {
        start: () => startTokenService(issue, () => ({ ...stsFields(), WebIdentityToken: webToken })),
        options: { credentials: 'web-identity', resolver: ['127.0.0.1'] },
        environment: () => ({
            AWS_ENDPOINT_URL_STS: url(),
            AWS_ROLE_ARN: roleArn,
            AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'token'),
        }),
    },
    'a role, from keys': {
        start: () => startTokenService(issue, () => ({ ...stsFields(), ExternalId: 'a:b/c=1' })),
        options: { credentials: 'env', roleArn, externalId: 'a:b/c=1' },
        environment: () => ({ ...own(), AWS_ENDPOINT_URL_STS: url() }),
    },
    'auto: keys': {
        start: () => startContainerProvider(issue),
        options: { credentials: 'auto' },
        environment: () => ({ ...own(), AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url()}/v2/credentials` }),
    },
    'auto: a container': {
        start: () => startContainerProvider(issue),
        options: { credentials: 'auto' },
        environment: () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url()}/v2/credentials` }),
    },
    'auto: an instance': {
        start: () => startMetadataService(issue),
        options: { credentials: 'auto' },
        environment: () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url() }),
    },
}

async function startCase({ start, options, environment }: Case, more: Partial<IndexOptions> = {}): Promise<Index> {
    provider = await start()
    index = await startIndex({
        endpointUrl: s3.proxy.endpoint,
        bucket: s3.bucket,
        ...options,
        ...more,
        environment: environment(),
    })
    return index
}

/** The status of a file, asked for until it is not 503. */
async function statusSoon(port: number): Promise<number> {
    for (let attempt = 0; ; attempt++) {
        const { status, headers } = await request(port, file)
        if (status !== 503 || attempt === 100) return status
        expect(Number(headers['retry-after'])).toBeGreaterThan(0)
        await sleep(50)
    }
}

const names = Object.entries(cases)

describeRenewal('credentials of', { credentials: 'ecs' }, () => {
    describe.each(names)('%s', (name, one) => {
        test.each([
            ['V4', {}],
            ['V2', { signature: 'v2' }],
            ['V4 behind a cache', { cached: true }],
        ] as const)('sign with %s, in one request to the provider', async (_version, more) => {
            const { port } = await startCase(one, more)
            expect(await statusSoon(port)).toBe(200)
            const ready = await request(port, '/-/readyz')
            expect(ready.status).toBe(200)
            if (name === 'auto: keys') {
                expect(provider!.given).toBe(0)
                expect(ready.body.toString()).toContain('The credentials do not say when they expire.')
            } else {
                expect(provider!.given).toBe(1)
                const expires = s3.issuer.issued.at(-1)!.expires.toISOString()
                expect(ready.body.toString()).toContain(`The credentials expire at ${expires}.`)
            }
            expect(s3.proxy.requests.map(({ status }) => status)).not.toContain(403)
        })

        test('the twin: S3 takes none that it does not know', async () => {
            const { port } = await startCase(one)
            expect(await statusSoon(port)).toBe(200)
            const removed = s3.known.splice(0)
            try {
                expect((await request(port, file)).status).toBe(502)
                expect((await request(port, '/-/readyz')).status).toBe(503)
            } finally {
                s3.known.push(...removed)
            }
        })
    })
})

const wellFormed = (change: object): string => sessionJson(issue(), change)

/** What a provider of JSON may answer, and what the log says of it. */
const badAnswers: [what: string, status: number, body: () => string, log: RegExp][] = [
    ['an error', 500, () => 'oops', /status 500|answered 500|did not name a role|no token/],
    ['a refusal', 403, () => '{"code":"AccessDenied","message":"not you"}', /403|turned off/],
    ['nothing', 200, () => '', /./],
]

const badSessions: [what: string, body: () => string, log: string][] = [
    ['JSON that ends early', () => wellFormed({}).slice(0, 200), 'the response is not JSON'],
    ['no JSON object', () => 'null', 'the response is not a JSON object'],
    ['no expiration', () => wellFormed({ Expiration: undefined }), 'the expiration is not a timestamp'],
    [
        'an expiration that is no time',
        () => wellFormed({ Expiration: 'tomorrow' }),
        'the expiration is not a timestamp',
    ],
    [
        'an expiration in the past',
        () => wellFormed({ Expiration: '2020-01-01T00:00:00Z' }),
        'the session expired at 2020-01-01',
    ],
    ['no secret', () => wellFormed({ SecretAccessKey: '' }), 'no valid access key ID and secret access key'],
    ['a key id of another type', () => wellFormed({ AccessKeyId: 1 }), 'no valid access key ID and secret access key'],
    [
        'a token with a line break',
        () => wellFormed({ Token: 'a\r\nX: y' }),
        'no valid access key ID and secret access key',
    ],
]

describeRenewal('a provider that fails', { credentials: 'ecs' }, () => {
    const fileNames = names.filter(([name]) => name !== 'auto: keys')

    /** Nothing reaches S3, and no secret the log or the client. */
    async function expectNothingSent(log: RegExp | string): Promise<void> {
        const { port } = index!
        const begin = Date.now()
        while (!index!.log().includes('no new credentials') && Date.now() - begin < 10_000) await sleep(50)
        const answer = await request(port, file)
        expect([answer.status, Number(answer.headers['retry-after']) > 0]).toEqual([503, true])
        const ready = await request(port, '/-/readyz')
        expect(ready.status).toBe(503)
        expect(ready.body.toString()).toContain('There are no credentials yet')
        expect(index!.log()).toMatch(log)
        expect(s3.proxy.requests).toEqual([])
        for (const { secretAccessKey, sessionToken } of s3.issuer.issued) {
            expect(index!.log()).not.toContain(secretAccessKey)
            expect(index!.log()).not.toContain(sessionToken.slice(0, 30))
        }
    }

    describe.each(fileNames)('%s', (_name, one) => {
        test.each(badAnswers)('with %s', async (_what, status, body, log) => {
            const started = startCase({
                ...one,
                start: async () => {
                    const each = await one.start()
                    each.instead = (_request, response) => void response.writeHead(status).end(body())
                    return each
                },
            })
            await started
            await expectNothingSent(log)
        })

        test('with no answer at all, and recovers', async () => {
            await startCase({
                ...one,
                start: async () => {
                    const each = await one.start()
                    each.instead = (asked) => void asked.socket.destroy()
                    return each
                },
            })
            await expectNothingSent(/there are no new credentials for S3: .*; requests get status 503/)
            provider!.instead = undefined
            const begin = Date.now()
            while ((await request(index!.port, file)).status !== 200) {
                expect(Date.now() - begin).toBeLessThan(25_000)
                await sleep(100)
            }
        })
    })

    test.each(badSessions)('a container with %s', async (_what, body, log) => {
        await startCase({
            ...cases['a task of ECS']!,
            start: async () => {
                const each = await startContainerProvider(issue)
                each.instead = (_request, response) => void response.end(body())
                return each
            },
        })
        await expectNothingSent(log)
    })

    test.each([
        ['no credentials in it', '<AssumeRoleResponse/>', 'has no credentials'],
        [
            'an end in the past',
            () => stsAnswer('AssumeRole', { ...issue(), expires: new Date(0) }),
            'the session expired at 1970',
        ],
        ['a reason', '<Error><Code>ExpiredToken</Code><Message>Too &lt;old&gt;\nX</Message></Error>', 'credentials'],
    ])('a token service whose answer has %s', async (_what, body, log) => {
        await startCase({
            ...cases['a role, from keys']!,
            start: async () => {
                const each = await startTokenService(issue, stsFields)
                each.instead = (_request, response) => void response.end(typeof body === 'string' ? body : body())
                return each
            },
        })
        await expectNothingSent(log)
    })

    test('a slow provider: its answer counts while it is awaited, and not later', async () => {
        const slow = (seconds: number): Case => ({
            ...cases['a task of ECS']!,
            start: async () => {
                const each = await startContainerProvider(issue)
                each.instead = async (_request, response) => {
                    await sleep(seconds * 1000)
                    response.end(sessionJson(issue()))
                }
                return each
            },
        })
        await startCase(slow(3))
        expect(await statusSoon(index!.port)).toBe(200)
        await index!.stop()
        await provider!.close()
        s3.proxy.requests.length = 0
        await startCase(slow(6))
        await expectNothingSent(/there are no new credentials for S3: /)
    })

    test.each([
        ['no role', { credentials: 'ecs' }, {}, 'give the task or the pod a role'],
        [
            'a provider that would be asked without TLS',
            { credentials: 'ecs' },
            { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://203.0.113.1/' },
            'needs https for 203.0.113.1',
        ],
        [
            'a token file that is not there',
            { credentials: 'eks' },
            {
                AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
                AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/none',
            },
            'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: /none cannot be read',
        ],
        [
            'a metadata service that is turned off',
            { credentials: 'ec2' },
            { AWS_EC2_METADATA_DISABLED: 'true' },
            'turns the instance metadata service off',
        ],
        [
            'no web identity',
            { credentials: 'web-identity', resolver: ['127.0.0.1'] },
            {},
            'give the service account a role',
        ],
        ['no keys for a role', { roleArn }, {}, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set'],
    ] as const)('%s', async (_name, options, environment, log) => {
        provider = await startContainerProvider(issue)
        index = await startIndex({
            ...{ endpointUrl: s3.proxy.endpoint, bucket: s3.bucket, ...(options as Partial<ConfigOptions>) },
            environment: environment as Record<string, string>,
        })
        await expectNothingSent(log)
    })
})
