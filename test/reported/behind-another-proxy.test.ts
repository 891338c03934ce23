// Report: review of November 2026 (U9). An index that a proxy serves under /pypi/ redirected to /simple/…, out of it.
// Right: redirects are relative to the request, so that the index may lie anywhere.

import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startIndex } from '../support/nginx/start-index.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'

test.each([
    ['/pypi/simple', '/my-pypi/index.html'],
    ['/pypi/Demo', '/my-pypi/demo/index.html'],
    ['/pypi/Demo/', '/my-pypi/demo/index.html'],
    ['/pypi/simple/De_mo/', '/my-pypi/de-mo/index.html'],
    ['/pypi/simple/demo', '/my-pypi/demo/index.html'],
    ['/pypi/De_mo/a%2Bb%20%C3%BC.whl', '/my-pypi/de-mo/a%2Bb%20%C3%BC.whl'],
])('%s leads to %s', async (path, key) => {
    const s3 = await startRecordingUpstream()
    const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
    const index = await startIndex({ endpointUrl: s3.endpoint, environment })
    const proxy = http.createServer((asked, response) => {
        if (!asked.url!.startsWith('/pypi/')) return void response.writeHead(418).end()
        const to = {
            host: '127.0.0.1',
            port: index.port,
            path: asked.url!.slice('/pypi'.length),
            headers: asked.headers,
        }
        http.get(to, (answer) => {
            response.writeHead(answer.statusCode!, answer.headers)
            answer.pipe(response)
        })
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const answer = await fetch(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}${path}`)
    expect([answer.status, answer.redirected]).toEqual([200, true])
    await answer.text()
    expect(s3.requests.map(({ target }) => target)).toEqual([key])
    proxy.closeAllConnections()
    proxy.close()
    await index.stop()
    await s3.close()
})
