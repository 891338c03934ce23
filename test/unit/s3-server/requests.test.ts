import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startS3Server } from '../../../scripts/s3-server/server.js'
import { startS3, type S3Server } from '../../support/s3/s3-servers.js'
import { s3Request, signedMessage, type S3Answer, type S3RequestOptions } from '../../support/s3/signed-request.js'

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
    await ask({ method: 'PUT', key: undefined })
    await ask({ method: 'PUT', body: 'hello' })
})
afterAll(() => server.close())

function ask(options: S3RequestOptions): Promise<S3Answer> {
    return s3Request(server, { bucket: 'my-pypi', key: 'object', ...options })
}

describe('what this server does not do is refused, not done half', () => {
    test.each<[string, S3RequestOptions]>([
        ['the ACL', { query: { acl: '' } }],
        ['setting a policy', { method: 'PUT', key: undefined, query: { policy: '' }, body: '{}' }],
        ['setting tags', { method: 'PUT', query: { tagging: '' }, body: '<Tagging/>' }],
        ['an object with tags', { method: 'PUT', body: 'x', headers: { 'x-amz-tagging': 'a=b' } }],
        ['a version', { query: { versionId: 'x' } }],
        ['open uploads by folder', { key: undefined, query: { uploads: '', delimiter: '/' } }],
        ['a part of an object', { query: { partNumber: '1' } }],
        ['another tag in the answer', { query: { 'response-etag': 'x' } }],
        ['another Content-Type of a list', { key: undefined, query: { 'response-content-type': 'text/html' } }],
        ['POST', { method: 'POST', body: '' }],
        ['PATCH', { method: 'PATCH' }],
        ['If-None-Match with a tag on a write', { method: 'PUT', body: 'x', headers: { 'if-none-match': '"x"' } }],
    ])('%s', async (_name, options) => {
        const { status, code } = await ask(options)
        expect([status, code]).toEqual([501, 'NotImplemented'])
    })

    test('and the object is as it was', async () => {
        expect((await ask({})).body.toString()).toBe('hello')
    })

    test('HEAD without its body', async () => {
        const { status, body } = await ask({ method: 'HEAD', query: { acl: '' } })
        expect([status, body.length]).toEqual([501, 0])
    })
})

