import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startDnsServer } from '../support/upstreams/dns-server.js'
import { startIndex, type IndexOptions } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'

const json = 'application/vnd.pypi.simple.v1+json'
const fallback = 'https://pypi.org/simple/'

async function ask(options: IndexOptions, path: string, accept = 'text/html') {
    const index = await startIndex({ fallback: true, private: ['acme-*', 'Secret.Name'], ...options })
    return request(index.port, path, { headers: { Accept: accept } }).finally(() => index.stop())
}

describe.each([false, true])('cached: %s', (cached) => {
    let s3: S3Server
    let options: IndexOptions

    beforeAll(async () => {
        s3 = await startS3('embedded')
        const objects = { 'demo/index.json': '{}', 'demo/index.html': 'demo', 'old/index.html': 'old' }
        const bucket = await makeBucket(s3, objects)
        options = { endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3), cached }
    })
    afterAll(() => s3.close())

    test.each([
        ['/arrow/', 302, `${fallback}arrow/`],
        ['/simple/arrow/', 302, `${fallback}arrow/`],
        ['/demo/', 200, undefined],
        ['/simple/old/', 200, undefined],
        ['/Demo/', 301, '../demo/'],
        ['/acme-secret/', 404, undefined],
        ['/secret-name/', 404, undefined],
        ['/acme/', 302, `${fallback}acme/`],
        ['/arrow/arrow-1.0.tar.gz', 404, undefined],
        ['/', 404, undefined],
        ['/a/b/c', 404, undefined],
        ['/-/html', 404, undefined],
    ])('%s: %d', async (path, status, location) => {
        for (const accept of ['text/html', json]) {
            const answer = await ask(options, path, accept)
            expect([answer.status, answer.headers.location], accept).toEqual([status, location])
            if (status === 302) expect(answer.headers['cache-control']).toBe('no-store')
        }
    })

    test('another index than PyPI', async () => {
        const answer = await ask(
            { ...options, fallback: 'http://127.0.0.1:3141/root/pypi/+simple'.replace('+', '') },
            '/arrow/',
        )
        expect(answer.headers.location).toBe('http://127.0.0.1:3141/root/pypi/simple/arrow/')
    })

    test('without the option there is none', async () => {
        const { endpointUrl, bucket, environment } = options
        const index = await startIndex({ endpointUrl, bucket, environment, cached } as IndexOptions)
        expect((await request(index.port, '/arrow/')).status).toBe(404)
        await index.stop()
    })

    test.each([
        ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }],
        ['an unknown key', { AWS_ACCESS_KEY_ID: 'UNKNOWN' }],
        ['a session that is over', { AWS_SESSION_TOKEN: 'expired' }],
        ['no credentials', { AWS_ACCESS_KEY_ID: '' }],
        ['a bucket that does not exist', { AWS_S3_BUCKET: 'no-such-bucket' }],
    ])('%s: no redirect', async (_name, change) => {
        const environment = { ...options.environment, ...(change as Record<string, string>) }
        await expectFailure({ ...options, environment })
    })

    test.each([301, 307, 400, 403, 429, 500, 502, 503, 504])('S3 says %d: no redirect', async (status) => {
        const broken = await startRecordingUpstream((_request, response) => response.writeHead(status).end())
        await expectFailure({ ...options, endpointUrl: broken.endpoint })
        await broken.close()
    })

    test.each([403, 404, 500, 503])('S3 says 404 for the page and %d for the bucket: no redirect', async (status) => {
        const broken = await startRecordingUpstream((asked, response) =>
            response.writeHead(asked.url!.endsWith('/index.html') || asked.url!.endsWith('.json') ? 404 : status).end(),
        )
        await expectFailure({ ...options, endpointUrl: broken.endpoint })
        await broken.close()
    })

    test('S3 is not there, cuts before it answers, or within its headers: no redirect', async () => {
        await expectFailure({ ...options, endpointUrl: `http://127.0.0.1:${await freePort()}` })
        for (const words of ['', 'HTTP/1.1 200 OK\r\nContent-']) {
            const server = net.createServer((socket) =>
                socket.on('error', () => {}).once('data', () => socket.end(words)),
            )
            server.listen(0, '127.0.0.1')
            await once(server, 'listening')
            await expectFailure({
                ...options,
                endpointUrl: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
            })
            server.close()
        }
    })

    test('S3 does not answer in time: no redirect', async () => {
        const silent = http.createServer(() => {}).listen(0, '127.0.0.1')
        await once(silent, 'listening')
        const edit = (_name: string, content: string) => content.replace(/(proxy_read_timeout +)30s/, '$11s')
        const endpointUrl = `http://127.0.0.1:${(silent.address() as net.AddressInfo).port}`
        await expectFailure({ ...options, endpointUrl, edit })
        silent.closeAllConnections()
        silent.close()
    })

    test('the name of S3 does not exist: no redirect', async () => {
        const dns = await startDnsServer(undefined)
        await expectFailure({ ...options, endpointUrl: 'http://s3.example.com', resolver: [dns.address] })
        await dns.close()
    })

    async function expectFailure(broken: IndexOptions): Promise<void> {
        for (const accept of ['text/html', json]) {
            const answer = await ask(broken, '/arrow/', accept)
            expect(answer.status).toBeOneOf([502, 503])
            expect(answer.headers.location).toBeUndefined()
            expect(answer.headers['cache-control'] ?? '').not.toContain('max-age')
            if (answer.status === 503) expect(answer.headers['retry-after']).toMatch(/^\d+$/)
            expect(answer.body.toString()).not.toMatch(/AKIA|secret|<html>/)
        }
    }
})
