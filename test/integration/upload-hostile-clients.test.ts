import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import http2 from 'node:http2'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { createAuthority } from '../support/machine/certificates.js'
import { chunked, connectRaw, uploadHead } from '../support/requests/raw-upload.js'
import { startRecordedUploads, type RecordedUploads } from '../support/uploads/recorded-uploads.js'
import { basic, sendUpload, uploader } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'

const wheel = makeWheel({ name: 'acme', version: '1.0' })
const form = encodeForm(uploadParts(wheel), 'a-boundary')

/** Bodies of uploads that nginx has on its disk. */
async function bodies({ index }: RecordedUploads): Promise<string[]> {
    const names = await readdir(`${index.folder}/temp-upload`, { recursive: true })
    return names.filter((name) => /\d{10}/.test(name))
}

/** Nothing was asked of S3, nothing is on the disk, and the next upload succeeds. */
async function leftNothing(uploads: RecordedUploads): Promise<void> {
    await vi.waitFor(async () => expect(await bodies(uploads)).toEqual([]), 20_000)
    expect(uploads.seen()).toEqual([])
    expect((await sendUpload(uploads.index.port, wheel)).status).toBe(200)
}

describe('over HTTP/1.1', () => {
    let uploads: RecordedUploads
    beforeAll(async () => {
        const short = (_name: string, content: string) =>
            content.replace(/client_body_timeout +[67]0s/g, 'client_body_timeout 1s')
        uploads = await startRecordedUploads({ edit: short })
    })
    beforeEach(() => uploads.forget())
    afterAll(() => uploads.stop())

    test.each([
        ['before the body', 0],
        ['in the middle', 300],
        ['before the last byte', -1],
    ])('a client that leaves %s: S3 hears nothing', async (_when, length) => {
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead(form))
        await client.send(form.body.subarray(0, length))
        client.leave()
        await client.answer
        await leftNothing(uploads)
    })

    test('a client that leaves after the last byte: the file is on the page', async () => {
        const file = makeWheel({ name: 'left', version: '1.0' })
        const whole = encodeForm(uploadParts(file))
        const held = new Promise<void>((arrived) => {
            uploads.decide = () => {
                arrived()
                return 'pass'
            }
        })
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead(whole))
        await client.send(whole.body)
        await held
        client.leave()
        await vi.waitFor(async () => {
            const page = await fetch(`${uploads.index.url}/simple/left/`)
            expect(await page.text()).toContain(file.filename)
            expect(await bodies(uploads)).toEqual([])
        }, 20_000)
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })

    test('a client that stops sending: the connection is closed', async () => {
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead(form))
        await client.send(form.body.subarray(0, 300))
        // nginx sends no answer to a request that is not whole.
        expect(await client.answer).toBe('')
        await leftNothing(uploads)
    })

    test('a byte now and then holds up nobody else', async () => {
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead(form))
        for (let at = 0; at < 5; at++) {
            await client.send(form.body.subarray(at, at + 1))
            expect((await sendUpload(uploads.index.port, wheel)).status).toBe(200)
        }
        uploads.forget()
        client.leave()
        await leftNothing(uploads)
    })

    test('a chunked body, in pieces of every size', async () => {
        for (const size of [1, 7, 100_000]) {
            const client = connectRaw(uploads.index.port)
            await client.send(uploadHead(form, { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }))
            await client.send(chunked(form.body, size))
            expect(await client.answer).toMatch(/^HTTP\/1\.1 200 /)
        }
    })

    test.each<[string, Record<string, string | undefined>, string, Buffer, RegExp]>([
        ['two lengths', {}, 'Content-Length: 5\r\n', form.body, /^HTTP\/1\.1 400 /],
        ['a length and chunks', {}, 'Transfer-Encoding: chunked\r\n', chunked(form.body), /^HTTP\/1\.1 400 /],
        ['a negative length', { 'Content-Length': '-1' }, '', form.body, /^HTTP\/1\.1 400 /],
        ['a length in hexadecimal', { 'Content-Length': '0x10' }, '', form.body, /^HTTP\/1\.1 400 /],
        ['a length that is no number', { 'Content-Length': '99999999999999999999' }, '', form.body, /^HTTP\/1\.1 400 /],
        [
            'no length and no chunks',
            { 'Content-Length': undefined },
            '',
            form.body,
            /^HTTP\/1\.1 400 the request has no body/,
        ],
        [
            'a length of 0',
            { 'Content-Length': '0' },
            '',
            Buffer.alloc(0),
            /^HTTP\/1\.1 400 the body of the request is empty/,
        ],
        [
            'a chunk that is none',
            { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
            '',
            Buffer.from('zz\r\n'),
            /^HTTP\/1\.1 400 /,
        ],
        [
            'chunks of another coding',
            { 'Content-Length': undefined, 'Transfer-Encoding': 'gzip, chunked' },
            '',
            form.body,
            /^HTTP\/1\.1 501 /,
        ],
        ['a shorter length', { 'Content-Length': '300' }, '', form.body, /^HTTP\/1\.1 400 the form is cut off/],
        [
            'no Content-Type',
            { 'Content-Type': undefined },
            '',
            form.body,
            /^HTTP\/1\.1 400 the request has no Content-Type/,
        ],
        [
            'another Content-Type',
            { 'Content-Type': 'application/x-www-form-urlencoded' },
            '',
            form.body,
            /400 the request is "application/,
        ],
        [
            'no boundary',
            { 'Content-Type': 'multipart/form-data' },
            '',
            form.body,
            /400 the Content-Type of the form has no boundary/,
        ],
        [
            'a boundary of 71',
            { 'Content-Type': `multipart/form-data; boundary=${'b'.repeat(71)}` },
            '',
            form.body,
            /400 the boundary of the form is not valid/,
        ],
        [
            'a boundary of 5,000',
            { 'Content-Type': `multipart/form-data; boundary=${'b'.repeat(5000)}` },
            '',
            form.body,
            /400 the boundary of the form is not valid/,
        ],
        [
            'two boundaries',
            { 'Content-Type': 'multipart/form-data; boundary=a; boundary=a-boundary' },
            '',
            form.body,
            /400 .*two "boundary"/,
        ],
        [
            'another user in a header',
            { Authorization: undefined },
            `X-Upload-User: ${uploader.user}\r\n`,
            form.body,
            /^HTTP\/1\.1 401 /,
        ],
        ['a header of 9 kB', { 'X-Long': 'x'.repeat(9000) }, '', form.body, /^HTTP\/1\.1 400 /],
    ])('%s: refused', async (_title, headers, more, body, expected) => {
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead(form, headers, more))
        await client.send(body)
        expect((await client.answer).split('\n')[0]).toMatch(expected)
        await leftNothing(uploads)
    })

    test.each([
        ['of 70 characters', 'b'.repeat(70), 'b'.repeat(70)],
        ['quoted', `"a'()+_,-./:=?"`, `a'()+_,-./:=?`],
        ['with a space', '"a boundary"', 'a boundary'],
        ['with an escaped quote', '"a\\"b"', 'a"b'],
    ])('a boundary is taken: %s', async (_title, written, boundary) => {
        const { body } = encodeForm(uploadParts(wheel), boundary)
        const client = connectRaw(uploads.index.port)
        const head = { 'Content-Type': `multipart/form-data; charset=utf-8; boundary=${written}` }
        await client.send(uploadHead({ contentType: '', body }, head))
        await client.send(body)
        expect(await client.answer).toMatch(/^HTTP\/1\.1 200 /)
    })

    test('curl, which waits for 100 Continue before it sends', async () => {
        const file = makeWheel({ name: 'curled', version: '1.0', ballast: 2 * 1024 * 1024 })
        const [path] = await writeDistributions(file)
        const fields = uploadParts(file).slice(0, -1)
        const args = [
            ...['--silent', '--show-error', '--verbose', '--user', `${uploader.user}:${uploader.password}`],
            ...['--header', 'Expect: 100-continue', '--expect100-timeout', '300'],
            ...fields.flatMap(({ name, value }) => ['--form-string', `${name}=${value.toString()}`]),
            ...['--form', `content=@${path!}`, `${uploads.index.url}/legacy/`],
        ]
        const { stdout, stderr } = await promisify(execFile)('curl', args)
        expect(stderr).toContain('HTTP/1.1 100 Continue')
        expect(stdout).toBe(`uploaded ${file.filename}\n`)
        // A password that is wrong is answered before the body is sent.
        const wrong = await promisify(execFile)('curl', ['--user', 'x:y', ...args])
        expect(wrong.stdout).toContain('present')
        args[4] = 'release-bot:wrong'
        const refused = await promisify(execFile)('curl', args)
        expect(refused.stderr).toContain('HTTP/1.1 401')
        expect(refused.stderr).not.toContain('100 Continue')
    })
})