describe('the list of open uploads', () => {
    const query = { uploads: '', 'max-uploads': '1' }
    test('has a page size and a marker', async () => {
        for (const key of ['b', 'a']) await ask({ method: 'POST', key, query: { uploads: '' } })
        const first = (await ask({ key: undefined, query })).body.toString()
        expect(first).toMatch(/<NextKeyMarker>a<.*<IsTruncated>true<.*<Upload><Key>a<\/Key><UploadId>[0-9a-f-]{36}</)
        const second = (await ask({ key: undefined, query: { ...query, 'key-marker': 'a' } })).body.toString()
        expect(second).toMatch(/<IsTruncated>false<.*<Upload><Key>b</)
        expect(second).not.toContain('<Key>a<')
    })
    test.each<[string, S3RequestOptions, string]>([
        ['a wrong secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
        ['a page size that is no number', { query: { uploads: '', 'max-uploads': 'x' } }, 'InvalidArgument'],
        ['another encoding', { query: { uploads: '', 'encoding-type': 'base64' } }, 'InvalidArgument'],
        ['a bucket that is not there', { bucket: 'other-bucket' }, 'NoSuchBucket'],
    ])('%s is refused', async (_name, options, code) => {
        expect((await ask({ key: undefined, query, ...options })).code).toBe(code)
    })
})

test.each([
    ['an escape that is none', '/my-pypi/%zz'],
    ['an escape that is cut off', '/my-pypi/%4'],
    ['bytes that are no UTF-8', '/my-pypi/%ff'],
    ['a surrogate in UTF-8', '/my-pypi/%ed%a0%80'],
    ['a whole URL', 'http://example.com/my-pypi/object'],
    ['an asterisk', '*'],
])('a path with %s is no path', async (_name, path) => {
    const { code } = await ask({ tamper: (message) => void (message.path = path) })
    expect(code).toBe('InvalidURI')
})

test.each([
    ['that is not well-formed', '<Delete><Object>'],
    ['with another root', '<Other><Object><Key>object</Key></Object></Other>'],
    ['without keys', '<Delete></Delete>'],
    ['that is empty', ''],
    ['with more keys than allowed', `<Delete>${'<Object><Key>object</Key></Object>'.repeat(1001)}</Delete>`],
    ['with elements where text belongs', '<Delete><Object><Key><a>object</a></Key></Object></Delete>'],
    [
        'with a document type',
        '<!DOCTYPE Delete [<!ENTITY e "object">]><Delete><Object><Key>&e;</Key></Object></Delete>',
    ],
    ['with a character that does not exist', '<Delete><Object><Key>&#x110000;</Key></Object></Delete>'],
])('DeleteObjects with XML %s is refused, and deletes nothing', async (_name, body) => {
    const headers = { 'x-amz-checksum-sha256': sha256(body) }
    const { code } = await ask({ method: 'POST', key: undefined, query: { delete: '' }, body, headers })
    expect(code).toBe('MalformedXML')
    expect((await ask({})).body.toString()).toBe('hello')
})

test('DeleteObjects needs a checksum, and reads 1000 keys with escapes', async () => {
    const objects = Array.from({ length: 1000 }, (_, index) => `<Object><Key>&amp;&#38;&lt;${index}</Key></Object>`)
    const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`
    await ask({ method: 'PUT', key: '%26%26%3C999', body: 'x' })
    const options = { method: 'POST', key: undefined, query: { delete: '' }, body }
    expect((await ask(options)).code).toBe('InvalidRequest')
    const answer = await ask({ ...options, headers: { 'x-amz-checksum-sha256': sha256(body) } })
    expect([answer.status, answer.body.includes('<Deleted>')]).toEqual([200, false])
    expect((await ask({ key: '%26%26%3C999' })).code).toBe('NoSuchKey')
})

test.each([
    ['without the body, where the client waits to be asked', '100-continue', 0],
    ['though the body comes', '', 3_000_000],
])('an upload that is refused gets its answer %s', async (_name, expectation, sent) => {
    const body = Buffer.alloc(3_000_000)
    const { path, headers } = await signedMessage(server, {
        method: 'PUT',
        bucket: 'my-pypi',
        key: 'refused',
        body,
        secretAccessKey: 'wrong',
    })
    if (expectation !== '') headers['expect'] = expectation
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const socket = net.connect(Number(new URL(server.endpoint).port), '127.0.0.1')
    socket.write(`PUT ${path} HTTP/1.1\r\n${head.join('')}\r\n`)
    socket.write(body.subarray(0, sent))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /)
    socket.destroy()
})

test('a body without a length is refused', async () => {
    const noLength: S3RequestOptions['tamper'] = ({ headers }) => {
        delete headers['content-length']
        headers['transfer-encoding'] = 'chunked'
    }
    const { code } = await ask({ method: 'PUT', key: 'refused', signature: 'v2', body: 'x', tamper: noLength })
    expect(code).toBe('MissingContentLength')
})

describe('the address', () => {
    const options = { folder: '/nowhere', region: 'us-east-1', credentials: [] }

    test.each(['0.0.0.0', '::', '192.168.0.1', 'localhost.example.com', ''])('%o is not loopback', async (host) => {
        await expect(startS3Server({ ...options, host })).rejects.toThrow('does not listen on')
    })

    test('a port that is in use', async () => {
        const port = Number(new URL(server.endpoint).port)
        await expect(startS3('embedded', { port })).rejects.toThrow(`Port ${port} is in use`)
    })
})

test('connections that are idle do not keep the server from closing', async () => {
    const s3 = await startS3('embedded')
    const socket = net.connect(Number(new URL(s3.endpoint).port), '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket.resume(), 'close')
    await s3.close()
    await closed
    await expect(s3Request(s3, {})).rejects.toThrow('ECONNREFUSED')
})

function sha256(text: string): string {
    return createHash('sha256').update(text).digest('base64')
}
