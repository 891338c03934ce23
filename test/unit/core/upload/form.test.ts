import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { readForm } from '../../../../core/upload/form.js'
import { RefusedUpload } from '../../../../core/upload/refused-upload.js'
import { countingEngine, sourceOf } from './bytes.js'

const boundary = '----b0undary'
const type = `multipart/form-data; boundary=${boundary}`
const MiB = 1024 * 1024

interface Part {
    header?: string
    body: string | Buffer
}

const field = (name: string, body: string | Buffer): Part => ({
    header: `Content-Disposition: form-data; name="${name}"`,
    body,
})
const content = (body: string | Buffer = 'the file', filename = 'acme-1.0.tar.gz'): Part => ({
    header: `Content-Disposition: form-data; name="content"; filename="${filename}"`,
    body,
})

function body(parts: Part[], end = '--\r\n'): Buffer {
    const pieces = parts.flatMap(({ header, body }) => [`--${boundary}\r\n${header}\r\n\r\n`, body, '\r\n'])
    return Buffer.concat([...pieces, `--${boundary}${end}`].map((piece) => Buffer.from(piece as string)))
}

async function read(bytes: Buffer, contentType = type) {
    const hash = createHash('sha256')
    const engine = countingEngine()
    const form = await readForm(sourceOf(bytes), contentType, engine, (slice) => hash.update(slice))
    return { ...form, sha256: hash.digest('hex'), engine }
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

test.each([
    ['the file last, as twine sends it', [field('name', 'acme'), field('version', '1.0'), content()]],
    ['the file in the middle, as uv with attestations', [field('name', 'acme'), content(), field('version', '1.0')]],
    ['the file first', [content(), field('version', '1.0'), field('name', 'acme')]],
    [
        'unknown fields, repeated ones',
        [
            field('classifiers', 'a'),
            field('classifiers', 'b'),
            field('name', 'acme'),
            field('__proto__', 'x'),
            field('version', '1.0'),
            content(),
        ],
    ],
    [
        'a signature',
        [
            {
                header: 'Content-Disposition: form-data; name="gpg_signature"; filename="acme-1.0.tar.gz.asc"',
                body: 'x',
            },
            field('name', 'acme'),
            field('version', '1.0'),
            content(),
        ],
    ],
    [
        'other headers and letter cases',
        [
            { header: 'content-type: text/plain\r\ncontent-disposition:FORM-DATA;NAME=name', body: 'acme' },
            { header: 'Content-Disposition: form-data;\r\n name="version"', body: '1.0' },
            {
                header: 'Content-Disposition: form-data; filename="acme-1.0.tar.gz"; name="content"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary',
                body: 'the file',
            },
        ],
    ],
] as [string, Part[]][])('a form is read: %s', async (_name, parts) => {
    const bytes = body(parts)
    const { fields, file, sha256: hash } = await read(bytes)
    expect(Object.fromEntries(fields)).toEqual({ name: 'acme', version: '1.0' })
    expect(file).toEqual({ filename: 'acme-1.0.tar.gz', offset: bytes.indexOf('the file'), size: 8 })
    expect(hash).toBe(sha256('the file'))
})

test.each([
    ['a line break before the first boundary, as distutils sends', (text: string) => `\r\n${text}`, type],
    ['another preamble', (text: string) => `This is a form.\r\n${text}`, type],
    ['no line break at the end', (text: string) => text.slice(0, -2), type],
    ['white space after a boundary', (text: string) => text.replaceAll(`${boundary}\r\n`, `${boundary} \t\r\n`), type],
    ['a quoted boundary', (text: string) => text, `Multipart/Form-Data;charset=utf-8; boundary="${boundary}"`],
] as const)('a form is read: %s', async (_name, change, contentType) => {
    const text = body([field('name', 'acme'), content(), field('version', '1.0')]).toString()
    const { file, fields } = await read(Buffer.from(change(text)), contentType)
    expect(file.size).toBe(8)
    expect([...fields.keys()]).toEqual(['name', 'version'])
})

test('empty fields and an empty file are read', async () => {
    const { fields, file } = await read(body([field('requires_python', ''), content(''), field('name', '')]))
    expect(Object.fromEntries(fields)).toEqual({ requires_python: '', name: '' })
    expect(file.size).toBe(0)
    const shared = `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n--${boundary}\r\n`
    const after = body([content()])
        .toString()
        .slice(boundary.length + 4)
    expect((await read(Buffer.from(shared + after))).fields.get('name')).toBe('')
})

test.each([0, 1, 2, 7, MiB - 40, MiB - 1, MiB, MiB + 1, 3 * MiB, 3 * MiB + 17])(
    'a file of %d bytes is found without being held in memory',
    async (size) => {
        const file = Buffer.alloc(size, '\r\n------b0undar\n\r\r\n--\r')
        for (const parts of [
            [field('name', 'acme'), content(file)],
            [content(file), field('name', 'acme'), field('description', 'x'.repeat(100_000))],
        ]) {
            const found = await read(body(parts))
            expect(found.file.size).toBe(size)
            expect(found.sha256).toBe(sha256(file))
            expect(found.engine.allocated).toBeLessThanOrEqual(MiB)
            expect(found.engine.pauses).toBeGreaterThanOrEqual(Math.floor(size / MiB) - 1)
        }
    },
)

test('a boundary at every position around the end of a slice is found', async () => {
    for (let size = MiB - 160; size < MiB - 60; size++) {
        expect((await read(body([content(Buffer.alloc(size, 45)), field('name', 'acme')]))).file.size).toBe(size)
    }
})

const many = (count: number) => Array.from({ length: count }, (_, index) => field(`classifier${index}`, 'x'))

test('large forms are read: 4,000 fields, a description of 4 MiB', async () => {
    const { fields, engine } = await read(
        body([...many(4000), field('description', Buffer.alloc(4 * MiB, 'x')), field('name', 'acme'), content()]),
    )
    expect(fields.get('name')).toBe('acme')
    expect(engine.pauses).toBeGreaterThan(30)
})

const whole = body([field('name', 'acme'), content('the file'), field('version', '1.0')])

test.each([
    ['no body', Buffer.alloc(0), 'the body of the request is empty'],
    [
        'another boundary',
        Buffer.from(whole.toString().replaceAll(boundary, '----other')),
        'does not begin with the boundary',
    ],
    ['JSON', Buffer.from('{}'), 'does not begin with the boundary'],
    [
        'a long preamble',
        Buffer.concat([Buffer.alloc(5000, 'x'), Buffer.from('\r\n'), whole]),
        'does not begin with the boundary',
    ],
    ['no file', body([field('name', 'acme')]), 'the field "content" is missing'],
    ['no part at all', Buffer.from(`--${boundary}--\r\n`), 'the field "content" is missing'],
    ['two files', body([content(), content()]), 'two files'],
    ['the file without a name', body([field('content', 'x')]), 'no file name'],
    ['an empty file name', body([content('x', '')]), 'no file name'],
    ['a field twice', body([field('name', 'acme'), field('name', 'other'), content()]), 'the field name twice'],
    ['10,000 fields', body([...many(10_000), content()]), 'more than 5000 fields'],
    [
        'a field of 9 MiB',
        body([field('description', Buffer.alloc(9 * MiB)), content()]),
        '"description" has more than 8388608 bytes',
    ],
    [
        'fields of 17 MiB',
        body([1, 2, 3].map((n) => field(`x${n}`, Buffer.alloc(6 * MiB))).concat([content()])),
        'more than 16777216 bytes',
    ],
    ['a long name', body([field('name', 'a'.repeat(2000)), content()]), 'the field name has 2000 bytes'],
    ['a name that is not UTF-8', body([field('name', Buffer.from([0xff, 0xfe])), content()]), 'name is not UTF-8'],
    [
        'a long header',
        body([{ header: `X: ${'x'.repeat(9000)}`, body: '' }]),
        'header of a part of the form has more than',
    ],
    [
        'a header that never ends',
        Buffer.from(`--${boundary}\r\n${'X: x\r\n'.repeat(5000)}`),
        'has more than 8192 bytes',
    ],
    ['a header that is not UTF-8', body([content('x', 'A')]).fill(0xff, 60, 61), 'header'],
    ['no header', body([{ header: '', body: '' }, content()]), 'has no Content-Disposition'],
    [
        'two dispositions',
        body([{ header: `${content().header}\r\n${content().header}`, body: '' }]),
        'two Content-Disposition',
    ],
    [
        'two names',
        body([{ header: 'Content-Disposition: form-data; name="name"; name="content"', body: '' }]),
        'with two "name" parameters',
    ],
    ['no name', body([{ header: 'Content-Disposition: form-data', body: '' }]), 'has no name'],
    [
        'an attachment',
        body([{ header: 'Content-Disposition: attachment; name="x"', body: '' }]),
        '"attachment" instead of form-data',
    ],
    [
        'an open quote',
        body([{ header: 'Content-Disposition: form-data; name="x', body: '' }]),
        'invalid Content-Disposition',
    ],
    [
        'an encoded name',
        body([{ header: `Content-Disposition: form-data; name="content"; filename*=utf-8''a%2Fb`, body: '' }]),
        'encoded file name',
    ],
    ['a header without a colon', body([{ header: 'hello', body: '' }]), 'invalid header: "hello"'],
    [
        'a line feed alone in a header',
        body([{ header: 'Content-Disposition: form-data;\n name="x"', body: '' }]),
        'invalid header',
    ],
    [
        'a NUL in a header',
        body([{ header: 'Content-Disposition: form-data; name="a\0b"', body: '' }]),
        'invalid header',
    ],
    [
        'a nested form',
        body([
            {
                header: 'Content-Disposition: form-data; name="content"\r\nContent-Type: multipart/mixed; boundary=x',
                body: '',
            },
        ]),
        'nested multipart',
    ],
    [
        'base64',
        body([{ header: `${content().header}\r\nContent-Transfer-Encoding: base64`, body: 'eA==' }]),
        'Content-Transfer-Encoding "base64"',
    ],
    ['the boundary inside the file', body([content(`x\r\n--${boundary}x`)]), 'the boundary of the form is also inside'],
    ['a form after the form', Buffer.concat([whole, whole]), 'data follows the closing boundary'],
] as [string, Buffer, string][])('a form is refused: %s', async (_name, bytes, message) => {
    const refused = await read(bytes).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RefusedUpload)
    expect(refused).toMatchObject({
        status: 400,
        message: expect.stringContaining(message),
        cure: expect.stringMatching(/./),
    })
})

test.each([
    ['', 'the request has no Content-Type'],
    ['application/x-www-form-urlencoded', 'is "application/x-www-form-urlencoded"'],
    ['multipart/form-data', 'has no boundary'],
    ['multipart/form-data; boundary=', 'invalid Content-Type'],
    ['multipart/form-data; boundary=""', 'not valid'],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 'not valid'],
    ['multipart/form-data; boundary="a\tb"', 'not valid'],
    ['multipart/form-data; boundary=a; boundary=b', 'two "boundary"'],
    ['multipart/mixed; boundary=a', 'is "multipart/mixed"'],
])('a Content-Type is refused: %s', async (contentType, message) => {
    await expect(read(whole, contentType)).rejects.toThrow(message)
})

test('a form that is cut off anywhere is refused', async () => {
    for (let length = 1; length < whole.length - 2; length++) {
        const error = (await read(whole.subarray(0, length)).catch((error: unknown) => error)) as Error
        expect(error).toBeInstanceOf(RefusedUpload)
        expect(error.message).toMatch(length < boundary.length + 2 ? /does not begin/ : /cut off/)
    }
    expect((await read(whole.subarray(0, -2))).file.size).toBe(8)
})
