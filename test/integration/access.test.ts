import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import https from 'node:https'
import http2 from 'node:http2'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { createAuthority, type Authority } from '../support/machine/certificates.js'
import { startIndex, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream, type RecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
const basic = (user: string, password: string) => 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64')

describe.each([false, true])('cached: %s', (cached) => {
    let s3: RecordingUpstream
    let options: IndexOptions
    let authority: Authority
    let folder: string

    beforeAll(async () => {
        s3 = await startRecordingUpstream()
        options = { endpointUrl: s3.endpoint, environment, cached }
        authority = createAuthority()
        folder = path.dirname(authority.file)
        execFileSync('chmod', ['755', folder])
        const hash = execFileSync('openssl', ['passwd', '-6', 'right password'], { encoding: 'utf8' })
        await writeFile(path.join(folder, 'htpasswd'), `ci:${hash}`)
    })
    afterAll(() => s3.close())

    test('--htpasswd: who has no password reads nothing but the health of the index', async () => {
        const index = await startIndex({ ...options, htpasswd: path.join(folder, 'htpasswd') })
        const right = { Authorization: basic('ci', 'right password') }
        for (const path of ['/', '/demo/', '/demo/file', '/-/status']) {
            s3.requests.length = 0
            for (const headers of [{}, { Authorization: basic('ci', 'wrong') }, { Authorization: basic('x', '') }]) {
                const answer = await request(index.port, path, { headers })
                expect([path, answer.status]).toEqual([path, 401])
                expect(answer.headers['www-authenticate']).toMatch(/^Basic /)
            }
            expect(s3.requests).toEqual([])
            const answer = await request(index.port, path, { headers: right })
            expect([path, answer.status]).toEqual([path, 200])
            expect(s3.requests.map((sent) => sent.header('authorization')).join()).not.toContain('Basic')
        }
        const file = await request(index.port, '/demo/file', { headers: right })
        expect(file.headers['cache-control']).toBe('max-age=31536000, immutable, private')
        expect((await request(index.port, '/-/healthz')).status).toBe(200)
        expect((await request(index.port, '/-/readyz')).status).toBe(200)
        await index.stop()
        const log = index.accessLog()
        expect(log).toContain('"user":"ci"')
        expect(log).not.toContain('right password')
        expect(log).not.toContain(right.Authorization.slice(6))
    })

    test.each([
        [['127.0.0.0/8'], 200],
        [['10.0.0.0/8', '127.0.0.1'], 200],
        [['10.0.0.0/8', '2001:db8::/32'], 403],
    ])('--allow %s: %d', async (allow, status) => {
        const index = await startIndex({ ...options, allow })
        s3.requests.length = 0
        for (const path of ['/', '/demo/file', '/-/status']) {
            expect((await request(index.port, path)).status).toBe(status)
        }
        expect(s3.requests.length > 0).toBe(status === 200)
        expect((await request(index.port, '/-/healthz')).status).toBe(200)
        expect((await request(index.port, '/-/readyz')).status).toBe(200)
        await index.stop()
    })

    test.each([401, 403])(
        'S3 that refuses the index with %d is not taken for a refusal of the client',
        async (status) => {
            const refusing = await startRecordingUpstream((_request, response) => response.writeHead(status).end())
            const own = { ...options, endpointUrl: refusing.endpoint, htpasswd: path.join(folder, 'htpasswd') }
            const index = await startIndex({ ...own, allow: ['127.0.0.1'] })
            const headers = { Authorization: basic('ci', 'right password') }
            for (const path of ['/demo/', '/demo/file']) {
                expect((await request(index.port, path, { headers })).status).toBe(502)
            }
            await index.stop()
            await refusing.close()
        },
    )

    test('--tls-cert: HTTP/2, no old protocol, HSTS, and plain http is redirected', async () => {
        const httpPort = await freePort()
        const index = await startIndex({ ...options, ...(await certificate()), httpListen: `127.0.0.1:${httpPort}` })
        const answer = await ask(index.port, '/demo/file')
        expect(answer.status).toBe(200)
        expect(answer.headers['strict-transport-security']).toMatch(/^max-age=\d{7,}/)
        await expect(ask(index.port, '/', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).rejects.toThrow()
        await expect(ask(index.port, '/', { ca: createAuthority().file })).rejects.toThrow()

        const session = http2.connect(`https://127.0.0.1:${index.port}`, {
            ca: await readFile(authority.file),
            servername: 'pypi.example.com',
        })
        const stream = session.request({ ':path': '/demo/file' })
        const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
        session.destroy()
        expect(headers[':status']).toBe(200)

        s3.requests.length = 0
        const plain = await request(httpPort, '/demo/?format=x', { headers: { Host: 'pypi.example.com' } })
        expect([plain.status, plain.headers.location]).toEqual([
            301,
            `https://pypi.example.com:${index.port}/demo/?format=x`,
        ])
        expect((await request(httpPort, '/-/healthz')).status).toBe(200)
        expect(s3.requests).toEqual([])
        await index.stop()
    })

    test('--client-ca: who has no certificate of it reads nothing but the health of the index', async () => {
        const tls = await certificate()
        const index = await startIndex({ ...options, ...tls, httpListen: 'off', clientCa: authority.file })
        const own = authority.issue('client.example.com')
        const foreign = createAuthority().issue('client.example.com')
        s3.requests.length = 0
        for (const path of ['/', '/demo/file', '/Demo/', '/-/status', '/a/b/c']) {
            expect((await ask(index.port, path)).status, path).toBe(403)
            expect((await ask(index.port, path, foreign)).status, path).toBeOneOf([400, 403])
        }
        expect(s3.requests).toEqual([])
        expect((await ask(index.port, '/demo/file', own)).status).toBe(200)
        expect((await ask(index.port, '/-/healthz')).status).toBe(200)
        expect((await ask(index.port, '/-/readyz')).status).toBe(200)
        await index.stop()
    })

    test.each([
        ['127.0.0.0/8', 200],
        ['10.0.0.0/8', 403],
    ])(
        '--client-ca: Prometheus needs no certificate, but an address of --metrics-allow %s',
        async (network, status) => {
            const own = { ...options, ...(await certificate()), httpListen: 'off', clientCa: authority.file }
            const index = await startIndex({ ...own, metricsAllow: [network] })
            const answer = await ask(index.port, '/-/metrics')
            expect(answer.status).toBe(status)
            expect(answer.body.includes('nginx_s3_pypi_bucket_readable 1')).toBe(status === 200)
            expect((await ask(index.port, '/-/metrics/')).status).toBe(403)
            await index.stop()
        },
    )

    test('--max-connections: one address does not take all', async () => {
        const slow = await startRecordingUpstream((_request, response) => void setTimeout(() => response.end('x'), 500))
        const index = await startIndex({ ...options, endpointUrl: slow.endpoint, maxConnections: '2' })
        const paths = ['/demo/a', '/demo/b', '/demo/c', '/demo/d']
        const answers = await Promise.all(paths.map((path) => request(index.port, path)))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503])
        const refused = answers.filter(({ status }) => status === 503).map(({ body }) => body.toString())
        for (const text of refused) expect(text).toMatch(/^Your address has too many connections/)
        expect(slow.requests).toHaveLength(2)
        expect((await request(index.port, '/demo/e')).status).toBe(200)
        await index.stop()
        await slow.close()
    })

    test('the access log is JSON, one line for a request', async () => {
        const index = await startIndex({ ...options, prefix: 'team' })
        await request(index.port, '/demo/file-1.0%2Bx.whl?token="x"', { headers: { 'User-Agent': 'pip/"26"\\' } })
        await request(index.port, '/demo/file-1.0%2Bx.whl', { headers: { 'User-Agent': 'pip/"26"\\' } })
        await index.stop() // nginx has written all
        const log = index
            .accessLog()
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        expect(log).toHaveLength(2)
        expect(log[0]).toMatchObject({
            client: '127.0.0.1',
            method: 'GET',
            project: 'demo',
            status: 200,
            cache: cached ? 'MISS' : '',
            upstream_status: '200',
            user_agent: 'pip/"26"\\',
        })
        expect(log[1]!.cache).toBe(cached ? 'HIT' : '')
        expect(log[0]!.request_id).toMatch(/^[0-9a-f]{32}$/)
        expect(log[0]!.request_id).not.toBe(log[1]!.request_id)
        expect(new Date(log[0]!.time as string).getTime()).toBeGreaterThan(Date.now() - 60_000)
    })

    async function certificate() {
        const { key, cert } = authority.issue('pypi.example.com')
        await writeFile(path.join(folder, 'server.pem'), cert)
        await writeFile(path.join(folder, 'server.key'), key)
        return { tlsCert: path.join(folder, 'server.pem'), tlsKey: path.join(folder, 'server.key') }
    }

    async function ask(port: number, path: string, tls: https.RequestOptions = {}) {
        const ca = await readFile((tls.ca as string | undefined) ?? authority.file)
        const sent = https.get({
            ...{ host: '127.0.0.1', port, path, servername: 'pypi.example.com', agent: false },
            ...tls,
            ca,
        })
        const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
        const body = Buffer.concat((await answer.toArray()) as Buffer[]).toString()
        return { status: answer.statusCode, headers: answer.headers, body }
    }
})
