// Report: review of November 2026 (U11, L8, L9). `publish-package --endpoint-url` with the URL of the index itself ended in an
// XML parse error and "run the same command again". s3proxy refuses DeleteObjects (501) and answers the end of a multipart
// upload with another ETag than the object's: `remove` and `unyank` never worked, `verify` reported changed-file at once.
// Right: "no S3 server" is said before anything is read or written; what a server cannot do is done otherwise.

import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PackageIndex } from '../../scripts/index/update/package-index.js'
import { planRemoval, remove } from '../../scripts/manage/remove.js'
import { verify } from '../../scripts/index/repair/verify.js'
import { unyank, yank } from '../../scripts/manage/yank.js'
import { publish } from '../../scripts/publish/publish.js'
import { environmentOf, makeBucket } from '../support/s3/bucket.js'
import { startIndex } from '../support/nginx/start-index.js'
import { filesOf } from '../support/index/pages.js'
import { runProgram } from '../support/programs/run-program.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { bucketAt, environmentOf as programEnvironment, newBucket } from '../support/s3/test-bucket.js'
import { wheelFile } from '../support/distributions/distributions.js'

let s3: S3Server
let wheel: string
beforeAll(async () => {
    s3 = await startS3('embedded')
    wheel = await wheelFile({ name: 'acme', version: '1.0' })
})
afterAll(() => s3.close())

async function serve(listener: http.RequestListener): Promise<{ url: string; close: () => void }> {
    const server = http.createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const close = () => {
        server.closeAllConnections()
        server.close()
    }
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

async function run(program: 'publish-package' | 'manage-index', words: string[], endpoint: string) {
    return runProgram(program, words, { environment: programEnvironment(s3, endpoint) })
}

const sites: [name: string, status: number, type: string, body: string][] = [
    ['a page to log in', 200, 'text/html', '<html><body>Log in<br></body></html>'],
    ['a page that is not found', 404, 'text/html', '<html>not found</html>'],
    ['JSON', 200, 'application/json', '{"a":1}'],
    ['JSON that is not found', 404, 'application/json', '{"message":"Not Found"}'],
    ['nothing', 200, 'text/plain', ''],
    ['other XML', 200, 'application/xml', '<?xml version="1.0"?><rss></rss>'],
    ['method not allowed', 405, 'text/html', '<html></html>'],
    ['a redirect', 302, 'text/html', ''],
    ['a password', 401, 'text/html', ''],
]

describe('a site that is not an S3 server', () => {
    test.each(sites)('%s', async (_name, status, type, body) => {
        const methods = new Set<string>()
        const site = await serve((asked, response) => {
            methods.add(asked.method!)
            asked.resume()
            response.writeHead(status, { 'Content-Type': type, Location: '/login' }).end(body)
        })
        for (const result of [
            await run('publish-package', ['my-pypi', wheel], site.url),
            await run('manage-index', ['rebuild', 'my-pypi'], site.url),
        ]) {
            expect(result.stderr).toContain(`${site.url} is not an S3 server\n`)
            expect(result.stderr).not.toMatch(/XML|again|^\s+at /m)
            expect([result.status, result.stdout]).toEqual([1, ''])
        }
        expect([...methods]).toEqual(['GET'])
        site.close()
    })

    test('the index that clients install from', async () => {
        const bucket = await makeBucket(s3, {})
        const index = await startIndex({ endpointUrl: s3.endpoint, bucket, environment: environmentOf(s3) })
        const result = await run('publish-package', [bucket, wheel], index.url)
        expect([result.status, result.stderr]).toEqual([1, expect.stringContaining(`${index.url} is not an S3 server`)])
        await index.stop()
        // The twin: the server behind it is one.
        expect((await run('publish-package', [bucket, wheel], s3.endpoint)).status).toBe(0)
    })

    test('a server that fails is not called another', async () => {
        const site = await serve((_asked, response) =>
            response
                .writeHead(400, { 'Content-Type': 'application/xml' })
                .end('<Error><Code>InvalidRequest</Code></Error>'),
        )
        const result = await run('manage-index', ['list', 'my-pypi'], site.url)
        expect(result.status).toBe(1)
        expect(result.stderr).not.toContain('is not an S3 server')
        site.close()
    })
})

/** A proxy before S3 that answers some requests itself, or changes an answer. */
async function proxied(
    answer: (method: string, url: string) => { status: number; body: string } | undefined,
    change: (url: string, body: string) => string = (_url, body) => body,
) {
    return serve((asked, response) => {
        const own = answer(asked.method!, asked.url!)
        if (own) {
            asked.resume()
            asked.on('end', () => response.writeHead(own.status, { 'Content-Type': 'application/xml' }).end(own.body))
            return
        }
        const target = new URL(s3.endpoint)
        const to = {
            host: target.hostname,
            port: target.port,
            method: asked.method,
            path: asked.url,
            headers: asked.headers,
        }
        const sent = http.request(to, async (upstream) => {
            const body = Buffer.concat(await upstream.toArray())
            const changed = asked.url!.includes('uploadId=') ? Buffer.from(change(asked.url!, body.toString())) : body
            const headers = { ...upstream.headers }
            if (asked.method !== 'HEAD') headers['content-length'] = String(changed.length)
            response.writeHead(upstream.statusCode!, headers).end(changed)
        })
        asked.pipe(sent)
    })
}

const refusals: [name: string, status: number, code: string][] = [
    ['s3proxy', 501, 'NotImplemented'],
    ['a server without this request', 405, 'MethodNotAllowed'],
    ['a server that wants another checksum', 400, 'InvalidRequest'],
    ['a server that reads the XML otherwise', 400, 'MalformedXML'],
]

test.each(refusals)('%s refuses DeleteObjects: remove and unyank delete one by one', async (_name, status, code) => {
    const proxy = await proxied((method, url) =>
        method === 'POST' && /[?&]delete/.test(url)
            ? { status, body: `<Error><Code>${code}</Code><Message>no</Message></Error>` }
            : undefined,
    )
    const { name } = await newBucket(s3)
    const bucket = bucketAt(s3, name, { endpoint: proxy.url })
    const index = new PackageIndex(bucket)
    await publish(bucket, [wheel, await wheelFile({ name: 'acme', version: '2.0' })])
    await yank(index, 'acme', '1.0', 'broken')
    await unyank(index, 'acme', '1.0')
    await remove(index, await planRemoval(index, 'acme', ['1.0']))
    expect(await filesOf(bucket, 'acme')).toEqual(['acme-2.0-py3-none-any.whl'])
    expect((await verify(bucket, { deep: true })).problems).toEqual([])
    await remove(index, await planRemoval(index, 'acme', []), { releaseName: true })
    const left: string[] = []
    for await (const { key } of bucket.list()) left.push(key)
    expect(left.filter((key) => key.startsWith('acme'))).toEqual([])
    proxy.close()
})

test('another ETag at the end of a multipart upload: the page has what HEAD shows', async () => {
    const proxy = await proxied(
        () => undefined,
        (_url, body) => body.replace(/(&quot;|")[0-9a-f]{32}-\d+/, '$1ffffffffffffffffffffffffffffffff-2'),
    )
    const { name } = await newBucket(s3)
    const bucket = bucketAt(s3, name, { endpoint: proxy.url })
    await publish(bucket, [await wheelFile({ name: 'large', version: '1.0', ballast: 20 * 1024 * 1024 })])
    expect((await verify(bucket, { deep: false })).problems).toEqual([])
    proxy.close()
})
