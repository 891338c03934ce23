// Report: review of November 2026 (U7, U8, S14). [::1]:80 was refused by default, and pods of an IPv6-only cluster were never
// ready. Of an S3 with A and AAAA records, a host without IPv6 answered a third of the requests with 503. nginx refused a
// configuration with 246 private names.

import http from 'node:http'
import { expect, test } from 'vitest'
import { settingsFrom } from '../../scripts/config/settings.js'
import { render } from '../../scripts/config/render.js'
import { startIndex } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

const siteOf = (options: object, hasIPv6 = false) =>
    render(
        settingsFrom(
            { bucket: 'my-pypi', ...options },
            () => ['10.0.0.2'],
            () => hasIPv6,
        ),
        {
            folder: '/etc/nginx/x',
            command: 'test',
        },
    )
        .map(({ content }) => content)
        .join('')

test('a port is one of both families, an address is that address', async () => {
    const s3 = await startRecordingUpstream()
    const index = await startIndex({ endpointUrl: s3.endpoint, environment, listen: ['PORT'] })
    const statusAt = (host: string, port = index.port) =>
        new Promise<number | string>((resolve) => {
            http.get({ host, port, path: '/-/healthz', agent: false }, (answer) => {
                answer.resume()
                resolve(answer.statusCode!)
            }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code!))
        })
    expect([await statusAt('127.0.0.1'), await statusAt('::1')]).toEqual([200, 200])
    await index.stop()
    // The twin.
    const one = await startIndex({ endpointUrl: s3.endpoint, environment, listen: ['0.0.0.0:PORT'] })
    expect([await statusAt('127.0.0.1', one.port), await statusAt('::1', one.port)]).toEqual([200, 'ECONNREFUSED'])
    await one.stop()
    await s3.close()
})

test.each([
    [{}, ['80 default_server', '[::]:80 default_server']],
    [{ listen: ['80', '[::]:80'] }, ['80 default_server', '[::]:80 default_server']],
    [{ listen: ['127.0.0.1:80'] }, ['127.0.0.1:80 default_server']],
    [{ target: 'kubernetes' }, ['8080 default_server', '[::]:8080 default_server']],
])('%j listens on %j', (options, expected) => {
    expect([...siteOf(options).matchAll(/^ {4}listen (.*);$/gm)].map(([, address]) => address)).toEqual(expected)
})

test.each([
    [{}, false, 'ipv6=off'],
    [{ target: 'kubernetes' }, true, 'ipv6=off'],
    [{ target: 'debian' }, false, 'ipv6=off'],
    [{ target: 'debian' }, true, undefined],
    [{ ipFamily: 'both' }, false, undefined],
    [{ ipFamily: 'ipv6' }, false, 'ipv4=off'],
])('%j where the machine has IPv6: %s, asks DNS with %s', (options, hasIPv6, parameter) => {
    const resolver = /^ *resolver +(.*);$/m.exec(siteOf(options, hasIPv6))![1]!
    expect(/ipv[46]=off/.exec(resolver)?.[0]).toBe(parameter)
})

test('--ip-family ipv6 of an nginx that cannot do it', () => {
    expect(() => siteOf({ ipFamily: 'ipv6', nginxVersion: '1.22.1' })).toThrow('needs nginx 1.23.1')
})

test('nginx takes thousands of private names', async () => {
    const s3 = await startRecordingUpstream((_request, response) => response.writeHead(404).end())
    const names = Array.from({ length: 3000 }, (_, number) => `company-${number}-*`)
    const index = await startIndex({ endpointUrl: s3.endpoint, environment, fallback: true, private: names })
    expect((await request(index.port, '/-/healthz')).status).toBe(200)
    await index.stop()
    await s3.close()
    const files = render(
        settingsFrom({ bucket: 'my-pypi' }, () => []),
        {
            folder: '/x',
            command: `generate-config --private ${names.join(' ')}`,
        },
    )
    for (const { name, content } of files.filter((file) => file.name.endsWith('.conf'))) {
        expect(Math.max(...content.split('\n').map((line) => line.length)), name).toBeLessThan(4000)
    }
})
