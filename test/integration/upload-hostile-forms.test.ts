import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { connectRaw, uploadHead } from '../support/requests/raw-upload.js'
import { startRecordedUploads, type RecordedUploads } from '../support/uploads/recorded-uploads.js'
import { sendForm, sendUpload } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts, type EncodedForm, type FormPart } from '../support/uploads/upload-form.js'

const wheel = makeWheel({ name: 'acme', version: '1.0' })
const MiB = 1024 * 1024

let uploads: RecordedUploads
beforeAll(async () => {
    uploads = await startRecordedUploads()
})
beforeEach(() => uploads.forget())
afterAll(() => uploads.stop())

type Changes = Record<string, string | null>
const parts = (changes: Changes = {}) => uploadParts(wheel, changes)
const named = (filename: string, changes: Changes = {}): FormPart[] =>
    parts(changes).map((part) => (part.name === 'content' ? { ...part, filename } : part))
/** A file of a project, under the name that a wheel of it would have. */
const project = (name: string) => named(`${name.replace(/-/g, '_')}-1.0-py3-none-any.whl`, { name })
const raw = (...texts: (string | Buffer)[]): EncodedForm => ({
    contentType: 'multipart/form-data; boundary=b',
    body: Buffer.concat(texts.map((text) => Buffer.from(text as string))),
})
const part = (header: string, content = '') => `--b\r\n${header}\r\n\r\n${content}\r\n`
const disposition = (rest: string) => `Content-Disposition: form-data; ${rest}`
/** The usual form, with other parts before it. */
const after = (...texts: string[]) => raw(...texts, encodeForm(parts(), 'b').body)

