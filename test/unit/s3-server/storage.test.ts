import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startS3, type S3Server } from '../../support/s3/s3-servers.js'
import {
    encode,
    s3Request,
    signedMessage,
    type S3Answer,
    type S3RequestOptions,
} from '../../support/s3/signed-request.js'

let parent: string
let folder: string
let server: S3Server
const bucket = 'my-pypi'

beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-storage-'))
    folder = join(parent, 'data')
    server = await startS3('embedded', { folder })
    await ask({ method: 'PUT', key: undefined })
})
afterEach(async () => {
    await server.close()
    await rm(parent, { recursive: true })
})

function ask(options: S3RequestOptions): Promise<S3Answer> {
    return s3Request(server, { bucket, key: 'object', ...options })
}

async function restart(): Promise<void> {
    await server.close()
    server = await startS3('embedded', { folder })
}

describe('a restart', () => {
    test('keeps objects, their headers and their tags', async () => {
        const headers = { 'content-type': 'text/html', 'x-amz-meta-hash': 'abc' }
        const put = await ask({ method: 'PUT', key: 'a/%C3%A9%20%2B', body: 'x', headers })
        const before = await ask({ key: 'a/%C3%A9%20%2B' })
        await restart()
        const after = await ask({ key: 'a/%C3%A9%20%2B' })
        expect(after.body.toString()).toBe('x')
        expect(after.headers).toMatchObject({ ...headers, etag: put.headers.etag })
        expect(after.headers['last-modified']).toBe(before.headers['last-modified'])
        expect((await ask({ method: 'PUT', key: undefined })).code).toBe('BucketAlreadyOwnedByYou')
    })

    test('does not bring back what was deleted', async () => {
        await ask({ method: 'PUT', body: 'x' })
        await ask({ method: 'DELETE' })
        await restart()
        expect((await ask({})).code).toBe('NoSuchKey')
    })

    test('keeps a multipart upload that is not complete', async () => {
        const begun = await ask({ method: 'POST', query: { uploads: '' } })
        const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.body.toString())?.[1] as string
        const part = await ask({ method: 'PUT', query: { partNumber: '7', uploadId }, body: 'x' })
        await restart()
        const claim = `<Part><PartNumber>7</PartNumber><ETag>${part.headers.etag}</ETag></Part>`
        const body = `<CompleteMultipartUpload>${claim}</CompleteMultipartUpload>`
        expect((await ask({ method: 'POST', query: { uploadId }, body })).status).toBe(200)
        expect((await ask({})).body.toString()).toBe('x')
    })

    test('names a file that was cut off', async () => {
        await ask({ method: 'PUT', body: 'x'.repeat(100) })
        await server.close()
        const file = join(folder, 'buckets', bucket, 'objects', 'object')
        await truncate(file, 50)
        await expect(startS3('embedded', { folder })).rejects.toThrow(`${file} is not a complete object`)
        await rm(file)
        server = await startS3('embedded', { folder })
    })
})

describe('the folder', () => {
    test('belongs to one server', async () => {
        await expect(startS3('embedded', { folder })).rejects.toThrow(`uses the folder ${folder}`)
        expect((await ask({ method: 'PUT', body: 'x' })).status).toBe(200)
    })

    test('is not a file', async () => {
        const file = join(parent, 'file')
        await writeFile(file, '')
        await expect(startS3('embedded', { folder: file })).rejects.toThrow(`${file} is not a folder`)
        const below = join(file, 'below')
        await expect(startS3('embedded', { folder: below })).rejects.toThrow(`${below} is not a folder`)
    })

    test('is free again when its server was killed', async () => {
        await server.close()
        // Larger than any pid of Linux.
        await writeFile(join(folder, 'lock'), '99999999')
        server = await startS3('embedded', { folder })
    })

    test('holds all that any key names', async () => {
        const keys = ['..', '../..', '../../outside', '/etc/passwd', '.', './.', '.hidden', 'a', 'a/b', 'a/', '/', '//']
        keys.push('%2e%2e%2foutside', 'a\0b', 'NUL', 'con:', '%', '%~', "x'", '日'.repeat(341), 'x'.repeat(1024))
        for (const [index, key] of keys.entries()) {
            expect((await ask({ method: 'PUT', key: encode(key), body: `content ${index}` })).status, key).toBe(200)
        }
        await restart()
        for (const [index, key] of keys.entries()) {
            expect((await ask({ key: encode(key) })).body.toString(), key).toBe(`content ${index}`)
        }
        expect(await readdir(parent)).toEqual(['data'])
        expect((await readdir(folder)).sort()).toEqual(['buckets', 'lock', 'temporary'])
        expect(await readdir(join(folder, 'buckets'))).toEqual([bucket])
        expect(await readdir(join(folder, 'buckets', bucket, 'objects'))).toHaveLength(keys.length)
    })

    test('shows ordinary keys by their names', async () => {
        await ask({ method: 'PUT', key: 'arrow/arrow-1.3.0.tar.gz', body: 'hello' })
        const file = join(folder, 'buckets', bucket, 'objects', 'arrow%2Farrow-1.3.0.tar.gz')
        expect((await readFile(file, 'utf8')).startsWith('hello')).toBe(true)
    })

    test('takes no key that is longer than 1024 bytes', async () => {
        expect((await ask({ method: 'PUT', key: encode('日'.repeat(342)), body: 'x' })).code).toBe('KeyTooLongError')
    })
})

describe('an upload whose connection is cut', () => {
    test.each([
        ['leaves no object', undefined],
        ['leaves the object as it was', 'before'],
    ])('%s', async (_name, before) => {
        if (before !== undefined) await ask({ method: 'PUT', body: before })
        await cutUpload(1_000_000, 500_000)
        await untilEmpty(join(folder, 'temporary'))
        const after = await ask({})
        expect(after.code ?? after.body.toString()).toBe(before ?? 'NoSuchKey')
    })

    /** Says that `size` bytes come, sends `sent` of them and closes the connection. */
    async function cutUpload(size: number, sent: number): Promise<void> {
        const body = Buffer.alloc(size)
        const { path, headers } = await signedMessage(server, { method: 'PUT', bucket, key: 'object', body })
        const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
        const socket = net.connect(Number(new URL(server.endpoint).port), '127.0.0.1')
        socket.write(`PUT ${path} HTTP/1.1\r\n${head.join('')}\r\n`)
        socket.write(body.subarray(0, sent))
        await untilEmpty(join(folder, 'temporary'), false)
        socket.destroy()
        await once(socket, 'close')
    }

    async function untilEmpty(path: string, empty = true): Promise<void> {
        await expect.poll(async () => (await readdir(path)).length === 0, { timeout: 10_000 }).toBe(empty)
    }
})
