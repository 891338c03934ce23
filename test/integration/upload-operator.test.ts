import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { makeWheel, type Distribution } from '../support/distributions/distributions.js'
import { createAuthority, type Authority } from '../support/machine/certificates.js'
import { describeWhere } from '../support/machine/requirements.js'
import { startRecordedUploads, type RecordedUploads } from '../support/uploads/recorded-uploads.js'
import type { Fate } from '../support/upstreams/fault-proxy.js'
import { basic, sendUpload } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'

const small = makeWheel({ name: 'acme', version: '1.0' })
const large = makeWheel({ name: 'acme', version: '2.0', ballast: 3 * 1024 * 1024 })

/** Puts the bodies of uploads into another folder. */
const bodiesIn = (folder: string) => (_name: string, content: string) =>
    content.replaceAll(/[^\s:;]*\/temp-upload/g, folder)

const folders: string[] = []
function workersFolder(mode: number): string {
    const outer = mkdtempSync(path.join(os.tmpdir(), 'bodies-'))
    chmodSync(outer, 0o755)
    folders.push(outer)
    const folder = `${outer}/bodies`
    mkdirSync(folder)
    chmodSync(folder, mode)
    return folder
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** The first answer counts: the operator must make room, and the same upload then succeeds. */
async function cannotStore(uploads: RecordedUploads, file: Distribution): Promise<void> {
    uploads.forget()
    const answer = await sendUpload(uploads.index.port, file)
    expect(answer).toMatchObject({ status: 424 })
    expect(answer.text).toContain('The upload cannot be stored')
    expect(uploads.seen()).toEqual([])
}

const noMount = (): string | undefined => {
    if (process.getuid?.() !== 0) return 'a file system of 1 MB: only root may mount it'
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mount-'))
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' })
        execFileSync('umount', [folder])
        return undefined
    } catch {
        return 'a file system of 1 MB: mount is refused'
    } finally {
        rmSync(folder, { recursive: true })
    }
}

describeWhere('a disk that is full', noMount(), () => {
    let uploads: RecordedUploads
    let folder: string
    beforeAll(async () => {
        folder = workersFolder(0o777)
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', folder])
        uploads = await startRecordedUploads({ edit: bodiesIn(folder) })
    })
    afterAll(async () => {
        await uploads.stop()
        execFileSync('umount', [folder])
    })

    test('the client sees 424, S3 hears nothing, and a file that has room is taken', async () => {
        for (let attempt = 0; attempt < 3; attempt++) await cannotStore(uploads, large)
        expect(uploads.index.log()).toContain('No space left on device')
        // What was there of the body is gone, so that there is room again.
        expect(await sendUpload(uploads.index.port, small)).toMatchObject({ status: 200 })
        expect((await verify(uploads.bucket, { deep: true })).problems).toEqual([])
    })
})

describeWhere(
    'a folder of bodies that workers cannot write',
    process.getuid?.() === 0 ? undefined : 'workers with another user: only root has them',
    () => {
        test('the client sees 424, and S3 hears nothing', async () => {
            const uploads = await startRecordedUploads()
            const folder = `${uploads.index.folder}/temp-upload`
            const { uid, gid } = statSync(folder)
            chownSync(folder, 0, 0)
            chmodSync(folder, 0o711)
            await cannotStore(uploads, small)
            await cannotStore(uploads, large)
            expect(uploads.index.log()).toContain('Permission denied')
            chownSync(folder, uid, gid)
            chmodSync(folder, 0o700)
            expect(await sendUpload(uploads.index.port, small)).toMatchObject({ status: 200 })
            await uploads.stop()
        })
    },
)