test.each<[string, RegExp, FormPart[] | EncodedForm]>([
    ['a sha256 that is too short', /sha256_digest is not a digest/, parts({ sha256_digest: 'ab' })],
    ['an md5 that is no hex', /md5_digest is not a digest/, parts({ md5_digest: 'x'.repeat(32) })],
    ['a blake2 that is no hex', /blake2_256_digest is not a digest/, parts({ blake2_256_digest: 'z'.repeat(64) })],
    ['a digest of NULs', /sha256_digest is not a digest/, parts({ sha256_digest: '\0'.repeat(64) })],
    ['a field twice', /the field name twice/, [{ name: 'name', value: 'acme' }, ...parts()]],
    ['a name of 2 kB', /the field name has 2000 bytes/, parts({ name: 'a'.repeat(2000) })],
    ['a name of 1,000 hyphens', /cannot be the name/, parts({ name: '-'.repeat(1000) })],
    [
        'a field of 100 MB',
        /more than 8388608 bytes/,
        [{ name: 'description', value: Buffer.alloc(100 * MiB) }, ...parts()],
    ],
    [
        'fields of 24 MB',
        /more than 16777216 bytes/,
        [...['x', 'y', 'z'].map((name) => ({ name, value: Buffer.alloc(8 * MiB) })), ...parts()],
    ],
    ['a header of 100 kB', /header of a part of the form has more than/, after(part(`X: ${'x'.repeat(100_000)}`))],
    [
        'a header of 8 kB of quotes',
        /only file_upload is known/,
        raw(part(disposition(`name="content"; filename="${'\\"'.repeat(3900)}"`), 'x'), '--b--\r\n'),
    ],
    ['a header of 8 kB of parameters', /invalid|two/, after(part(disposition('name="x"' + ';a=b'.repeat(1900))))],
    [
        'a nested form',
        /nested multipart/,
        after(part(`${disposition('name="x"')}\r\nContent-Type: multipart/mixed; boundary=b`)),
    ],
    [
        'an encoded file name',
        /encoded file name/,
        raw(part(disposition(`name="content"; filename*=UTF-8''acme-1.0-py3-none-any.whl`), 'x'), '--b--\r\n'),
    ],
    [
        'base64',
        /Content-Transfer-Encoding "base64"/,
        after(part(`${disposition('name="x"')}\r\nContent-Transfer-Encoding: base64`)),
    ],
    [
        'line feeds alone',
        /begin with the boundary|invalid|boundary/,
        raw(encodeForm(parts(), 'b').body.toString('latin1').replaceAll('\r\n', '\n')),
    ],
    [
        'the boundary inside the file',
        /boundary of the form is also inside/,
        encodeForm(uploadParts({ ...wheel, bytes: Buffer.concat([Buffer.from('\r\n--bX'), wheel.bytes]) }), 'b'),
    ],
    [
        'a form behind the form',
        /data follows the closing boundary/,
        raw(encodeForm(parts(), 'b').body, encodeForm(parts(), 'b').body),
    ],
    ['an epilogue', /data follows the closing boundary/, raw(encodeForm(parts(), 'b').body, 'epilogue\r\n')],
    [
        'a preamble of 2 kB',
        /does not begin with the boundary/,
        raw(`${'x'.repeat(2000)}\r\n`, encodeForm(parts(), 'b').body),
    ],
    ['boundaries only', /boundary|content|header/, raw('--b\r\n'.repeat(100_000))],
    ['a closing boundary only', /"content" is missing/, raw('--b--\r\n')],
    ['attestations of 100,000 brackets', /attestations/, parts({ attestations: '['.repeat(100_000) })],
    ['attestations that are deep', /attestation/, parts({ attestations: '['.repeat(5000) + ']'.repeat(5000) })],
    ['attestations of 300 kB', /attestations has 300000 bytes/, parts({ attestations: 'x'.repeat(300_000) })],
    ['a version of 1 kB', /./, parts({ version: `1${'.1'.repeat(500)}` })],
    ['a version of words', /is not valid \(PEP 440\)/, parts({ version: '1.0; rm -rf' })],

    ['a slash', /cannot be the name/, project('a/b')],
    ['two dots', /cannot be the name/, parts({ name: '..' })],
    ['a control character', /cannot be the name/, parts({ name: 'acme\u0001' })],
    ['a NUL', /cannot be the name/, parts({ name: 'acme\0' })],
    ['a line break', /cannot be the name/, parts({ name: 'ac\r\nme' })],
    ['Unicode', /cannot be the name/, parts({ name: 'acmé' })],
    ['a letter that only looks like one', /cannot be the name/, parts({ name: '\u0430cme' })],
    ['percent-encoding', /cannot be the name/, parts({ name: 'ac%6de' })],
    [
        'bytes that are not UTF-8',
        /is not UTF-8/,
        raw(
            part(disposition('name="name"')).replace(/\r\n$/, ''),
            Buffer.from([0xff]),
            '\r\n',
            encodeForm(parts({ name: null }), 'b').body,
        ),
    ],
    ['.metadata', /cannot be the name/, project('.metadata')],
    ['.provenance', /cannot be the name/, project('.provenance')],
    ['.uploads', /cannot be the name/, project('.uploads')],
    ['-', /cannot be the name/, project('-')],
    ['simple', /cannot be called "simple"/, project('simple')],
    ['Simple', /cannot be called "simple"/, project('Simple')],

    ['a file in a folder', /not the name/, named('other/acme-1.0-py3-none-any.whl')],
    ['a file above', /not the name/, named('../acme-1.0-py3-none-any.whl')],
    ['a file on Windows', /not the name|invalid/, named('C:\\dist\\acme-1.0-py3-none-any.whl')],
    ['a file name with a NUL', /invalid header/, named('acme-1.0-py3-none-any.whl\0.txt')],
    ['a file name with a line break', /invalid/, named('acme-1.0\r\nX: y-py3-none-any.whl')],
    ['a file name in Unicode', /not the name/, named('acmé-1.0-py3-none-any.whl')],
    ['a file name that is percent-encoded', /not the name/, named('acme-1.0-py3-none-%61ny.whl')],
    ['a file name of 300 characters', /not the name|metadata/, named(`acme-1.0-${'p'.repeat(280)}.whl`)],
    ['a file name of 500 characters', /at most 400/, named(`acme-1.0-py3-none-${'p'.repeat(480)}.whl`)],
    ['no file name', /no file name/, named('')],
    ['index.html', /neither a wheel nor an sdist/, named('index.html')],
    ['FILE.metadata', /neither a wheel nor an sdist/, named('acme-1.0-py3-none-any.whl.metadata')],
    ['FILE.provenance', /neither a wheel nor an sdist/, named('acme-1.0-py3-none-any.whl.provenance')],
    ['FILE.yanked', /neither a wheel nor an sdist/, named('acme-1.0-py3-none-any.whl.yanked')],
    ['another suffix by case', /neither a wheel nor an sdist/, named('acme-1.0-py3-none-any.WHL')],
    ['a question mark', /not the name/, named('acme-1.0-py3-none-any?x=.whl')],
])('refused, and S3 hears nothing: %s', { timeout: 120_000 }, async (_title, reason, form) => {
    const { contentType, body } = Array.isArray(form) ? encodeForm(form) : form
    const answer = await sendForm(uploads.index.port, { contentType, body })
    expect(answer).toMatchObject({ status: 400 })
    expect(answer.text).toMatch(reason)
    // One line of ASCII, as a status line is, and the same in the body.
    expect(answer.reason).toBe(answer.text.split('\n')[0])
    expect(answer.text).toMatch(/^[\n\x20-\x7e]+$/)
    expect(uploads.seen()).toEqual([])
})

