import { chmod, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changeMac } from '../../njs/upload/page-change.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { basic, sendForm, uploaderLine } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const form = encodeForm(uploadParts(makeWheel({ name: 'acme', version: '1.0' })))
/** Reaches the script, which refuses it before it asks S3. */
const empty = encodeForm([{ name: ':action', value: 'file_upload' }])

let s3: RecordingUpstream
let folder: string
let uploaders: string

beforeAll(async () => {
    s3 = await startRecordingUpstream()
    folder = await temporaryFolder()
    await chmod(folder, 0o755)
    uploaders = path.join(folder, 'uploaders')
    await writeFile(uploaders, uploaderLine)
    await writeFile(path.join(folder, 'readers'), 'reader:{PLAIN}right\n')
})
afterAll(() => s3.close())

/** Starts an index that takes uploads. */
function startUploads(options: Parameters<typeof startIndex>[0] | object = {}) {
    return startIndex({ endpointUrl: s3.endpoint, environment, upload: true, uploadHtpasswd: uploaders, ...options })
}

describe.each([false, true])('cached: %s', (cached) => {
    let index: Index
    beforeAll(async () => {
        index = await startUploads({ cached, htpasswd: path.join(folder, 'readers') })
    })
    afterAll(() => index.stop())
    beforeEach(() => void (s3.requests.length = 0))

    test.each(['/legacy/', '/legacy', '/', '/simple/'])('POST %s is an upload, without a redirect', async (path) => {
        const answer = await sendForm(index.port, empty, { path })
        expect(answer).toMatchObject({ status: 400, reason: expect.stringContaining('the form has no file') as string })
        expect(answer.text).toContain('the form has no file')
        expect(s3.requests).toEqual([])
    })

    test.each(['/acme/', '/simple/acme/', '/legacy/acme/', '/acme/acme-1.0-py3-none-any.whl', '/-/upload', '/-/s3'])(
        'POST %s is none',
        async (path) => {
            const answer = await sendForm(index.port, form, { path })
            expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
            expect(s3.requests).toEqual([])
        },
    )

    test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s /legacy/ is no upload', async (method) => {
        for (const [path, allow] of [
            ['/legacy/', 'POST'],
            ['/', 'GET, HEAD, POST'],
        ] as const) {
            const answer = await sendForm(index.port, form, { method, path })
            expect([path, answer.status, answer.headers.allow]).toEqual([path, 405, allow])
        }
        expect(s3.requests).toEqual([])
    })

    test('GET /legacy/ says what the address is for: uv then tells that its URL is wrong', async () => {
        for (const path of ['/legacy/', '/legacy']) {
            const answer = await request(index.port, path)
            expect([path, answer.status, answer.headers.allow]).toEqual([path, 405, 'POST'])
        }
        expect(s3.requests).toEqual([])
    })

    test.each([
        ['no password', { Authorization: undefined }],
        ['a wrong password', { Authorization: basic({ user: 'release-bot', password: 'wrong' }) }],
        ['a stranger', { Authorization: basic({ user: 'x', password: '' }) }],
        ['a reader', { Authorization: basic({ user: 'reader', password: 'right' }) }],
    ])('%s: 401, and S3 hears nothing', async (_name, headers) => {
        const answer = await sendForm(index.port, form, { headers })
        expect(answer.status).toBe(401)
        expect(answer.headers['www-authenticate']).toBe('Basic realm="package uploads"')
        expect(s3.requests).toEqual([])
    })

    test('an uploader is no reader', async () => {
        expect((await request(index.port, '/simple/', { headers: { Authorization: basic() } })).status).toBe(401)
        expect(s3.requests).toEqual([])
    })

    test('a web page cannot upload with the rights of its reader', async () => {
        const answer = await sendForm(index.port, form, { headers: { Origin: 'http://evil.example.com' } })
        expect(answer.status).toBe(403)
        expect(s3.requests).toEqual([])
    })

    test('the password is checked before the body is read', async () => {
        const socket = net.connect(index.port, '127.0.0.1')
        socket.write(
            'POST /legacy/ HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n' +
                'Content-Length: 1000000\r\n\r\n--b\r\n',
        )
        const [first] = (await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])))) as [
            Buffer,
        ]
        socket.destroy()
        expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /)
    })

    test('hatch finds files that are there already', async () => {
        for (const path of ['/legacy/+simple/acme-tools/', '/legacy/%2Bsimple/acme-tools/']) {
            const headers = { Authorization: basic({ user: 'reader', password: 'right' }), Accept: '*/*' }
            expect([path, (await request(index.port, path, { headers })).status]).toEqual([path, 200])
            expect((await request(index.port, path)).status).toBe(401)
        }
        expect(s3.requests[0]!.target).toBe('/my-pypi/acme-tools/index.html')
    })

    test('there is no trusted publishing: 404 without a password, and S3 is not asked', async () => {
        for (const path of ['/_/oidc/audience', '/_/oidc/mint-token']) {
            expect((await request(index.port, path)).status).toBe(404)
        }
        expect(s3.requests).toEqual([])
    })
})

