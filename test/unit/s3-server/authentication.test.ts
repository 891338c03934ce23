import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startS3, type S3Server } from '../../support/s3/s3-servers.js'
import { s3Request, type S3Answer, type S3RequestOptions } from '../../support/s3/signed-request.js'

const token = 'FwoGZXIvYXdzE/+=='

let server: S3Server
let withToken: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
    withToken = await startS3('embedded', { sessionToken: token })
    for (const s3 of [server, withToken]) {
        await s3Request(s3, { method: 'PUT', bucket: 'my-pypi', sessionToken: s3 === withToken ? token : undefined })
    }
})
afterAll(async () => {
    await server.close()
    await withToken.close()
})

async function codeOf(s3: S3Server, options: S3RequestOptions): Promise<string | number> {
    const { status, code }: S3Answer = await s3Request(s3, { bucket: 'my-pypi', ...options })
    return code ?? status
}

describe.each(['v4', 'v2', 'presigned'] as const)('a temporary credential, %s', (signature) => {
    test.each([
        ['with its token', { sessionToken: token }, 200],
        ['without its token', {}, 'InvalidAccessKeyId'],
        ['with another token', { sessionToken: 'other' }, 'InvalidToken'],
        ['with its token and a wrong secret', { sessionToken: token, secretAccessKey: 'x' }, 'SignatureDoesNotMatch'],
    ])('%s', async (_name, options, expected) => {
        expect(await codeOf(withToken, { signature, ...options })).toBe(expected)
    })
})

test('a permanent credential has no token', async () => {
    expect(await codeOf(server, { sessionToken: token })).toBe('InvalidToken')
})

/** Changes the Authorization header after signing. */
function authorization(change: (value: string) => string): S3RequestOptions {
    return { tamper: ({ headers }) => void (headers['authorization'] = change(headers['authorization'] as string)) }
}

test.each([
    ['as it was signed', (value: string) => value, 200],
    ['of another type', () => 'Basic YTpi', 'InvalidArgument'],
    ['Version 2 without a signature', () => 'AWS key', 'InvalidArgument'],
    ['without fields', () => 'AWS4-HMAC-SHA256 ', 'AuthorizationHeaderMalformed'],
    ['without a signature', (value: string) => value.replace(/, Signature.*/, ''), 'AuthorizationHeaderMalformed'],
    ['with half a scope', (value: string) => value.replace('/us-east-1/s3', ''), 'AuthorizationHeaderMalformed'],
    ['for another service', (value: string) => value.replace('/s3/', '/sts/'), 'AuthorizationHeaderMalformed'],
    ['with another end', (value: string) => value.replace('aws4_request', 'aws5'), 'AuthorizationHeaderMalformed'],
    ['of another day', (value: string) => value.replace(/\/\d{8}\//, '/20200101/'), 'AuthorizationHeaderMalformed'],
    ['with half a signature', (value: string) => value.slice(0, -32), 'SignatureDoesNotMatch'],
    ['with an empty signature', (value: string) => value.slice(0, -64), 'SignatureDoesNotMatch'],
    ['that does not sign Host', (value: string) => value.replace('host;', ''), 'AccessDenied'],
    [
        'that signs a header that is not there',
        (value: string) => value.replace('host;', 'host;x;'),
        'SignatureDoesNotMatch',
    ],
])('an Authorization header %s', async (_name, change, expected) => {
    expect(await codeOf(server, authorization(change))).toBe(expected)
})

test('other white space in a signed header is the same header', async () => {
    const headers = { 'x-amz-meta-a': 'b  c' }
    const respace: S3RequestOptions['tamper'] = (message) => void (message.headers['x-amz-meta-a'] = 'b c ')
    const options = { method: 'PUT', key: 'spaces', body: 'x', headers }
    expect(await codeOf(server, { ...options, tamper: respace })).toBe(200)
    const change: S3RequestOptions['tamper'] = (message) => void (message.headers['x-amz-meta-a'] = 'bc')
    expect(await codeOf(server, { ...options, tamper: change })).toBe('SignatureDoesNotMatch')
})

test.each([
    ['no x-amz-content-sha256', undefined, 'InvalidRequest'],
    ['UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD', 200],
    ['a hash in upper case', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855', 'InvalidArgument'],
    ['another word', 'STREAMING-UNSIGNED-PAYLOAD', 'InvalidArgument'],
])('%s', async (_name, value, expected) => {
    const options: S3RequestOptions =
        value === undefined
            ? { tamper: ({ headers }) => void delete headers['x-amz-content-sha256'] }
            : { headers: { 'x-amz-content-sha256': value } }
    expect(await codeOf(server, options)).toBe(expected)
})

test.each([
    ['two mechanisms', { headers: { authorization: 'AWS a:b' } }, 'InvalidArgument'],
    ['a week and a second', { expires: 604_800, tamper: expiresTo('604801') }, 'AuthorizationQueryParametersError'],
    ['no time', { tamper: expiresTo('') }, 'AuthorizationQueryParametersError'],
    ['a time that is no number', { tamper: expiresTo('1e3') }, 'AuthorizationQueryParametersError'],
    ['from the future', { time: new Date(Date.now() + 16 * 60_000) }, 'AccessDenied'],
    ['for a week', { expires: 604_800, time: new Date(Date.now() - 604_000_000) }, 200],
])('a presigned URL with %s', async (_name, options: S3RequestOptions, expected) => {
    expect(await codeOf(server, { signature: 'presigned', ...options })).toBe(expected)
})

function expiresTo(value: string): NonNullable<S3RequestOptions['tamper']> {
    return (message) => void (message.path = message.path.replace(/X-Amz-Expires=\d+/, `X-Amz-Expires=${value}`))
}

test.each([
    ['within its time', 60, '', 200],
    ['after its time', -1, '', 'AccessDenied'],
    ['with another signature', 60, 'x', 'SignatureDoesNotMatch'],
])('a presigned URL of Version 2 %s', async (_name, seconds, change, expected) => {
    const expires = String(Math.floor(Date.now() / 1000) + seconds)
    const hmac = createHmac('sha1', server.secretAccessKey).update(`GET\n\n\n${expires}\n/my-pypi${change}`)
    const query = { AWSAccessKeyId: server.accessKeyId, Expires: expires, Signature: hmac.digest('base64') }
    expect(await codeOf(server, { signature: 'none', query })).toBe(expected)
})

test('the clock is the one that the server was given', async () => {
    const s3 = await startS3('embedded', { now: () => new Date('2030-01-01T00:00:00Z') })
    expect(await codeOf(s3, { bucket: undefined })).toBe('RequestTimeTooSkewed')
    expect(await codeOf(s3, { bucket: undefined, time: new Date('2030-01-01T00:14:00Z') })).toBe(200)
    await s3.close()
})

test('an error says what S3 says, and no secret', async () => {
    const { body, headers } = await s3Request(server, { bucket: 'my-pypi', key: 'a', secretAccessKey: 'wrong' })
    const id = headers['x-amz-request-id']
    expect(id).toMatch(/^[0-9A-F]{16}$/)
    expect(body.toString()).toContain(`<Resource>/my-pypi/a</Resource><RequestId>${id}</RequestId>`)
    expect(body.toString()).not.toContain(server.secretAccessKey)
})
