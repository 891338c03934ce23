import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTrusted, post, startTrustedIndex } from '../support/nginx/trusted-index.js'
import { request } from '../support/requests/raw-request.js'
import type { UploadIndex } from '../support/uploads/upload-index.js'

const publishers = `
audience: pypi.example.com
issuers: {hub: {type: github, url: "http://127.0.0.1:9"}}
publishers: [{issuer: hub, repository: acme/tools, workflow: release.yml, projects: acme-*}]
`

describeTrusted('the endpoints of trusted publishing', () => {
    let uploads: UploadIndex
    beforeAll(async () => {
        uploads = await startTrustedIndex(publishers)
    })
    afterAll(() => uploads.stop())

    test('the audience, and the discovery of PEP 807', async () => {
        const audience = await request(uploads.index.port, '/_/oidc/audience')
        expect(audience).toMatchObject({ status: 200 })
        expect(audience.headers['content-type']).toBe('application/json')
        expect(JSON.parse(audience.body.toString())).toEqual({ audience: 'pypi.example.com' })
        const headers = { Host: 'pypi.example.com:8443' }
        for (const url of ['%2Flegacy%2F', '/legacy', '/', '%2fsimple%2f']) {
            const found = await request(uploads.index.port, `/.well-known/pytp?discover=${url}`, { headers })
            expect([url, found.status]).toEqual([url, 200])
            expect(JSON.parse(found.body.toString())).toEqual({
                'audience-endpoint': 'http://pypi.example.com:8443/_/oidc/audience',
                'token-mint-endpoint': 'http://pypi.example.com:8443/_/oidc/mint-token',
            })
        }
        for (const url of ['', '?discover=', '?discover=%2Fother%2F', '?discover=/legacy/x']) {
            expect((await request(uploads.index.port, `/.well-known/pytp${url}`)).status).toBe(404)
        }
        const evil = { Host: 'a"b' }
        const answer = await request(uploads.index.port, '/.well-known/pytp?discover=/legacy/', { headers: evil })
        expect(answer.status).not.toBe(200)
    })

    test.each<[string, string]>([
        ['nothing', ''],
        ['no JSON', 'token=x'],
        ['a list', '[]'],
        ['token twice', '{"token":"a","token":"b"}'],
        ['no token', '{}'],
        ['bytes', '\u0000\uffff'],
    ])('a body that is none: %s', async (_name, body) => {
        for (const endpoint of ['mint', 'burn']) {
            const answer = await post(uploads.index.port, `/_/oidc/${endpoint}-token`, body)
            expect(answer.status).toBe(422)
            expect(JSON.parse(answer.text)).toMatchObject({
                errors: [{ code: expect.stringMatching(/^invalid-(payload|token)$/) as string }],
            })
        }
    })

    test('a large body, another method, a browser: JSON that says why', async () => {
        const large = await post(uploads.index.port, '/_/oidc/mint-token', { token: 'x'.repeat(40_000) })
        expect(large.status).toBe(413)
        expect(JSON.parse(large.text)).toMatchObject({ errors: [{ code: 'invalid-payload' }] })
        for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
            const answer = await request(uploads.index.port, '/_/oidc/mint-token', { method })
            expect(answer).toMatchObject({
                status: 405,
                headers: { allow: 'POST', 'content-type': 'application/json' },
            })
            expect(JSON.parse(answer.body.toString())).toMatchObject({ errors: [{ code: 'invalid-payload' }] })
        }
        const read = await request(uploads.index.port, '/_/oidc/mint-token')
        expect(read).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain' } })
        expect(read.body.toString()).toContain('with POST to /_/oidc/mint-token')
        expect((await request(uploads.index.port, '/-/mint-token')).status).toBe(404)
        expect((await post(uploads.index.port, '/-/mint-token', {})).status).toBe(405)
        const browser = await post(uploads.index.port, '/_/oidc/mint-token', {}, { Origin: 'https://evil.example.com' })
        expect(browser).toMatchObject({ status: 403, headers: { 'content-type': 'application/json' } })
        expect(JSON.parse(browser.text)).toMatchObject({ errors: [{ code: 'forbidden' }] })
    })

    test('too many requests of one address', async () => {
        const small = await startTrustedIndex(publishers, { maxConnections: '5' })
        const { port } = small.index
        const answerTo = () => post(port, '/_/oidc/mint-token', {})
        const refused = (await Promise.all(Array.from({ length: 60 }, answerTo))).find(({ status }) => status === 429)
        expect(refused).toMatchObject({ headers: { 'content-type': 'application/json', 'retry-after': '5' } })
        expect(JSON.parse(refused!.text)).toMatchObject({ errors: [{ code: 'unavailable' }] })
        await small.stop()
    })
})
