import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { request } from '../support/requests/raw-request.js'
import { githubClaims, gitlabClaims } from '../support/tokens/ci-claims.js'
import { hostileTokens } from '../support/tokens/hostile-tokens.js'
import { newSigningKey, signToken } from '../support/tokens/issuer-keys.js'
import { startIssuer, type IssuerServer } from '../support/tokens/issuer-server.js'
import { describeTrusted, mint, mintedToken, post, startTrustedIndex } from '../support/nginx/trusted-index.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import type { UploadIndex } from '../support/uploads/upload-index.js'

const now = () => Math.floor(Date.now() / 1000)
const formOf = (name: string) => encodeForm(uploadParts(makeWheel({ name, version: '1.0' })))
const withToken = (token: string) => ({ headers: { Authorization: basic({ user: '__token__', password: token }) } })

const publishers = (hub: string, lab: string) => `
audience: pypi.example.com
issuers:
  hub: {type: github, url: "${hub}"}
  lab: {type: gitlab, url: "${lab}", algorithm: ES256}
publishers:
  - issuer: hub
    repository: acme/tools
    workflow: release.yml
    environment: pypi
    tag: v*
    projects: [acme-*]
  - issuer: hub
    repository: acme/tools
    workflow: nightly.yml
    branch: main
    projects: [nightly]
  - issuer: lab
    project: group/tool
    branch: main
    protected: true
    projects: [tool]
`