test.each(['index.html', 'index.json', 'legacy', 'con', 'metadata', 'uploads', 'constructor', 'tostring'])(
    'a project may be called %s, and stays in its folder',
    async (name) => {
        const file = makeWheel({ name, version: '1.0' })
        const folder = name.replace('.', '-')
        const answer = await sendUpload(uploads.index.port, file, { name })
        expect(answer).toMatchObject({ status: 200 })
        const written = uploads.seen().filter(([method]) => method !== 'GET' && method !== 'HEAD')
        for (const [, key] of written) {
            // The last one tells whether S3 has conditional writes.
            const probe = '\\.uploads/[0-9a-f]{32}$'
            expect(key).toMatch(new RegExp(`^(?:${folder}/|index\\.(?:json|html)$|-/unlisted/${folder}$|${probe})`))
        }
        expect(await (await fetch(`${uploads.index.url}/simple/${folder}/`)).text()).toContain(file.filename)
    },
)

test('a file whose name differs in case only: both are files, neither replaces the other', async () => {
    const upper = { ...makeWheel({ name: 'Cased', version: '1.0' }), filename: 'Cased-1.0-py3-none-any.whl' }
    const lower = makeWheel({ name: 'cased', version: '1.0', summary: 'another build' })
    const answers = [await sendUpload(uploads.index.port, upper), await sendUpload(uploads.index.port, lower)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    for (const { filename, bytes } of [upper, lower]) {
        const answer = await fetch(`${uploads.index.url}/simple/cased/${filename}`)
        expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    }
})

test('digests in upper case, and fields that nobody knows', async () => {
    const sha256 = createHash('sha256').update(wheel.bytes).digest('hex').toUpperCase()
    const more = { sha256_digest: sha256, __proto__: 'x', constructor: 'x', '': 'x', 'a"b': 'x' }
    const fields = [...parts(more), { name: '__proto__', value: 'x' }, { name: 'toString', value: 'x' }]
    const escaped = fields.map((field) => ({ ...field, name: field.name.replace('"', '\\"') }))
    expect(await sendForm(uploads.index.port, encodeForm(escaped))).toMatchObject({ status: 200 })
})

test('a form that ends in the middle of each of its parts', async () => {
    const form = encodeForm(parts(), 'b')
    for (let length = form.body.length - 1; length > 0; length -= 97) {
        const body = form.body.subarray(0, length)
        const client = connectRaw(uploads.index.port)
        await client.send(uploadHead({ ...form, body }))
        await client.send(body)
        expect([length, (await client.answer).split('\r\n')[0]]).toEqual([
            length,
            // Without the line break after the closing boundary, the form is whole.
            expect.stringMatching(length >= form.body.length - 2 ? /^HTTP\/1\.1 [24]00 / : /^HTTP\/1\.1 400 /),
        ])
    }
    expect(uploads.seen()).toEqual([])
})
