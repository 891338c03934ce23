import { setTimeout as sleep } from 'node:timers/promises'
import { chmodSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { createAuthority } from '../support/machine/certificates.js'
import { githubClaims } from '../support/tokens/ci-claims.js'
import { newSigningKey } from '../support/tokens/issuer-keys.js'
import { startIssuer, type IssuerServer } from '../support/tokens/issuer-server.js'
import { describeTrusted, mint, mintedToken, post, startTrustedIndex } from '../support/nginx/trusted-index.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import type { UploadIndex } from '../support/uploads/upload-index.js'

const form = encodeForm(uploadParts(makeWheel({ name: 'acme-tools', version: '1.0' })))
const now = () => Math.floor(Date.now() / 1000)
const trusting = ({ url }: IssuerServer, more = '') => `
audience: pypi.example.com
issuers: {hub: {type: github, url: "${url}"${more}}}
publishers: [{issuer: hub, repository: acme/tools, workflow: release.yml, projects: acme-*}]
`

describeTrusted('issuers', () => {
    let uploads: UploadIndex
    let issuer: IssuerServer
    afterEach(async () => {
        await uploads.stop()
        await issuer.close()
    })
    const job = () => issuer.token(githubClaims(now()))
    const once = () => post(uploads.index.port, '/_/oidc/mint-token', { token: job() })
    /** Waits until the log has a text that was not there. */
    async function logged(text: string | RegExp): Promise<void> {
        while (!new RegExp(text).test(uploads.index.log())) await sleep(100)
    }

    test('over verified TLS', async () => {
        const authority = createAuthority()
        chmodSync(path.dirname(authority.file), 0o755)
        issuer = await startIssuer('RS256', authority.issue('127.0.0.1'))
        uploads = await startTrustedIndex(trusting(issuer), { issuerCaBundle: authority.file })
        await mintedToken(uploads.index.port, job())
        expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/jwks'])
    })

    test.each([
        ['an authority that is not trusted', '127.0.0.1', true],
        ['a certificate of another host', 'evil.example.com', false],
    ])('not over TLS with %s', async (_name, host, isOther) => {
        const [authority, other] = [createAuthority(), createAuthority()]
        chmodSync(path.dirname(authority.file), 0o755)
        issuer = await startIssuer('RS256', (isOther ? other : authority).issue(host))
        uploads = await startTrustedIndex(trusting(issuer), { issuerCaBundle: authority.file })
        await logged('there are no new keys of the issuer hub: https://127.0.0.1.*its jobs cannot upload')
        expect(issuer.requests).toEqual([])
        const answer = await once()
        expect(answer.status).toBe(503)
        expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ code: 'unavailable' }] })
    })

    test('down at first: 503 and nothing falls open; then up; then down again: jobs go on', async () => {
        issuer = await startIssuer()
        issuer.fate = 503
        uploads = await startTrustedIndex(trusting(issuer))
        await logged('hub: .*/.well-known/openid-configuration: status 503; its jobs cannot upload')
        expect((await once()).status).toBe(503)
        issuer.fate = undefined
        await mintedToken(uploads.index.port, job())
        await expect.poll(() => uploads.index.log()).toContain('the keys of the issuer hub have been fetched again')
        const before = issuer.requests.length
        for (const fate of [500, 'hang', 302] as const) {
            issuer.fate = fate
            expect((await mint(uploads.index.port, job())).status).toBe(200)
        }
        expect(issuer.requests.length).toBe(before)
    })

    test('slow: no request waits for it', async () => {
        issuer = await startIssuer()
        issuer.fate = 'hang'
        uploads = await startTrustedIndex(trusting(issuer))
        expect((await once()).status).toBe(503)
        await logged('there are no new keys of the issuer hub')
        issuer.fate = undefined
        await mintedToken(uploads.index.port, job())
    })

    test.each<[string, (issuer: IssuerServer) => void, RegExp]>([
        [
            'speaks for another',
            (it) => (it.discovery = { issuer: 'https://gitlab.com', jwks_uri: `${it.url}/jwks` }),
            /its issuer is "https:\/\/gitlab.com" instead of/,
        ],
        [
            'has its keys elsewhere',
            (it) => (it.discovery = { issuer: it.url, jwks_uri: 'https://evil.example.com/jwks' }),
            /its jwks_uri is "https:\/\/evil.example.com\/jwks", which is not on the host/,
        ],
        [
            'has its keys at a port',
            (it) => (it.discovery = { issuer: it.url, jwks_uri: `${it.url.replace(/\d+$/, '1')}/jwks` }),
            /which is not on the host/,
        ],
        [
            'hides a host',
            (it) => (it.discovery = { issuer: it.url, jwks_uri: it.url.replace('127', 'a@127') }),
            /which is not on the host/,
        ],
        ['says nothing', (it) => (it.discovery = {}), /its issuer is missing/],
        [
            'has weak keys',
            (it) => (it.published = [newSigningKey('rsa-1', 'RS256', 1024).jwk]),
            /no key for RS256 \("rsa-1": it has 1024 bits/,
        ],
        ['has no keys', (it) => (it.published = []), /no key for RS256/],
        ['has huge keys', (it) => (it.published = [{ ...it.key.jwk, x5c: ['x'.repeat(1024 * 1024)] }]), /jwks: /],
        ['redirects', (it) => (it.fate = 301), /status 301/],
    ])('an issuer that %s', async (_name, change, message) => {
        issuer = await startIssuer()
        change(issuer)
        uploads = await startTrustedIndex(trusting(issuer))
        await logged(message)
        expect((await once()).status).toBe(503)
        expect(issuer.requests).not.toContain('/')
    })

    test('keys at a configured address', async () => {
        issuer = await startIssuer()
        uploads = await startTrustedIndex(trusting(issuer, `, jwks: "${issuer.url}/jwks"`))
        await mintedToken(uploads.index.port, job())
        expect(issuer.requests).toEqual(['/jwks'])
    })

    test('a withdrawn key is unknown after the next fetch; the new one works', { timeout: 150_000 }, async () => {
        issuer = await startIssuer()
        uploads = await startTrustedIndex(trusting(issuer))
        const token = await mintedToken(uploads.index.port, job())
        const headers = { Authorization: basic({ user: '__token__', password: token }) }
        const old = issuer.key
        issuer.key = newSigningKey('rsa-2')
        issuer.published = [issuer.key.jwk]
        expect((await once()).status).toBe(422)
        // An unknown key is looked for once a minute.
        while ((await once()).status !== 200) {
            // Uploads with tokens of before go on.
            const uploaded = await Promise.all([1, 2, 3].map(() => sendForm(uploads.index.port, form, { headers })))
            expect(uploaded.map(({ status }) => status)).toEqual([200, 200, 200])
            await sleep(1000)
        }
        issuer.key = old
        expect(await once()).toMatchObject({
            status: 422,
            text: expect.stringContaining('kid is \\"rsa-1\\"') as string,
        })
    })
})