describeTrusted('trusted publishing', () => {
    let hub: IssuerServer
    let lab: IssuerServer
    let uploads: UploadIndex
    const weak = newSigningKey('weak', 'RS256', 1024)
    beforeAll(async () => {
        hub = await startIssuer()
        lab = await startIssuer('ES256')
        hub.published.push(weak.jwk, { ...lab.key.jwk, kid: 'ec-of-hub' })
        uploads = await startTrustedIndex(publishers(hub.url, lab.url), { cached: true })
        await mintedToken(uploads.index.port, hub.token(githubClaims(now())))
        await mintedToken(uploads.index.port, lab.token(gitlabClaims(now())))
    })
    afterAll(async () => {
        await uploads.stop()
        await hub.close()
        await lab.close()
    })
    const upload = (token: string, name: string) => sendForm(uploads.index.port, formOf(name), withToken(token))
    const audit = async () =>
        (await readFile(`${uploads.index.folder}/uploads.log`, 'utf8'))
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)

    /** The first line of the log that matches, as soon as it is written. */
    async function logged(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
        for (;;) {
            const line = (await audit()).find(matches)
            if (line !== undefined) return line
            await sleep(50)
        }
    }

    test('a job gets a token for its projects, which is worth nothing after it is burned', async () => {
        const answer = await mint(uploads.index.port, hub.token(githubClaims(now())))
        expect(answer).toMatchObject({
            status: 200,
            headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        })
        const { success, token, expires } = JSON.parse(answer.text) as {
            success: boolean
            token: string
            expires: number
        }
        expect(success).toBe(true)
        expect(expires - now()).toBeGreaterThan(800)
        expect(await upload(token, 'acme-tools')).toMatchObject({
            status: 200,
            text: expect.stringContaining('uploaded') as string,
        })
        expect(await upload(token, 'other')).toMatchObject({
            status: 403,
            text: expect.stringContaining('The token is for acme-*.') as string,
        })
        expect(await post(uploads.index.port, '/_/oidc/burn-token', { token })).toMatchObject({ status: 202 })
        const burned = await upload(token, 'acme-tools')
        expect(burned).toMatchObject({ status: 401, reason: 'the token has been burned' })
        expect(burned.headers['www-authenticate']).toBe('Basic realm="package uploads"')
        expect(await post(uploads.index.port, '/_/oidc/burn-token', { token })).toMatchObject({ status: 202 })
        const job = { issuer: 'hub', repository: 'acme/tools', run: '1234567890' }
        expect(await logged(({ filename }) => filename === 'acme_tools-1.0-py3-none-any.whl')).toMatchObject({
            user: 'hub:repo:acme/tools:environment:pypi',
            project: 'acme-tools',
            status: 200,
            job,
        })
        expect(await logged(({ action, status }) => action === 'mint' && status === 200)).toMatchObject({
            job,
            status: 200,
            projects: 'acme-*',
        })
        expect(await logged(({ action }) => action === 'burn')).toMatchObject({ job, status: 202 })
        const log = JSON.stringify(await audit()) + uploads.index.log()
        expect(log).not.toContain(token.split('.')[2])
    })

    test("GitLab's job, with ES256, and maturin's address", async () => {
        const answer = await mint(uploads.index.port, lab.token(gitlabClaims(now())), '/_/oidc/github/mint-token')
        const { token } = JSON.parse(answer.text) as { token: string }
        expect((await upload(token, 'tool')).status).toBe(200)
        expect((await upload(token, 'acme-tools')).status).toBe(403)
    })

    test('all publishers that match give their projects', async () => {
        const claims = githubClaims(now(), {
            environment: undefined,
            ref: 'refs/heads/main',
            job_workflow_ref: 'acme/tools/.github/workflows/nightly.yml@refs/heads/main',
        })
        const token = await mintedToken(uploads.index.port, hub.token(claims))
        expect((await upload(token, 'nightly')).status).toBe(200)
        expect((await upload(token, 'acme-tools')).status).toBe(403)
    })

    test('an ID token is worth one exchange', async () => {
        const token = hub.token(githubClaims(now(), { jti: 'once' }))
        await mintedToken(uploads.index.port, token)
        const again = await mint(uploads.index.port, token)
        expect(again.status).toBe(422)
        expect(again.text).toContain('the token with the jti \\"once\\" was used before')
    })

    test.each([
        ['a fork', { repository: 'evil/tools' }, 'repository is "evil/tools"'],
        ['a repository with the same beginning', { repository: 'acme/tools-evil' }, 'repository is "acme/tools-evil"'],
        ['another environment', { environment: 'staging' }, 'environment is "staging"'],
        ['a pull request', { event_name: 'pull_request_target' }, 'event_name is "pull_request_target"'],
    ])('%s: the client sees the claim, the log what was expected', async (_name, changes, message) => {
        const seen = uploads.index.log().length
        const answer = await mint(uploads.index.port, hub.token(githubClaims(now(), changes)))
        expect(answer.status).toBe(422)
        const { message: title, errors } = JSON.parse(answer.text) as {
            message: string
            errors: { code: string; description: string }[]
        }
        expect(title).toBe('Token request failed')
        expect(errors).toEqual([{ code: 'invalid-publisher', description: expect.stringContaining(message) as string }])
        await expect
            .poll(() => uploads.index.log().slice(seen))
            .toMatch(/no publisher matches a token of hub: .* expects "/)
    })

    test(
        'hostile tokens are refused by the engine, each with its message, and S3 hears nothing',
        { timeout: 120_000 },
        async () => {
            const before = await uploads.keys()
            const table = hostileTokens({
                now: now(),
                hub: { url: hub.url, key: hub.key, weak },
                lab: { url: lab.url, key: lab.key },
                stranger: newSigningKey('rsa-1'),
                strangeEc: newSigningKey('ec-1', 'ES256'),
            })
            for (const [name, token, message] of table) {
                const answer = await mint(uploads.index.port, token())
                expect([name, answer.status]).toEqual([name, 422])
                const { errors } = JSON.parse(answer.text) as { errors: { description: string }[] }
                // Behind the message stands the cure.
                const source = message.source.replace(/\$$/, '(?:\\. |$)')
                expect([name, errors[0]!.description]).toEqual([name, expect.stringMatching(new RegExp(source))])
            }
            expect(await uploads.keys()).toEqual(before)
            expect(uploads.index.log()).not.toMatch(/js exception|crit|alert/)
        },
    )

    test('a job with long names: what is stored of it fits into the metadata of an object', async () => {
        const long = '%'.repeat(300)
        const claims = { sub: long, run_id: long, actor: long }
        const token = await mintedToken(uploads.index.port, hub.token(githubClaims(now(), claims)))
        expect((await upload(token, 'acme-long')).status).toBe(200)
        const head = await uploads.bucket.head('acme-long/acme_long-1.0-py3-none-any.whl')
        const metadata = Object.entries(head!.metadata).flat().join('')
        expect(metadata).toContain('release.yml')
        expect(metadata.length).toBeLessThan(1700)
    })

    test('passwords work beside tokens, and an ID token or a changed token does not', async () => {
        expect((await sendForm(uploads.index.port, formOf('by-password'))).status).toBe(200)
        const idToken = hub.token(githubClaims(now()))
        expect(await upload(idToken, 'acme-tools')).toMatchObject({
            status: 401,
            reason: expect.stringContaining('alg is "RS256"') as string,
        })
        const token = await mintedToken(uploads.index.port, idToken)
        expect((await upload(token.slice(0, -2), 'acme-tools')).status).toBe(401)
        expect((await upload(token + '.x', 'acme-tools')).status).toBe(401)
        expect((await upload('wrong', 'acme-tools')).status).toBe(401)
        expect(
            (
                await sendForm(uploads.index.port, formOf('acme-tools'), {
                    headers: { Authorization: `Bearer ${token}` },
                })
            ).status,
        ).toBe(401)
        expect(
            (
                await sendForm(uploads.index.port, formOf('acme-tools'), {
                    headers: { Authorization: basic({ user: 'release-bot', password: token }) },
                })
            ).status,
        ).toBe(401)
        // A token is no password of readers.
        expect((await request(uploads.index.port, '/-/readyz')).status).toBe(200)
    })

    test('rotation: a new key is fetched early, once a minute at most', { timeout: 60_000 }, async () => {
        const old = hub.token(githubClaims(now()))
        const next = newSigningKey('rsa-2')
        hub.key = next
        hub.published.push(next.jwk)
        const asked = () => hub.requests.filter((each) => each === '/jwks').length
        const before = asked()
        const fresh = hub.token(githubClaims(now()))
        const unknown = await mint(uploads.index.port, fresh)
        expect(unknown).toMatchObject({ status: 422, text: expect.stringContaining('kid is \\"rsa-2\\"') as string })
        // Uploads with the old key go on meanwhile.
        await mintedToken(uploads.index.port, old)
        for (let count = 0; count < 5; count++) {
            await mint(
                uploads.index.port,
                signToken(newSigningKey(`random-${count}`, 'ES256'), githubClaims(now(), { iss: hub.url }), {
                    alg: 'RS256',
                }),
            )
        }
        await sleep(6000)
        // Within the first minute nothing more is asked.
        expect(asked() - before).toBeLessThanOrEqual(1)
    })

    test('keys and revocations are read for each upload', async () => {
        const token = await mintedToken(uploads.index.port, lab.token(gitlabClaims(now())))
        const keys = path.join(
            path.dirname(
                (await readFile(`${uploads.index.folder}/maps.conf`, 'utf8')).match(/"(\/[^"\\]*token-keys)/)![1]!,
            ),
            'token-keys',
        )
        const good = await readFile(keys, 'utf8')
        await writeFile(keys, 'changeme\n')
        const broken = await upload(token, 'tool')
        expect(broken).toMatchObject({ status: 424, reason: 'Tokens cannot be verified' })
        await expect.poll(() => uploads.index.log()).toContain(`key 1 of ${keys} is not 256 bits`)
        expect((await mint(uploads.index.port, lab.token(gitlabClaims(now())), '/_/oidc/x')).status).toBe(405)
        await writeFile(keys, good)
        expect((await upload(token, 'tool')).status).toBe(200)
    })
})
