import { chmod, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeToken } from '../../scripts/manage/token.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type Index, type IndexOptions } from '../support/nginx/start-index.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { request } from '../support/requests/raw-request.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { hmacToken } from '../support/tokens/issuer-keys.js'
import { keysOf, readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'

const now = () => Math.floor(Date.now() / 1000)
const [key, oldKey, strangeKey] = [newTokenKey(), newTokenKey(), newTokenKey()]
const withToken = (token: string, user = '__token__') => ({ Authorization: basic({ user, password: token }) })
const wheel = makeWheel({ name: 'acme-tools', version: '1.0' })
const file = `/simple/acme-tools/${wheel.filename}`
const pages = ['/', '/simple/acme-tools/', '/acme-tools/', '/-/status', '/-/readyz/details']

/** Longer than a token is remembered. */
const remembered = 12_000

describe.each<[string, Partial<IndexOptions>, streams: boolean]>([
    ['beside passwords', { htpasswd: 'htpasswd' }, true],
    ['beside passwords, with a cache', { htpasswd: 'htpasswd', cached: true }, true],
    ['alone, with a cache, networks and a fallback', { cached: true, allow: ['127.0.0.1'], fallback: true }, true],
    ['alone, and uploads', { upload: true }, true],
    ['with redirects and a cache', { cached: true, delivery: 'redirect' }, false],
])('read tokens %s', (_name, options, streams) => {
    let s3: S3Server
    let index: Index
    let folder: string
    beforeAll(async () => {
        s3 = await startS3('embedded')
        const bucket = await newBucket(s3)
        await publish(bucket, await writeDistributions(wheel))
        folder = await temporaryFolder()
        await chmod(folder, 0o755)
        await writeFile(`${folder}/token-keys`, `${key}\n${oldKey}\n`)
        await writeFile(`${folder}/revoked`, '')
        await writeFile(`${folder}/htpasswd`, makeToken('reader', 'password').line + '\n')
        index = await startIndex({
            ...{ endpointUrl: s3.endpoint, environment: environmentOf(s3), bucket: bucket.name, region: s3.region },
            ...{ tokenKeys: `${folder}/token-keys`, revokedTokens: `${folder}/revoked`, readTokens: true },
            ...options,
            ...(options.htpasswd && { htpasswd: path.join(folder, options.htpasswd) }),
        })
    })
    afterAll(async () => {
        await index.stop()
        await s3.close()
    })
    const read = (path: string, headers: Record<string, string>) => request(index.port, path, { headers })
    const status = async (token: string, path = '/simple/acme-tools/') => (await read(path, withToken(token))).status
    const known = () => readdir(`${index.folder}/temp-tokens`, { recursive: true })

    test('a token reads everything, whichever key signed it, and again', async () => {
        const names = [1, 2, 3, 4, 5, 128].map((length) => readTokenOf(key, { subject: 'n'.repeat(length) }))
        for (const token of [...names, readTokenOf(oldKey)]) {
            for (const path of [...pages, ...pages]) expect([path, await status(token, path)]).toEqual([path, 200])
            expect((await read('/simple/Acme_Tools/', withToken(token))).status).toBe(301)
            const answer = await read(file, withToken(token))
            expect(answer.status).toBe(streams ? 200 : 302)
            if (streams) expect(answer.body.equals(Buffer.from(wheel.bytes))).toBe(true)
            expect(answer.headers['cache-control']).toContain(streams ? 'private' : 'no-store')
            expect(await status(token, '/simple/missing/')).toBe(options.fallback ? 302 : 404)
        }
    })

    test('a password works beside tokens, and a wrong one does not', async () => {
        const expected = options.htpasswd ? 200 : 401
        for (const path of pages) {
            expect((await read(path, { Authorization: basic({ user: 'reader', password: 'password' }) })).status).toBe(
                expected,
            )
            expect((await read(path, { Authorization: basic({ user: 'reader', password: 'wrong' }) })).status).toBe(401)
            expect((await read(path, {})).status).toBe(401)
        }
        expect((await request(index.port, '/-/healthz')).status).toBe(200)
        expect((await request(index.port, '/-/readyz')).status).toBe(200)
    })

    test.each<[string, () => Record<string, string>]>([
        ['of another key', () => withToken(readTokenOf(strangeKey))],
        ['for uploads', () => withToken(uploadTokenOf(key))],
        ['for uploads of a project', () => withToken(uploadTokenOf(key, { projects: ['acme-*'] }))],
        ['expired', () => withToken(readTokenOf(key, { expires: now() - 1 }))],
        ['with a later end', () => withToken(readTokenOf(key).replace(/\.1(\d{9})\./, '.2$1.'))],
        ['of somebody else', () => withToken(readTokenOf(key).replace('.laptop.', '.desktop.'))],
        ['with another signature', () => withToken(readTokenOf(key).replace(/.{4}$/, 'AAAA'))],
        ['without a signature', () => withToken(readTokenOf(key).replace(/[^.]+$/, ''))],
        ['with more behind it', () => withToken(readTokenOf(key) + 'A')],
        ['with a line break behind it', () => withToken(readTokenOf(key) + '\n')],
        ['of a key that is not named', () => withToken(readTokenOf(key).replace(/^read\.[^.]+/, 'read.AAAAAAAA'))],
        [
            'that is a JWS for reading',
            () =>
                withToken(
                    hmacToken(
                        key,
                        { alg: 'HS256', kid: keysOf(key)[0].id, typ: 'pypi+jwt' },
                        { sub: 'x', scope: 'read' },
                    ),
                ),
        ],
        ['cut', () => withToken(readTokenOf(key).slice(0, -30))],
        ['huge', () => withToken(readTokenOf(key) + 'A'.repeat(5000))],
        ['garbage', () => withToken('read.' + 'A'.repeat(120))],
        ['as another user', () => withToken(readTokenOf(key), 'laptop')],
        ['as nobody', () => withToken(readTokenOf(key), '')],
        ['as a bearer', () => ({ Authorization: `Bearer ${readTokenOf(key)}` })],
        ['without base64', () => ({ Authorization: `Basic __token__:${readTokenOf(key)}` })],
        ['with a path', () => ({ Authorization: `Basic X190b2tlbl9fOnJlYWQu${'A'.repeat(110)}/../../nginx.conf` })],
    ])('a token %s: 401, and it is not remembered', async (_what, headers) => {
        const before = await known()
        for (const path of ['/simple/acme-tools/', file]) {
            expect([path, (await read(path, headers())).status]).toEqual([path, 401])
        }
        expect(await known()).toEqual(before)
    })

    test('a token that is refused is refused at each address', async () => {
        const headers = withToken(readTokenOf(strangeKey))
        for (const path of [...pages, '/simple/Acme_Tools/', '/simple/', '/missing/']) {
            expect([path, (await read(path, headers)).status]).toEqual([path, 401])
        }
    })

    test('a token that expires while it is used ends in that second', async () => {
        const token = readTokenOf(key, { expires: now() + 3 })
        expect(await status(token)).toBe(200)
        await sleep(3500)
        expect(await status(token)).toBe(401)
    })

    test('a revoked token ends soon, and nothing falls open while the list cannot be read', async () => {
        const id = 'revoked-id_'
        const [revoked, other] = [readTokenOf(key, { id }), readTokenOf(key)]
        expect(await status(revoked)).toBe(200)
        expect(await status(other)).toBe(200)
        await writeFile(`${folder}/revoked`, `# lost\n${id}\n`)
        await sleep(remembered)
        expect(await status(revoked)).toBe(401)
        expect(await status(other)).toBe(200)
        await rm(`${folder}/revoked`)
        await sleep(remembered)
        expect(await status(other)).toBe(401)
        await writeFile(`${folder}/revoked`, '')
        expect(await status(other)).toBe(200)
        // Of the tokens that were used before, nothing is left but what the last seconds have made.
        const windows = await readdir(`${index.folder}/temp-tokens`)
        expect(windows.length).toBeLessThanOrEqual(3)
    })

    test('a key that is removed ends its tokens', async () => {
        const token = readTokenOf(oldKey)
        expect(await status(token)).toBe(200)
        await writeFile(`${folder}/token-keys`, `${key}\n`)
        await sleep(remembered)
        expect(await status(token)).toBe(401)
        expect(await status(readTokenOf(key))).toBe(200)
        await writeFile(`${folder}/token-keys`, `${key}\n${oldKey}\n`)
    })

    test('it does not upload', async () => {
        const form = encodeForm(uploadParts(wheel))
        const answer = await sendForm(index.port, form, { headers: withToken(readTokenOf(key)) })
        expect(answer.status).toBe(options.upload ? 401 : 405)
        if (options.upload) expect(answer.reason).toBe('the token is for reading')
    })

    test('no token is in a log, even if nginx cannot look for its file', async () => {
        const token = readTokenOf(key)
        const headers = withToken(token)
        await chmod(`${index.folder}/temp-tokens`, 0o000)
        expect((await read('/simple/acme-tools/', headers)).status).toBe(200)
        await chmod(`${index.folder}/temp-tokens`, 0o700)
        await expect.poll(() => index.log()).toContain('so each request with a token runs a script: EACCES')
        expect(index.log()).not.toMatch(/eyJhbGciOi|X190b2tlbl9f|OnJlYWQu|read\.[\w-]{8}\./)
        expect(index.log()).not.toContain(token.slice(0, -43))
    })
})
