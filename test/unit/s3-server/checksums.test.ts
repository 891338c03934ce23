import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startS3, type S3Server } from '../../support/s3/s3-servers.js'
import { s3Request, type S3Answer } from '../../support/s3/signed-request.js'

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
    await s3Request(server, { method: 'PUT', bucket: 'my-pypi' })
})
afterAll(() => server.close())

const text = '123456789'

/** Source of the CRCs: "Catalogue of parametrised CRC algorithms" by Greg Cook, their check values. */
const checksums = {
    'x-amz-checksum-crc32': Buffer.from('cbf43926', 'hex').toString('base64'),
    'x-amz-checksum-crc32c': Buffer.from('e3069283', 'hex').toString('base64'),
    'x-amz-checksum-crc64nvme': Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
    'x-amz-checksum-sha1': createHash('sha1').update(text).digest('base64'),
    'x-amz-checksum-sha256': createHash('sha256').update(text).digest('base64'),
}

function put(headers: Record<string, string>, body = text): Promise<S3Answer> {
    return s3Request(server, { method: 'PUT', bucket: 'my-pypi', key: 'object', body, headers })
}

test.each(Object.entries(checksums))('%s', async (name, value) => {
    expect((await put({ [name]: value })).headers[name]).toBe(value)
    expect((await put({ [name]: value }, text + '0')).code).toBe('BadDigest')
    expect((await put({ [name]: 'not base64' })).code).toBe('InvalidDigest')
})

test('a checksum comes back to who asks for it, with all of the object', async () => {
    await put(checksums)
    const get = (headers: Record<string, string>): Promise<S3Answer> =>
        s3Request(server, { method: 'HEAD', bucket: 'my-pypi', key: 'object', headers })
    expect((await get({ 'x-amz-checksum-mode': 'ENABLED' })).headers).toMatchObject(checksums)
    expect((await get({})).headers['x-amz-checksum-sha256']).toBeUndefined()
    const part = await get({ 'x-amz-checksum-mode': 'ENABLED', range: 'bytes=0-1' })
    expect(part.headers['x-amz-checksum-sha256']).toBeUndefined()
})

test.each([
    ['of the whole object', checksums['x-amz-checksum-crc32'], 200],
    [
        'of the checksums of its parts',
        createHash('sha256').update(Buffer.from(checksums['x-amz-checksum-sha256'], 'base64')).digest('base64') + '-1',
        200,
    ],
    ['of something else', 'AAAAAA==', 'BadDigest'],
    ['of another number of parts', `${checksums['x-amz-checksum-sha256']}-2`, 'BadDigest'],
])('a multipart upload is completed with the checksum %s', async (_name, value, expected) => {
    const ask = (method: string, query: Record<string, string>, body: string, headers = {}): Promise<S3Answer> =>
        s3Request(server, { method, bucket: 'my-pypi', key: 'multipart', query, body, headers })
    const begun = await ask('POST', { uploads: '' }, '')
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.body.toString())?.[1] as string
    const sha256 = checksums['x-amz-checksum-sha256']
    const part = await ask('PUT', { partNumber: '1', uploadId }, text, { 'x-amz-checksum-sha256': sha256 })
    const claim = (checksum: string): string =>
        `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag>` +
        `<ChecksumSHA256>${checksum}</ChecksumSHA256></Part></CompleteMultipartUpload>`
    const name = value.includes('-') ? 'x-amz-checksum-sha256' : 'x-amz-checksum-crc32'
    expect((await ask('POST', { uploadId }, claim('AAAA'))).code).toBe('InvalidPart')
    const { status, code } = await ask('POST', { uploadId }, claim(sha256), { [name]: value })
    expect(code ?? status).toBe(expected)
})
