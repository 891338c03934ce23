import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { verify } from '../../scripts/index/repair/verify.js'
import { publish } from '../../scripts/publish/publish.js'
import { makeSdist, makeWheel, writeDistributions, type Distribution } from '../support/distributions/distributions.js'
import { sendForm, sendUpload } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts, type FormPart } from '../support/uploads/upload-form.js'
import { startUploadIndex, type UploadIndex } from '../support/uploads/upload-index.js'

const jsonType = 'application/vnd.pypi.simple.v1+json'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The files of a project as clients see them: digests by name. */
async function filesOf({ index }: UploadIndex, project: string): Promise<Record<string, string>> {
    const answer = await fetch(`${index.url}/simple/${project}/`, { headers: { Accept: jsonType } })
    if (answer.status === 404) return {}
    const { files } = (await answer.json()) as { files: { filename: string; hashes: { sha256: string } }[] }
    return Object.fromEntries(files.map(({ filename, hashes }) => [filename, hashes.sha256]))
}

/** What "manage-index verify" finds, each file downloaded. */
async function problemsOf({ bucket }: UploadIndex): Promise<unknown[]> {
    return (await verify(bucket, { deep: true })).problems
}

describe.each([
    ['without a cache', {}],
    ['with a cache and a prefix', { cached: true, prefix: 'team-a/' }],
])('%s', (_name, options) => {
    let uploads: UploadIndex
    beforeAll(async () => {
        uploads = await startUploadIndex(options)
    })
    afterAll(() => uploads.stop())

    test('a wheel and an sdist are on the page at once, byte for byte', async () => {
        const wheel = makeWheel({ name: 'Acme.Tools', version: '1.0+cu12', requiresPython: '>=3.8' })
        const sdist = await makeSdist({ name: 'Acme.Tools', version: '1.0+cu12' })
        const large = makeWheel({ name: 'Acme.Tools', version: '2.0', ballast: 9 * 1024 * 1024 })
        const seen: Record<string, string> = {}
        for (const file of [wheel, sdist, large]) {
            // Nothing old comes from the cache.
            expect(await filesOf(uploads, 'acme-tools')).toEqual(seen)
            const answer = await sendUpload(uploads.index.port, file, { name: 'Acme.Tools', version: version(file) })
            expect(answer).toMatchObject({ status: 200 })
            seen[file.filename] = sha256(file.bytes)
            expect(await filesOf(uploads, 'acme-tools')).toEqual(seen)
            const url = `${uploads.index.url}/simple/acme-tools/${encodeURIComponent(file.filename)}`
            expect(sha256(Buffer.from(await (await fetch(url)).arrayBuffer()))).toBe(sha256(file.bytes))
        }
        const list = await (await fetch(`${uploads.index.url}/simple/`)).text()
        expect(list).toContain('href="acme-tools/"')
        const metadata = await fetch(`${uploads.index.url}/simple/acme-tools/${large.filename}.metadata`)
        expect(await metadata.text()).toContain('Version: 2.0')
        // Nothing but what publish-package writes.
        expect(await problemsOf(uploads)).toEqual([])
        expect(await uploads.keys()).not.toContainEqual(expect.stringContaining('.uploads/'))
    })

    test('the same bytes again are a success, others are refused', async () => {
        const file = makeWheel({ name: 'twice', version: '1.0' })
        const other = makeWheel({ name: 'twice', version: '1.0', summary: 'another build' })
        expect((await sendUpload(uploads.index.port, file)).status).toBe(200)
        const before = await uploads.bucket.get('twice/index.json')
        expect((await sendUpload(uploads.index.port, file)).status).toBe(200)
        const refused = await sendUpload(uploads.index.port, other)
        expect(refused).toMatchObject({
            status: 400,
            reason: expect.stringMatching(/^File already exists \('twice-1\.0/),
        })
        expect(refused.text).toContain('File already exists')
        expect(await filesOf(uploads, 'twice')).toEqual({ [file.filename]: sha256(file.bytes) })
        expect(await uploads.bucket.get('twice/index.json')).toEqual(before)
    })

    test('after publish-package, and before it', async () => {
        const [first, second, third] = ['1.0', '1.1', '1.2'].map((version) => makeWheel({ name: 'mixed', version }))
        await publish(uploads.bucket, await writeDistributions(first!))
        expect((await sendUpload(uploads.index.port, second!)).status).toBe(200)
        expect((await sendUpload(uploads.index.port, first!)).status).toBe(200)
        await publish(uploads.bucket, await writeDistributions(second!, third!))
        const all = [first!, second!, third!].map(({ filename, bytes }) => [filename, sha256(bytes)])
        // The cache does not know of the files of publish-package before its pages expire.
        const names = (await uploads.keys()).filter((key) => /^mixed\/.*\.whl$/.test(key))
        expect(names).toEqual(all.map(([filename]) => `mixed/${filename}`))
        expect(await problemsOf(uploads)).toEqual([])
    })

    test.each(hostileForms())('%s: %s', async (_name, reason, parts) => {
        const before = await uploads.keys()
        const answer = await sendForm(uploads.index.port, Array.isArray(parts) ? encodeForm(parts) : parts)
        expect(answer).toMatchObject({ status: 400 })
        expect(answer.text).toMatch(reason)
        // One line for clients that show the reason phrase only.
        expect(answer.reason).toBe(answer.text.split('\n')[0])
        expect(await uploads.keys()).toEqual(before)
    })
})

function version({ filename }: Distribution): string {
    return /-(\d[^-]*?)(?:-py|\.tar)/.exec(filename)![1]!
}

type Hostile = [name: string, reason: RegExp, form: FormPart[] | { contentType: string; body: Buffer }]

function hostileForms(): Hostile[] {
    const file = makeWheel({ name: 'hostile', version: '1.0' })
    const parts = (changes: Record<string, string | null> = {}) => uploadParts(file, changes)
    const form = encodeForm(parts(), 'xyz')
    const named = (filename: string) => parts().map((part) => (part.name === 'content' ? { ...part, filename } : part))
    return [
        ['another sha256', /sha256/, parts({ sha256_digest: '0'.repeat(64) })],
        ['no sha256', /sha256_digest/, parts({ sha256_digest: null })],
        ['another md5', /MD5/, parts({ md5_digest: '0'.repeat(32) })],
        ['another name than that of the file', /name/, parts({ name: 'acme' })],
        ['another version', /name of a file of/, parts({ version: '2.0' })],
        ['no name', /no name/, parts({ name: null })],
        ['another action', /only file_upload/, parts({ ':action': 'steal' })],
        ['the type of an sdist', /filetype/, parts({ filetype: 'sdist' })],
        ['two files', /two files/, [...parts(), parts().at(-1)!]],
        ['no file', /no file/, parts().slice(0, -1)],
        ['a path', /neither|not the name/, named('../hostile-1.0-py3-none-any.whl')],
        ['a folder', /not the name/, named('a/hostile-1.0-py3-none-any.whl')],
        ['a name with a control character', /./, named('hostile-1.0\u0007-py3-none-any.whl')],
        ['an egg', /neither/, named('hostile-1.0-py3.egg')],
        ['10,000 fields', /more than/, Array.from({ length: 10_000 }, () => ({ name: 'x', value: '' }))],
        ['a large field', /more than|bytes/, [{ name: 'description', value: 'x'.repeat(9 * 1024 * 1024) }, ...parts()]],
        ['a body that is cut off', /cut off/, { ...form, body: form.body.subarray(0, -20) }],
        ['another boundary', /boundary/, { ...form, contentType: 'multipart/form-data; boundary=abc' }],
        ['no form', /multipart\/form-data/, { ...form, contentType: 'application/json' }],
        ['no archive', /./, uploadParts({ ...file, bytes: Buffer.from('no archive') })],
        ['an attestation', /attestations/, parts({ attestations: '[]' })],
        ['an empty file', /empty/, uploadParts({ ...file, bytes: Buffer.alloc(0) })],
    ]
}

test('--upload-rights: each user publishes its own projects, and the file is read again', async () => {
    const uploads = await startUploadIndex()
    const rights = path.join(uploads.folder, 'rights')
    const own = await startUploadIndex({ uploadRights: rights })
    const acme = makeWheel({ name: 'acme-tools', version: '1.0' })
    const other = makeWheel({ name: 'other', version: '1.0' })
    for (const [content, statuses] of [
        ['release-bot acme-* # ours\n', [200, 403]],
        ['someone-else acme-* other\n', [403, 403]],
        ['* other\n', [403, 200]],
        ['', [403, 403]],
        ['release-bot\n', [403, 403]],
        ['release-bot acme-[a-z]\n', [403, 403]],
    ] as const) {
        await writeFile(rights, content)
        const answers = [await sendUpload(own.index.port, acme), await sendUpload(own.index.port, other)]
        expect([content, answers.map(({ status }) => status)]).toEqual([content, statuses])
    }
    // Without the option, each uploader may upload everything.
    expect((await sendUpload(uploads.index.port, other)).status).toBe(200)
    await uploads.stop()
    await own.stop()
})

test('the log says who uploaded what, with what result, and no password', async () => {
    const uploads = await startUploadIndex()
    const file = makeWheel({ name: 'acme', version: '1.0' })
    await sendUpload(uploads.index.port, file)
    await sendUpload(uploads.index.port, file)
    await sendUpload(uploads.index.port, file, { sha256_digest: '0'.repeat(64) })
    // nginx writes a line after it has sent the answer.
    const log = await vi.waitFor(async () => {
        const text = await readFile(`${uploads.index.folder}/uploads.log`, 'utf8')
        expect(text.split('\n')).toHaveLength(4)
        return text
    })
    const lines = log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    const shared = { user: 'release-bot', client: '127.0.0.1', project: 'acme', filename: file.filename }
    const upload = { ...shared, size: file.bytes.length, sha256: sha256(file.bytes) }
    expect(lines).toMatchObject([
        { ...upload, status: 200, result: 'uploaded' },
        { ...upload, status: 200, result: 'present' },
        { ...shared, status: 400, result: expect.stringContaining('sha256') as string },
    ])
    expect(log).not.toContain('p@ss')
    expect(uploads.index.log()).not.toContain('p@ss')
    await uploads.stop()
})