describe('S3 does not answer', () => {
    let uploads: RecordedUploads
    beforeAll(async () => {
        const short = (_name: string, content: string) =>
            content.replace(/proxy_read_timeout +300s/g, 'proxy_read_timeout 1s')
        uploads = await startRecordedUploads({ edit: short })
    })
    afterAll(() => uploads.stop())

    test.each([1, 8])('from call %d on: 503, and the same upload completes it', { timeout: 180_000 }, async (from) => {
        const file = makeWheel({ name: `stalled-${from}`, version: '1.0' })
        let calls = 0
        let release = (): void => {}
        const held = new Promise<void>((resolve) => (release = resolve))
        uploads.decide = async (): Promise<Fate> => {
            if (++calls >= from) await held
            return 'pass'
        }
        const answer = await sendUpload(uploads.index.port, file, { name: `stalled-${from}` })
        expect(answer).toMatchObject({ status: 503, reason: 'The upload was not completed' })
        expect(calls).toBeGreaterThanOrEqual(from + 5)
        uploads.decide = () => 'pass'
        release()
        expect(await sendUpload(uploads.index.port, file, { name: `stalled-${from}` })).toMatchObject({ status: 200 })
        expect((await verify(uploads.bucket, { deep: false })).problems).toEqual([])
    })
})

describe('--client-ca', () => {
    let authority: Authority
    let folder: string
    let tls: { tlsCert: string; tlsKey: string; httpListen: string; clientCa: string }
    beforeAll(() => {
        authority = createAuthority()
        folder = path.dirname(authority.file)
        chmodSync(folder, 0o755)
        const { key, cert } = authority.issue('pypi.example.com')
        writeFileSync(`${folder}/tls.key`, key)
        writeFileSync(`${folder}/tls.pem`, cert)
        writeFileSync(`${folder}/rights`, 'ci.example.com acme\nrelease-bot acme\n')
        const files = { tlsCert: `${folder}/tls.pem`, tlsKey: `${folder}/tls.key` }
        tls = { ...files, httpListen: 'off', clientCa: authority.file }
    })

    async function send(uploads: RecordedUploads, file: Distribution, client: object, password?: string) {
        const { contentType, body } = encodeForm(uploadParts(file))
        const outgoing = https.request({
            ...{ host: '127.0.0.1', port: uploads.index.port, path: '/legacy/', method: 'POST', agent: false },
            ...{ servername: 'pypi.example.com', rejectUnauthorized: false, ...client },
            headers: {
                'Content-Type': contentType,
                'Content-Length': body.length,
                ...(password !== undefined && { Authorization: password }),
            },
        })
        outgoing.end(body)
        const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage]
        incoming.resume()
        return incoming.statusCode
    }

    const other = makeWheel({ name: 'other', version: '1.0' })

    test('without a password file, the certificate is the user', async () => {
        const uploads = await startRecordedUploads({
            ...tls,
            noHtpasswd: true,
            uploadRights: `${folder}/rights`,
        })
        const own = authority.issue('ci.example.com')
        expect(await send(uploads, small, {})).toBe(403)
        expect(await send(uploads, small, createAuthority().issue('ci.example.com'))).toBeOneOf([400, 403])
        expect(await send(uploads, small, authority.issue('stranger.example.com'))).toBe(403)
        expect(await send(uploads, small, authority.issue('x', { commonName: 'x,CN=ci.example.com' }))).toBe(403)
        expect(await send(uploads, other, own)).toBe(403)
        // A password gives no other name.
        expect(await send(uploads, other, own, basic({ user: 'release-bot', password: 'x' }))).toBe(403)
        expect(uploads.seen()).toEqual([])
        expect(await send(uploads, small, own)).toBe(200)
        await uploads.stop()
    })

    test('with a password file, both are needed, and the password is the user', async () => {
        const uploads = await startRecordedUploads({ ...tls, uploadRights: `${folder}/rights` })
        const own = authority.issue('any.example.com')
        expect(await send(uploads, small, {}, basic())).toBe(403)
        expect(await send(uploads, small, own)).toBe(401)
        expect(await send(uploads, small, own, basic({ user: 'release-bot', password: 'wrong' }))).toBe(401)
        expect(await send(uploads, other, own, basic())).toBe(403)
        expect(uploads.seen()).toEqual([])
        expect(await send(uploads, small, own, basic())).toBe(200)
        await uploads.stop()
    })
})