describe('over HTTP/2', () => {
    let uploads: RecordedUploads
    let ca: string
    beforeAll(async () => {
        const authority = createAuthority()
        const { key, cert } = authority.issue('pypi.example.com')
        const folder = authority.file.slice(0, -'/ca.pem'.length)
        await writeFile(`${folder}/tls.key`, key)
        await writeFile(`${folder}/tls.pem`, cert)
        ca = authority.file
        uploads = await startRecordedUploads({
            tlsCert: `${folder}/tls.pem`,
            tlsKey: `${folder}/tls.key`,
            httpListen: 'off',
        })
    })
    beforeEach(() => {
        uploads.decide = () => 'pass'
        uploads.forget()
    })
    afterAll(() => uploads.stop())

    async function open(length?: number) {
        const session = http2.connect(`https://127.0.0.1:${uploads.index.port}`, {
            ca: await readFile(ca),
            servername: 'pypi.example.com',
        })
        session.on('error', () => {})
        const stream = session.request({
            ':method': 'POST',
            ':path': '/legacy/',
            authorization: basic(),
            'content-type': form.contentType,
            ...(length !== undefined && { 'content-length': length }),
        })
        stream.on('error', () => {})
        return { session, stream }
    }

    function answerOf(stream: http2.ClientHttp2Stream): Promise<{ status: number; text: string }> {
        return new Promise((resolve) => {
            let status = 0
            let text = ''
            stream.on('response', (headers) => (status = headers[':status']!))
            stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
            stream.on('close', () => resolve({ status, text }))
        })
    }

    test('an upload, with a length and without', async () => {
        for (const length of [form.body.length, undefined]) {
            const { session, stream } = await open(length)
            const answer = answerOf(stream)
            stream.end(form.body)
            expect(await answer).toMatchObject({ status: 200, text: expect.stringContaining(wheel.filename) as string })
            session.close()
        }
    })

    test('a refused upload shows why', async () => {
        const { session, stream } = await open()
        const answer = answerOf(stream)
        stream.end(form.body.subarray(0, -20))
        expect(await answer).toMatchObject({ status: 400, text: expect.stringContaining('cut off') as string })
        session.close()
    })

    test('a client that leaves in the middle: S3 hears nothing', async () => {
        const { session, stream } = await open(form.body.length)
        await new Promise((sent) => stream.write(form.body.subarray(0, 300), sent))
        session.destroy()
        await vi.waitFor(async () => expect(await bodies(uploads)).toEqual([]), 20_000)
        expect(uploads.seen()).toEqual([])
    })

    test.each(['the stream', 'the connection'])(
        'a client that ends %s at each call to S3: the upload is completed',
        { timeout: 120_000 },
        async (what) => {
            let calls = 0
            for (let last = 1; last < 40; last++) {
                const file = makeWheel({ name: `${what.slice(4, 8)}-${last}`, version: '1.0' })
                const { body } = encodeForm(uploadParts(file, { name: `${what.slice(4, 8)}-${last}` }), 'a-boundary')
                const { session, stream } = await open(body.length)
                calls = 0
                uploads.decide = () => {
                    if (++calls === last) {
                        if (what === 'the stream') stream.close(http2.constants.NGHTTP2_CANCEL)
                        else session.destroy()
                    }
                    return 'pass'
                }
                const answer = answerOf(stream)
                stream.end(body)
                const { status } = await answer
                session.destroy()
                await vi.waitFor(async () => expect(await bodies(uploads)).toEqual([]), 20_000)
                if (status === 200) break
            }
            expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
            expect(calls).toBeGreaterThanOrEqual(10)
        },
    )
})
