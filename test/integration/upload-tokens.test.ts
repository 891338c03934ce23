import { chmod, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UploadToken } from '../../core/tokens/upload-token.js'
import { describeFiles } from '../../scripts/manage/describe.js'
import { readProject, readUploaders } from '../../scripts/manage/read-project.js'
import { makeUploadToken } from '../../scripts/manage/signed-token.js'
import { makeWheel } from '../support/distributions/distributions.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { request } from '../support/requests/raw-request.js'
import { startIndex, type IndexOptions } from '../support/nginx/start-index.js'
import { environmentOf } from '../support/s3/bucket.js'
import { startS3 } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { hmacToken } from '../support/tokens/issuer-keys.js'
import { keysOf, readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { basic, sendForm } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

const now = () => Math.floor(Date.now() / 1000)
const formOf = (name: string) => encodeForm(uploadParts(makeWheel({ name, version: '1.0' })))
const [key, oldKey, strangeKey] = [newTokenKey(), newTokenKey(), newTokenKey()]
const tokenOf = (keyText = key, user = 'ci', projects = ['acme-*']) =>
    makeUploadToken(user, { projects, expires: '1h', keys: keysOf(keyText), now: now() })
const signed = (changes: Partial<UploadToken>) => uploadTokenOf(key, { subject: 'ci', ...changes })
const withToken = (token: string, user = '__token__') => ({ Authorization: basic({ user, password: token }) })

describe.each<[string, Record<string, unknown>]>([
    ['beside passwords', {}],
    ['beside passwords, with a cache and rights', { cached: true, uploadRights: 'rights' }],
    ['alone', { uploadHtpasswd: undefined }],
])('tokens %s', (_name, options) => {
    let uploads: UploadIndex
    let folder: string
    beforeAll(async () => {
        folder = await temporaryFolder()
        await chmod(folder, 0o755)
        await writeFile(`${folder}/token-keys`, `${key}\n# until summer:\n${oldKey}\n`)
        await writeFile(`${folder}/revoked`, '')
        await writeFile(`${folder}/rights`, 'release-bot allowed\n')
        uploads = await startUploadIndex({
            tokenKeys: `${folder}/token-keys`,
            revokedTokens: `${folder}/revoked`,
            ...(options as Partial<IndexOptions>),
            ...('uploadRights' in options && { uploadRights: path.join(folder, 'rights') }),
        })
    })
    afterAll(() => uploads.stop())
    const upload = (token: string, name = 'acme-tools', user = '__token__') =>
        sendForm(uploads.index.port, formOf(name), { headers: withToken(token, user) })

    test('a token uploads its projects and no others, whichever key signed it', async () => {
        for (const keyText of [key, oldKey]) {
            expect((await upload(tokenOf(keyText).token)).status).toBe(200)
            const refused = await upload(tokenOf(keyText).token, 'other')
            expect(refused).toMatchObject({
                status: 403,
                reason: 'You may not upload to the project other',
                text: expect.stringContaining('The token is for acme-*.') as string,
            })
        }
        const head = await uploads.bucket.head('acme-tools/acme_tools-1.0-py3-none-any.whl')
        expect(head?.metadata['uploaded-by']).toBe('ci')
        const page = await readProject(uploads.bucket, 'acme-tools')
        const uploaders = await readUploaders(uploads.bucket, page)
        expect(describeFiles(page, uploaders)).toMatch(/UPLOADED BY\n1\.0 .* ci\n$/)
        expect(describeFiles(page)).not.toContain('UPLOADED BY')
        // Readers do not see who uploaded a file.
        const file = await request(uploads.index.port, '/acme-tools/acme_tools-1.0-py3-none-any.whl')
        expect(file.status).toBe(200)
        expect(Object.keys(file.headers).join()).not.toContain('uploaded-by')
    })

    test.each<[string, () => string, RegExp]>([
        ['of another key', () => tokenOf(strangeKey).token, /^kid is "/],
        ['expired', () => signed({ expires: now() - 1 }), /^the token has expired: exp is /],
        ['of the future', () => signed({ issued: now() + 900, expires: now() + 1000 }), /^iat is /],
        ['for reading', () => readTokenOf(key), /^the token is for reading$/],
        [
            'changed',
            () => tokenOf().token.replace(/\.[^.]+\./, (part) => `${part.slice(0, -2)}x.`),
            /^the (signature|claims part) of|^the claims/,
        ],
        ['without a signature', () => tokenOf().token.replace(/[^.]+$/, ''), /^the signature of the token is wrong$/],
        [
            'that says none',
            () => hmacToken(key, { alg: 'none', kid: keysOf(key)[0].id }, { sub: 'x' }),
            /^alg is "none"/,
        ],
        [
            'that another program signed with the key',
            () => hmacToken(key, { alg: 'HS256', kid: keysOf(key)[0].id }, { sub: 'x' }),
            /^typ is ""/,
        ],
    ])('a token %s: 401 with the reason, before the body is read', async (_what, token, reason) => {
        const before = await uploads.keys()
        const answer = await upload(token())
        expect(answer.status).toBe(401)
        expect(answer.reason).toMatch(reason)
        expect(answer.text).toContain(answer.reason)
        expect(answer.headers['www-authenticate']).toBe('Basic realm="package uploads"')
        expect(await uploads.keys()).toEqual(before)
        expect(await firstLine(uploads.index.port, token())).toMatch(/^HTTP\/1\.1 401 /)
    })

    test('a client that sends a large file with a refused token sees why', async () => {
        const large = makeWheel({ name: 'acme-tools', version: '2.0', ballast: 24 * 1024 * 1024 })
        const headers = withToken(tokenOf(strangeKey).token)
        const answer = await sendForm(uploads.index.port, encodeForm(uploadParts(large)), { headers })
        expect(answer).toMatchObject({ status: 401, reason: expect.stringMatching(/^kid is "/) as string })
    })

    test.each<[string, Record<string, string | undefined>]>([
        ['nothing', { Authorization: undefined }],
        ['a wrong password', { Authorization: basic({ user: 'release-bot', password: 'wrong' }) }],
        ['a password as a token', withToken('wrong')],
        ['a token of another user name', withToken(tokenOf().token, 'release-bot')],
        ['a bearer token', { Authorization: `Bearer ${tokenOf().token}` }],
        [
            'another scheme',
            { Authorization: `Digest ${basic({ user: '__token__', password: tokenOf().token }).slice(6)}` },
        ],
        ['no base64', { Authorization: 'Basic !!!' }],
        ['no user', { Authorization: 'Basic ' + Buffer.from(tokenOf().token).toString('base64') }],
    ])('%s: 401', async (_what, headers) => {
        const answer = await sendForm(uploads.index.port, formOf('acme-tools'), { headers })
        expect(answer.status).toBe(401)
        expect(answer.headers['www-authenticate']).toBe('Basic realm="package uploads"')
    })

    test('a revoked token, and a list that cannot be read: nothing falls open', async () => {
        const { token, id } = tokenOf()
        expect((await upload(token)).status).toBe(200)
        await writeFile(`${folder}/revoked`, `# lost\n${id}\n`)
        expect(await upload(token)).toMatchObject({
            status: 401,
            reason: `the token "${id}" of "ci" has been revoked`,
        })
        expect((await upload(tokenOf().token)).status).toBe(200)
        for (const text of [`${id} and more\n`, `${token}\n`, Buffer.from(`${id}\n`, 'utf16le'), undefined]) {
            if (text === undefined) await rm(`${folder}/revoked`)
            else await writeFile(`${folder}/revoked`, text)
            expect(await upload(tokenOf().token)).toMatchObject({ status: 424, reason: 'Tokens cannot be verified' })
            await expect.poll(() => uploads.index.log()).toContain(`${folder}/revoked`)
        }
        await writeFile(`${folder}/revoked`, '')
        expect((await upload(token)).status).toBe(200)
    })

    test('--upload-rights is for passwords; a token carries its rights', async () => {
        if (!('uploadRights' in options)) return
        const byPassword = (name: string) => sendForm(uploads.index.port, formOf(name))
        expect((await byPassword('allowed')).status).toBe(200)
        expect((await byPassword('acme-tools')).status).toBe(403)
        expect((await upload(tokenOf(key, 'release-bot').token)).status).toBe(200)
        expect((await upload(tokenOf(key, 'release-bot').token, 'allowed')).status).toBe(403)
    })

    test('no token and no key is in a log', () => {
        expect(uploads.index.log()).not.toContain(key)
        expect(uploads.index.log()).not.toMatch(/eyJ[\w-]{20}/)
    })
})

test.each([
    [`${key} ${oldKey}`, 200, ''],
    ['', 424, 'PYPI_TOKEN_KEYS is not set in the environment of nginx'],
    ['changeme', 424, 'key 1 of PYPI_TOKEN_KEYS is not 256 bits'],
])('keys in the environment of nginx %#: %d', async (text, status, logged) => {
    const s3 = await startS3('embedded')
    const bucket = await newBucket(s3)
    const index = await startIndex({
        ...{ endpointUrl: s3.endpoint, bucket: bucket.name, region: s3.region, upload: true, tokenKeys: 'env' },
        environment: { ...environmentOf(s3), ...(text !== '' && { PYPI_TOKEN_KEYS: text }) },
    })
    const answer = await sendForm(index.port, formOf('acme-tools'), { headers: withToken(tokenOf().token) })
    expect(answer.status).toBe(status)
    await expect.poll(() => index.log()).toContain(logged)
    await index.stop()
    await s3.close()
})

/** What nginx answers to an upload whose body does not come. */
async function firstLine(port: number, token: string): Promise<string> {
    const socket = net.connect(port, '127.0.0.1')
    const { Authorization } = withToken(token)
    socket.write(
        `POST /legacy/ HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n` +
            'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n',
    )
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    socket.destroy()
    return first.toString()
}
