import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '../../scripts/nginx/free-port.js'
import { createAuthority } from '../support/machine/certificates.js'
import { startDnsServer } from '../support/upstreams/dns-server.js'
import { startIndex } from '../support/nginx/start-index.js'
import { request } from '../support/requests/raw-request.js'
import { startRecordingUpstream } from '../support/upstreams/recording-upstream.js'

const environment = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }

test.each([
    ['the name and the authority are right', 's3.example.com', 'known', 200],
    ['the certificate is for another name', 's3.example.org', 'known', 503],
    ['the authority is unknown', 's3.example.com', 'unknown', 503],
])('TLS to S3: %s', async (_name, certified, authority, status) => {
    const known = createAuthority()
    const issuer = authority === 'known' ? known : createAuthority()
    const s3 = await startRecordingUpstream(undefined, { tls: issuer.issue(certified) })
    const dns = await startDnsServer('127.0.0.1')
    for (const addressing of ['virtual', 'path'] as const) {
        s3.requests.length = 0
        const index = await startIndex({
            endpointUrl: `https://s3.example.com:${new URL(s3.endpoint).port}`,
            resolver: [dns.address],
            caBundle: known.file,
            addressing,
            environment,
        })
        // An upstream block looks the name up when nginx starts: the first answer may be on its way.
        const answer = await eventually(() => request(index.port, '/demo/file'), status)
        await index.stop()
        expect(answer.status).toBe(status)
        // A server that could not prove who it is gets no request, and so no signature.
        expect(s3.requests.length > 0).toBe(status === 200)
        if (status === 200) {
            const port = new URL(s3.endpoint).port
            const host = { virtual: `my-pypi.s3.example.com:${port}`, path: `s3.example.com:${port}` }[addressing]
            expect(s3.requests.at(-1)!.header('host')).toBe(host)
        }
    }
    await s3.close()
    await dns.close()
})

test('a changed address of S3 is followed', async () => {
    const port = await freePort()
    const before = await startRecordingUpstream((_request, response) => response.end('before'), {
        host: '127.0.0.2',
        port,
    })
    const after = await startRecordingUpstream((_request, response) => response.end('after'), {
        host: '127.0.0.3',
        port,
    })
    const dns = await startDnsServer('127.0.0.2')
    const endpointUrl = `http://s3.example.com:${port}`
    const following = await startIndex({ endpointUrl, resolver: [dns.address], environment })
    const body = async () => (await request(following.port, '/demo/file')).body.toString()

    await eventually(() => request(following.port, '/demo/file'), 200)
    expect(await body()).toBe('before')
    dns.answer = '127.0.0.3'
    await sleep(2_500) // the answer was good for one second
    expect(await body()).toBe('after')

    await following.stop()
    await before.close()
    await after.close()
    await dns.close()
})

test('a name of S3 that does not exist is a failure of the index, not a missing file', async () => {
    const dns = await startDnsServer(undefined)
    const index = await startIndex({ endpointUrl: 'http://s3.example.com', resolver: [dns.address], environment })
    expect((await request(index.port, '/demo/file')).status).toBe(503)
    expect((await request(index.port, '/-/readyz')).status).toBe(503)
    await index.stop()
    await dns.close()
})

/** Asks until the status is the one that is waited for, for two seconds at most. */
async function eventually<Answer extends { status: number }>(ask: () => Promise<Answer>, status: number) {
    for (let tries = 0; tries < 20; tries++) {
        const answer = await ask()
        if (answer.status === status) return answer
        await sleep(100)
    }
    return ask()
}
