import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeToken } from '../../scripts/manage/token.js'
import { readTokenOf } from '../support/tokens/signed-tokens.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { createAuthority } from '../support/machine/certificates.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import type { IndexOptions } from '../support/nginx/start-index.js'
import {
    describeTrusted,
    mint,
    mintedToken,
    newTokenKey,
    post,
    startTrustedIndex,
} from '../support/nginx/trusted-index.js'
import { request } from '../support/requests/raw-request.js'
import { githubClaims } from '../support/tokens/ci-claims.js'
import { startIssuer, type IssuerServer } from '../support/tokens/issuer-server.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import type { UploadIndex } from '../support/uploads/upload-index.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'

const now = () => Math.floor(Date.now() / 1000)
const tools = makeWheel({ name: 'acme-tools', version: '1.0' })
const form = encodeForm(uploadParts(tools))
const bearer = (token: string) => ({ Authorization: basic({ user: '__token__', password: token }) })
const forbidden = { message: 'Token request failed', errors: [{ code: 'forbidden' }] }

describeTrusted('trusted publishing with other options', () => {
    let hub: IssuerServer
    let uploads: UploadIndex | undefined
    beforeAll(async () => {
        hub = await startIssuer()
    })
    afterAll(() => hub.close())

    /** @param audience of the file; by default that of --server-name */
    async function start(options: Partial<IndexOptions> & { noHtpasswd?: boolean }, audience = 'pypi.example.com') {
        const yaml = `${audience && `audience: ${audience}`}
issuers:
  hub: {type: github, url: "${hub.url}"}
publishers:
  - {issuer: hub, repository: acme/tools, workflow: release.yml, environment: pypi, tag: v*, projects: acme-*}
`
        uploads = await startTrustedIndex(yaml, options)
        return uploads
    }
    const stop = async () => {
        await uploads?.stop()
        uploads = undefined
    }
    const idToken = (changes: Record<string, unknown> = {}) => hub.token(githubClaims(now(), changes))
    const upload = (port: number, headers: object) => sendForm(port, form, { headers: headers as never })

    describe('--client-ca', () => {
        const authority = createAuthority()
        const client = authority.issue('ci.example.com')
        let port: number
        beforeAll(async () => {
            const folder = path.dirname(authority.file)
            chmodSync(folder, 0o755)
            const { key, cert } = authority.issue('pypi.example.com')
            writeFileSync(`${folder}/tls.key`, key)
            writeFileSync(`${folder}/tls.pem`, cert)
            const tls = { tlsCert: `${folder}/tls.pem`, tlsKey: `${folder}/tls.key`, httpListen: 'off' }
            port = (await start({ ...tls, clientCa: authority.file, noHtpasswd: true })).index.port
        })
        afterAll(stop)

        interface Asked {
            method?: string
            headers?: Record<string, unknown>
            body?: string | Buffer
        }
        async function ask(path: string, certificate: object, { body, headers, method = 'GET' }: Asked = {}) {
            const outgoing = https.request({
                ...{ host: '127.0.0.1', port, path, method, agent: false, headers: headers as never },
                ...{ servername: 'pypi.example.com', rejectUnauthorized: false, ...certificate },
            })
            outgoing.end(body)
            const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
            const text = Buffer.concat(await incoming.toArray()).toString()
            return { status: incoming.statusCode!, headers: incoming.headers, text }
        }
        async function exchange(certificate: object) {
            for (;;) {
                const asked = { method: 'POST', body: JSON.stringify({ token: idToken() }) }
                const answer = await ask('/_/oidc/mint-token', certificate, asked)
                if (answer.status !== 503) return answer
                await sleep(100)
            }
        }
        const send = (token: string, certificate: object) =>
            ask('/legacy/', certificate, {
                method: 'POST',
                body: form.body,
                headers: { 'Content-Type': form.contentType, 'Content-Length': form.body.length, ...bearer(token) },
            })

        test('a job with a certificate exchanges and uploads', async () => {
            expect(JSON.parse((await ask('/_/oidc/audience', client)).text)).toEqual({ audience: 'pypi.example.com' })
            const found = await ask('/.well-known/pytp?discover=/legacy/', client, {
                headers: { Host: `pypi.example.com:${port}` },
            })
            expect(JSON.parse(found.text)).toMatchObject({
                'token-mint-endpoint': `https://pypi.example.com:${port}/_/oidc/mint-token`,
            })
            const answer = await exchange(client)
            expect(answer).toMatchObject({ status: 200 })
            const { token } = JSON.parse(answer.text) as { token: string }
            expect(await send(token, client)).toMatchObject({ status: 200 })
            // The certificate alone, or the token alone, uploads nothing.
            expect(await send(token, {})).toMatchObject({ status: 403 })
            expect(await send('', client)).toMatchObject({ status: 401 })
        })

        test('a job without a certificate gets no token, not even with a valid ID token', async () => {
            const answer = await exchange({})
            expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'application/json' } })
            expect(JSON.parse(answer.text)).toMatchObject(forbidden)
            const stranger = createAuthority().issue('ci.example.com')
            expect((await exchange(stranger)).status).toBeOneOf([400, 403])
            for (const path of ['/_/oidc/audience', '/.well-known/pytp?discover=/legacy/']) {
                expect([path, (await ask(path, {})).status]).toEqual([path, 403])
            }
            const burned = await ask('/_/oidc/burn-token', {}, { method: 'POST', body: '{}' })
            expect(burned).toMatchObject({ status: 403 })
        })
    })

    test.each<[string, Partial<IndexOptions>, status: number]>([
        ['--allow another network', { allow: ['10.0.0.0/8'] }, 403],
        ['--upload-allow another network', { uploadAllow: ['10.0.0.0/8'] }, 403],
        ['--allow this network', { allow: ['127.0.0.0/8'] }, 200],
        ['--upload-allow this network, --allow another', { allow: ['10.0.0.0/8'], uploadAllow: ['127.0.0.0/8'] }, 200],
    ])('%s', async (_name, options, status) => {
        const { index } = await start(options)
        expect((await request(index.port, '/_/oidc/audience')).status).toBe(200)
        const answer = await mint(index.port, idToken())
        expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json' } })
        if (status === 403) expect(JSON.parse(answer.text)).toMatchObject(forbidden)
        else {
            const { token } = JSON.parse(answer.text) as { token: string }
            expect(await upload(index.port, bearer(token))).toMatchObject({ status: 200 })
        }
        await stop()
    })

    test('--only upload', async () => {
        const { index, keys } = await start({ only: 'upload', noHtpasswd: true })
        const token = await mintedToken(index.port, idToken())
        expect(await upload(index.port, bearer(token))).toMatchObject({ status: 200 })
        expect(await keys()).toContain(`acme-tools/${tools.filename}`)
        expect((await request(index.port, '/simple/acme-tools/')).status).toBe(404)
        expect((await mint(index.port, idToken({ repository: 'evil/tools' }))).status).toBe(422)
        await stop()
    })

    test('several --server-name: the first one is the audience, and another host is refused', async () => {
        const { index } = await start({ serverName: ['*.internal', 'pypi.example.com', 'mirror.example.com'] }, '')
        const audience = async (Host: string) => {
            const { status, body } = await request(index.port, '/_/oidc/audience', { headers: { Host } })
            return status === 200 ? (JSON.parse(body.toString()) as object) : status
        }
        for (const host of ['pypi.example.com', 'mirror.example.com:8443', 'a.internal']) {
            expect(await audience(host)).toEqual({ audience: 'pypi.example.com' })
        }
        expect(await audience('evil.example.com')).toBe(421)
        const exchange = (Host: string, aud = 'pypi.example.com') =>
            post(index.port, '/_/oidc/mint-token', { token: idToken({ aud }) }, { Host })
        await expect.poll(async () => (await exchange('mirror.example.com')).status, { timeout: 20_000 }).toBe(200)
        expect((await exchange('evil.example.com')).status).toBe(421)
        for (const aud of ['mirror.example.com', 'pypi.example.com:8443', 'https://pypi.example.com']) {
            expect([aud, (await exchange('pypi.example.com', aud)).status]).toEqual([aud, 422])
        }
        await stop()
    })

    test.each<[string, Partial<IndexOptions>]>([
        ['a password', {}],
        ['a password, with redirects and a cache', { delivery: 'redirect', cached: true }],
    ])(
        'readers need a token or %s: jobs need none, and neither token does what the other does',
        async (_n, options) => {
            const folder = await temporaryFolder()
            chmodSync(folder, 0o755)
            const key = newTokenKey()
            writeFileSync(`${folder}/keys`, key)
            writeFileSync(`${folder}/readers`, makeToken('reader', 'password').line + '\n')
            const { index } = await start({
                ...{ readTokens: true, htpasswd: `${folder}/readers`, tokenKeys: `${folder}/keys` },
                ...options,
            })
            expect((await request(index.port, '/_/oidc/audience')).status).toBe(200)
            const minted = await mintedToken(index.port, idToken())
            const reading = readTokenOf(key)
            expect(await upload(index.port, bearer(reading))).toMatchObject({ status: 401 })
            expect(await upload(index.port, bearer(minted))).toMatchObject({ status: 200 })
            const read = async (headers: IncomingHttpHeaders | Record<string, string>) => {
                const file = `/simple/acme-tools/${tools.filename}`
                const [page, content] = [await request(index.port, '/simple/acme-tools/', { headers }), file]
                return [page.status, (await request(index.port, content, { headers })).status]
            }
            const served = options.delivery === undefined ? 200 : 302
            expect(await read(bearer(reading))).toEqual([200, served])
            expect(await read({ Authorization: basic({ user: 'reader', password: 'password' }) })).toEqual([
                200,
                served,
            ])
            expect(await read(bearer(minted))).toEqual([401, 401])
            expect(await read({})).toEqual([401, 401])
            await stop()
        },
    )

    test('--max-connections: one more exchange of an address gets 503, and no private code', async () => {
        const { index } = await start({ maxConnections: '1' as never })
        const socket = net.connect(index.port, '127.0.0.1')
        socket.write('POST /_/oidc/mint-token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
        await expect
            .poll(async () => (await post(index.port, '/_/oidc/mint-token', {})).text)
            .toBe('Your address has too many connections to this index.\n')
        socket.destroy()
        await expect.poll(async () => (await post(index.port, '/_/oidc/mint-token', {})).status).toBe(422)
        await stop()
    })

    test('another method says which one is meant', async () => {
        const { index } = await start({})
        const answer = await request(index.port, '/_/oidc/mint-token', { method: 'PUT' })
        expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST', 'content-type': 'application/json' } })
        await stop()
    })
})
