import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { iamPolicy } from '../../scripts/next-steps/iam-policy.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { startIndex } from '../support/nginx/start-index.js'
import { sendUpload } from '../support/uploads/send-upload.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'
import { startFaultProxy, type Fate, type FaultProxy, type ProxiedRequest } from '../support/upstreams/fault-proxy.js'

/** Whether a policy allows a request with the bucket in the path. @see Service Authorization Reference, "Amazon S3" */
function allows(policy: string, { method, url }: ProxiedRequest): boolean {
    const { pathname, searchParams } = new URL(url, 'http://s3')
    const key = decodeURIComponent(pathname.slice(1)).replace(/\/$/, '')
    const writes = searchParams.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject'
    const reads = key.includes('/') ? 's3:GetObject' : 's3:ListBucket'
    const action = { GET: reads, HEAD: reads, PUT: 's3:PutObject', POST: 's3:PutObject', DELETE: writes }[method]!
    const { Statement } = JSON.parse(policy) as {
        Statement: { Action: string | string[]; Resource: string | string[] }[]
    }
    return Statement.some(
        ({ Action, Resource }) =>
            [Action].flat().includes(action) &&
            [Resource].flat().some((pattern) => matches(pattern, `arn:aws:s3:::${key}`)),
    )
}

function matches(pattern: string, resource: string): boolean {
    const parts = pattern.split('*').map((text) => text.replace(/[.?+^$(){}|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 's').test(resource)
}

const operator = 'uploads fail until this is cured: '

describe('a server that refuses some requests', () => {
    let uploads: UploadIndex
    let proxy: FaultProxy
    let decide: (request: ProxiedRequest) => Fate
    beforeAll(async () => {
        uploads = await startUploadIndex(
            {},
            {
                endpoint: async (s3) => {
                    proxy = await startFaultProxy(s3.endpoint, (request) => decide(request))
                    return proxy.endpoint
                },
            },
        )
    })
    beforeEach(() => (proxy.requests.length = 0))
    afterAll(async () => {
        await uploads.stop()
        await proxy.close()
    })

    const refusal = (status: number, code: string, methods: string[]) => (request: ProxiedRequest) =>
        methods.includes(request.method) ? { status, code } : 'pass'

    test.each<[string, number, string, string[], string]>([
        [
            'credentials that may read only',
            403,
            'AccessDenied',
            ['PUT', 'POST', 'DELETE'],
            '--upload --print-iam-policy',
        ],
        ['credentials that may not look for keys', 403, '', ['HEAD'], '--upload --print-iam-policy'],
        ['a full quota', 403, 'QuotaExceeded', ['PUT'], 'raise the quota'],
        ['a wrong clock', 403, 'RequestTimeTooSkewed', ['GET', 'PUT', 'HEAD'], 'set the clock'],
        ['another region', 301, 'PermanentRedirect', ['GET', 'PUT', 'HEAD'], '--region'],
        ['another region, SigV4', 400, 'AuthorizationHeaderMalformed', ['GET', 'PUT', 'HEAD'], '--region'],
    ])('%s: 424, after which no client repeats', async (_name, status, code, methods, cure) => {
        const project = `p${code.toLowerCase()}`
        const file = makeWheel({ name: project, version: '1.0' })
        decide = refusal(status, code, methods)
        const seen = uploads.index.log().length
        const answer = await sendUpload(uploads.index.port, file)
        expect(answer).toMatchObject({ status: 424, reason: 'The index cannot store uploads' })
        expect(answer.headers).not.toHaveProperty('retry-after')
        // The client is not told about the bucket.
        expect(answer.text).not.toMatch(/S3|403|Denied|bucket|region|key/i)
        const log = uploads.index.log().slice(seen)
        expect(log).toContain(`${operator}S3 answered ${`${status} ${code}`.trim()} to `)
        expect(log).toContain(cure)
        // Nothing was repeated.
        expect(proxy.requests.filter(({ method }) => methods.includes(method)).length).toBe(1)

        decide = () => 'pass'
        expect((await sendUpload(uploads.index.port, file)).status).toBe(200)
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })

    test('the rights of --print-iam-policy are enough, and those of a reading nginx are not', async () => {
        const policy = (takesUploads: boolean) => iamPolicy(uploads.bucket.name, '', 'us-east-1', takesUploads)
        decide = (request) => (allows(policy(true), request) ? 'pass' : { status: 403, code: 'AccessDenied' })
        for (const name of ['small', 'other']) {
            for (const version of ['1.0', '2.0']) {
                const file = makeWheel({ name, version, ballast: version === '2.0' ? 9 * 1024 * 1024 : 0 })
                expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
                expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
            }
        }
        expect(await uploads.keys()).not.toContainEqual(expect.stringMatching(/^(?:-|\.uploads)\//))
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])

        decide = (request) => (allows(policy(false), request) ? 'pass' : { status: 403, code: 'AccessDenied' })
        const before = await uploads.keys()
        expect((await sendUpload(uploads.index.port, makeWheel({ name: 'small', version: '3.0' }))).status).toBe(424)
        expect(await uploads.keys()).toEqual(before)
    })

    test('a marker that may not be deleted does no harm', async () => {
        decide = refusal(403, 'AccessDenied', ['DELETE'])
        for (const version of ['1.0', '1.1']) {
            const file = makeWheel({ name: 'marked', version })
            expect(await sendUpload(uploads.index.port, file)).toMatchObject({ status: 200 })
        }
        expect(await uploads.keys()).toContain('-/unlisted/marked')
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })

    test('a session that has expired: 503, since it is renewed', async () => {
        decide = refusal(400, 'ExpiredToken', ['PUT'])
        const file = makeWheel({ name: 'expired', version: '1.0' })
        const answer = await sendUpload(uploads.index.port, file)
        expect(answer).toMatchObject({ status: 503, reason: 'The upload was not completed' })
        expect(answer.headers['retry-after']).toBe('5')
        decide = () => 'pass'
        expect((await sendUpload(uploads.index.port, file)).status).toBe(200)
    })
})

describe('an index that is set up wrongly', () => {
    let s3: S3Server
    beforeAll(async () => void (s3 = await startS3('embedded')))
    afterAll(() => s3.close())

    test.each<[string, Record<string, string>, string]>([
        ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'check the secret access key'],
        ['an unknown access key', { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }, 'check the credentials'],
        ['no credentials', { AWS_ACCESS_KEY_ID: '' }, 'set AWS_ACCESS_KEY_ID'],
        ['no bucket', {}, 'create the bucket'],
    ])('%s', async (_name, environment, cure) => {
        const index = await startIndex({
            endpointUrl: s3.endpoint,
            environment: { ...environmentOf(s3), ...environment },
            bucket: 'missing-bucket',
            region: s3.region,
            upload: true,
            uploadAllow: ['127.0.0.0/8'],
        })
        const answer = await sendUpload(index.port, makeWheel({ name: 'acme', version: '1.0' }))
        expect(answer).toMatchObject({ status: 424, reason: 'The index cannot store uploads' })
        expect(index.log()).toContain(operator)
        expect(index.log()).toContain(cure)
        await index.stop()
    })
})
