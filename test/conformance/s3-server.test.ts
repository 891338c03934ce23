import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileNames } from '../support/requests/hostile-keys.js'
import { describeWhere, missingRgw, missingSwift } from '../support/machine/requirements.js'
import { startS3, uniqueBucket, type S3Server } from '../support/s3/s3-servers.js'
import { encode, s3Request, type S3Answer, type S3RequestOptions } from '../support/s3/signed-request.js'
import {
    conditionalWrites,
    content,
    expectedOf,
    reads,
    signatures,
    signatureV4,
    writes,
    type Behaviour,
} from './s3-behaviours.js'

const servers = [
    ['embedded', undefined],
    ['rgw', missingRgw()],
    ['swift', missingSwift()],
] as const

// What this project's own server answers is S3 as far as two servers that others wrote answer the same.
for (const [name, missing] of servers) {
    describeWhere(`the S3 API of ${name}`, missing, () => {
        let server: S3Server
        const bucket = uniqueBucket()

        const ask = (options: S3RequestOptions): Promise<S3Answer> =>
            s3Request(server, { bucket, key: 'object', ...options })

        const check = async (request: S3RequestOptions, expected: Behaviour[2]): Promise<void> => {
            const { status, code } = await ask(request)
            expect(code === undefined ? status : `${status} ${code}`).toBe(expectedOf(name, expected))
        }

        beforeAll(async () => {
            server = await startS3(name)
            expect((await ask({ method: 'PUT', key: undefined })).status).toBe(200)
            expect((await ask({ method: 'PUT', body: content })).status).toBe(200)
        })
        afterAll(() => server.close())

        describe.each(['v4', 'v2'] as const)('signature %s', (signature) => {
            describe.each(['path', 'virtual'] as const)('%s style', (style) => {
                test.each(signatures)('%s', (_name, request, expected) =>
                    check({ ...request, signature, style }, expected),
                )
            })

            test.each(hostileNames)('the key %s', async (file) => {
                const key = `${signature}/${encode(file)}`
                expect((await ask({ method: 'PUT', key, body: file, signature })).status).toBe(200)
                expect((await ask({ key, signature })).body.toString()).toBe(file)
                expect((await ask({ key, signature, secretAccessKey: 'wrong' })).status).toBe(403)
                expect(await list({ prefix: `${signature}/${file}`, 'encoding-type': 'url' })).toEqual([
                    `${signature}/${file}`,
                ])
                expect((await ask({ method: 'DELETE', key, signature })).status).toBe(204)
                expect((await ask({ key, signature })).code).toBe('NoSuchKey')
            })
        })

        test.each(signatureV4)('%s', (_name, request, expected) => check(request, expected))
        test.each(reads)('GET, %s', (_name, request, expected) => check(request, expected))
        test.each(writes)('write, %s', (_name, request, expected) => check(request, expected))
        test.each(conditionalWrites)('PUT, %s', (_name, request, expected) =>
            check(request, name === 'swift' ? '501 NotImplemented' : expected),
        )

        test('what is refused is not stored', async () => {
            expect((await ask({ key: 'refused' })).code).toBe('NoSuchKey')
        })

        test.each([
            ['bytes=0-4', 'hello', 'bytes 0-4/13'],
            ['bytes=7-', 'bucket', 'bytes 7-12/13'],
            ['bytes=-6', 'bucket', 'bytes 7-12/13'],
            ['bytes=7-999', 'bucket', 'bytes 7-12/13'],
        ])('Range: %s', async (range, part, contentRange) => {
            const get = await ask({ headers: { range } })
            expect([get.status, get.body.toString(), get.headers['content-range']]).toEqual([206, part, contentRange])
        })

        test('HEAD answers as GET does, without the body', async () => {
            const [get, head] = [await ask({}), await ask({ method: 'HEAD' })]
            expect(head.status).toBe(200)
            expect(head.body).toHaveLength(0)
            for (const header of ['content-length', 'content-type', 'etag', 'last-modified', 'accept-ranges']) {
                expect(head.headers[header], header).toBe(get.headers[header])
            }
            expect(head.headers.etag).toBe(`"${createHash('md5').update(content).digest('hex')}"`)
        })

        test('headers and metadata come back', async () => {
            const headers = {
                'content-type': 'application/vnd.pypi.simple.v1+json',
                'cache-control': 'max-age=31536000, immutable',
                'content-encoding': 'gzip',
                'content-disposition': 'attachment; filename="a b"',
                'x-amz-meta-sha256': 'abc',
            }
            await ask({ method: 'PUT', key: 'headers', body: 'x', headers })
            expect((await ask({ key: 'headers' })).headers).toMatchObject(headers)
        })

        test('lists go on page by page, with common prefixes, in the order of the bytes', async () => {
            // U+FF5E comes before U+1F40D in UTF-8, after it in UTF-16.
            const keys = ['a', 'a/1', 'a/2', 'a0', 'b/1', 'é', '～', '🐍']
            for (const key of keys) {
                const put = await ask({ method: 'PUT', key: `list/${encode(key).replaceAll('%2F', '/')}`, body: 'x' })
                expect(put.status).toBe(200)
            }
            expect(await list({ prefix: 'list/' }, 3)).toEqual(keys.map((key) => `list/${key}`))
            const rolled = ['list/a', 'list/a/', 'list/a0', 'list/b/', 'list/é', 'list/～', 'list/🐍']
            expect(await list({ prefix: 'list/', delimiter: '/' }, 2)).toEqual(rolled)
            expect(await list({ prefix: 'list/', 'start-after': 'list/a0' })).toEqual(
                keys.slice(4).map((key) => `list/${key}`),
            )
            expect(await list({ prefix: 'absent/' })).toEqual([])
        })

        test('multipart upload', async () => {
            const parts = [Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.from('the end')]
            const begun = await ask({ method: 'POST', key: 'multipart', query: { uploads: '' } })
            const uploadId = elements(begun, 'UploadId')[0] as string
            const claims: [string, string] = ['', '']
            for (const [index, body] of parts.entries()) {
                const query = { partNumber: String(index + 1), uploadId }
                const { headers } = await ask({ method: 'PUT', key: 'multipart', query, body })
                claims[index] = `<Part><PartNumber>${index + 1}</PartNumber><ETag>${headers.etag}</ETag></Part>`
            }
            const complete = (body: string[]): Promise<S3Answer> =>
                ask({
                    method: 'POST',
                    key: 'multipart',
                    query: { uploadId },
                    body: `<CompleteMultipartUpload>${body.join('')}</CompleteMultipartUpload>`,
                })
            expect((await ask({ key: 'multipart' })).code).toBe('NoSuchKey')
            expect((await complete([claims[0], claims[0].replace('>1<', '>2<')])).code).toBe('InvalidPart')
            expect((await complete(claims)).status).toBe(200)
            const { body, headers } = await ask({ key: 'multipart' })
            expect(body.equals(Buffer.concat(parts))).toBe(true)
            expect(headers.etag).toMatch(/^"[0-9a-f]{32}-2"$/)
        })

        test('an upload that is aborted leaves nothing', async () => {
            const begun = await ask({ method: 'POST', key: 'aborted', query: { uploads: '' } })
            const uploadId = elements(begun, 'UploadId')[0] as string
            await ask({ method: 'PUT', key: 'aborted', query: { partNumber: '1', uploadId }, body: 'x' })
            expect((await ask({ method: 'DELETE', key: 'aborted', query: { uploadId } })).status).toBe(204)
            const late = await ask({ method: 'PUT', key: 'aborted', query: { partNumber: '2', uploadId }, body: 'x' })
            expect(late.code).toBe('NoSuchUpload')
            expect((await ask({ key: 'aborted' })).code).toBe('NoSuchKey')
        })

        test('DeleteObjects deletes what it is given, and nothing else', async () => {
            for (const key of ['del%26', 'del1', 'kept']) await ask({ method: 'PUT', key, body: 'x' })
            const body = '<Delete><Object><Key>del&amp;</Key></Object><Object><Key>del1</Key></Object></Delete>'
            const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
            const answer = await ask({ method: 'POST', key: undefined, query: { delete: '' }, body, headers })
            expect(elements(answer, 'Key').sort()).toEqual(['del&', 'del1'])
            expect(await list({ prefix: 'del' })).toEqual([])
            expect(await list({ prefix: 'kept' })).toEqual(['kept'])
        })

        test('CopyObject', async () => {
            await ask({ method: 'PUT', key: 'a%20%2B', body: 'x', headers: { 'x-amz-meta-a': 'b' } })
            const copy = (source: string, more = {}): Promise<S3Answer> =>
                ask({ method: 'PUT', key: 'copy', headers: { 'x-amz-copy-source': `${bucket}/${source}`, ...more } })
            expect((await copy('absent')).code).toBe('NoSuchKey')
            expect((await copy('a%20%2B')).status).toBe(200)
            expect((await ask({ key: 'copy' })).headers['x-amz-meta-a']).toBe('b')
            const replace = { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-a': 'c' }
            expect((await copy('a%20%2B', replace)).status).toBe(200)
            const { headers, body } = await ask({ key: 'copy' })
            expect([headers['x-amz-meta-a'], body.toString()]).toEqual(['c', 'x'])
        })

        /** All keys and common prefixes in their order, page by page. */
        async function list(query: Record<string, string>, pageSize = 1000): Promise<string[]> {
            const found: string[] = []
            let token: string | undefined
            for (let page = 0; page < 100; page++) {
                const next = token === undefined ? {} : { 'continuation-token': token }
                const options = { 'list-type': '2', 'max-keys': String(pageSize), ...query, ...next }
                const answer = await ask({ key: undefined, query: options })
                expect(answer.status).toBe(200)
                // The first Prefix is the request's own.
                const names = [...elements(answer, 'Key'), ...elements(answer, 'Prefix').slice(1)].sort(compareBytes)
                expect(names.length).toBeLessThanOrEqual(pageSize)
                found.push(...(query['encoding-type'] === 'url' ? names.map(decodeURIComponent) : names))
                token = elements(answer, 'NextContinuationToken')[0]
                if (token === undefined) return found
            }
            throw new Error('The list does not end')
        }
    })
}

/** The texts of all elements of a name. */
function elements({ body }: S3Answer, name: string): string[] {
    const matches = body.toString().matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))
    return [...matches].map(([, text = '']) =>
        text.replace(/&(amp|apos|#\d+);/g, (_reference, name: string) =>
            name === 'amp' ? '&' : name === 'apos' ? "'" : String.fromCharCode(Number(name.slice(1))),
        ),
    )
}

function compareBytes(a: string, b: string): number {
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