test('the pages are changed by nginx only, not by other processes that reach its server', async () => {
    const index = await startUploads()
    const change = JSON.stringify({ step: 'prepare', project: 'acme', probeKey: '.uploads/x' })
    s3.requests.length = 0
    for (const mac of ['', '0'.repeat(64), changeMac(change, 'another secret')]) {
        const outgoing = http.request({
            socketPath: `${index.folder}/temp-upload/upload.sock`,
            path: `/-/pages?page=acme&window=1&mac=${mac}`,
            method: 'POST',
        })
        outgoing.end(change)
        const [incoming] = (await once(outgoing, 'response')) as [http.IncomingMessage]
        expect(incoming.resume().statusCode).toBe(403)
    }
    expect(s3.requests).toEqual([])
    await index.stop()
})

test('without --upload there is no upload', async () => {
    const index = await startIndex({ endpointUrl: s3.endpoint, environment })
    s3.requests.length = 0
    for (const path of ['/legacy/', '/legacy', '/', '/simple/']) {
        expect((await sendForm(index.port, form, { path })).status).toBe(405)
    }
    expect(s3.requests).toEqual([])
    await index.stop()
})

test('--upload-max-size: the client sees 413, and S3 hears nothing', async () => {
    const index = await startUploads({ uploadMaxSize: '1m' })
    s3.requests.length = 0
    const large = encodeForm(uploadParts(makeWheel({ name: 'acme', version: '1.0', ballast: 8 * 1024 * 1024 })))
    const answer = await sendForm(index.port, large)
    expect(answer.status).toBe(413)
    expect(answer.text).toContain('at most 1m')
    const chunked = { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }
    expect((await sendForm(index.port, large, { headers: chunked })).status).toBe(413)
    expect(s3.requests).toEqual([])
    await index.stop()
})

test.each([
    [['127.0.0.0/8'], 400],
    [['10.0.0.0/8'], 403],
])('--upload-allow %s: %d', async (uploadAllow, status) => {
    const index = await startUploads({ uploadAllow })
    expect((await sendForm(index.port, empty)).status).toBe(status)
    // Who may read is another matter.
    expect((await request(index.port, '/demo/file')).status).toBe(200)
    await index.stop()
})

test('a password file that nginx cannot read, or that is missing: the answer says where the cause is', async () => {
    const own = path.join(folder, 'own')
    await writeFile(own, uploaderLine, { mode: 0o644 })
    const index = await startUploads({ uploadHtpasswd: own })
    s3.requests.length = 0
    expect((await sendForm(index.port, empty)).status).toBe(400)
    await chmod(own, 0o000)
    const answer = await sendForm(index.port, form)
    // Not 5xx, after which twine sends the file five times.
    expect(answer.status).toBe(424)
    expect(answer.text).toContain('its user must be able to read the file of --upload-htpasswd')
    await rm(own)
    const missing = await sendForm(index.port, form)
    expect(missing).toMatchObject({ status: 403, text: expect.stringContaining('error log') as string })
    expect(s3.requests).toEqual([])
    await writeFile(own, uploaderLine, { mode: 0o644 })
    expect((await sendForm(index.port, empty)).status).toBe(400)
    await index.stop()
})

test('--only upload: no page and no file', async () => {
    const index = await startUploads({ only: 'upload' })
    s3.requests.length = 0
    for (const path of ['/', '/simple/', '/acme/', '/acme/file', '/legacy/+simple/acme/']) {
        expect([path, (await request(index.port, path)).status]).toEqual([path, 404])
    }
    expect(s3.requests).toEqual([])
    expect((await request(index.port, '/-/readyz')).status).toBe(200)
    expect((await sendForm(index.port, empty)).status).toBe(400)
    await index.stop()
})
