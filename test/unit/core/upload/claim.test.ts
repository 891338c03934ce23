import { expect, test } from 'vitest'
import { readClaim } from '../../../../core/upload/claim.js'
import { RefusedUpload } from '../../../../core/upload/refused-upload.js'

const sha256 = 'A1'.repeat(32)
const wheel = 'acme-1.0-py3-none-any.whl'

function claim(fields: Record<string, string | undefined> = {}, filename = wheel, size = 10) {
    const given = { ':action': 'file_upload', name: 'acme', version: '1.0', sha256_digest: sha256, ...fields }
    const present = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return readClaim({ fields: new Map(present), file: { filename, offset: 5, size } })
}

test('a claim has normalised values', () => {
    expect(claim({ name: ' Acme_Tools ', version: '1.0.0+CU12' }, 'acme_tools-1.0+cu12-py3-none-any.whl')).toEqual({
        filename: 'acme_tools-1.0+cu12-py3-none-any.whl',
        kind: 'wheel',
        project: 'acme-tools',
        sha256: sha256.toLowerCase(),
        md5: undefined,
        requiresPython: undefined,
        attestations: undefined,
        file: { offset: 5, size: 10 },
    })
})

test.each([
    [
        'what twine sends',
        { protocol_version: '1', filetype: 'bdist_wheel', md5_digest: 'ab'.repeat(16) },
        { md5: 'ab'.repeat(16) },
    ],
    ['Requires-Python', { requires_python: '>=3.8,\n   <4' }, { requiresPython: '>=3.8, <4' }],
    ['an empty Requires-Python', { requires_python: '' }, { requiresPython: undefined }],
    ['a Requires-Python that installers skip', { requires_python: 'None' }, { requiresPython: undefined }],
    ['the long digest of distutils', { blake2_256_digest: 'a'.repeat(128) }, { md5: undefined }],
    ['None of distutils', { md5_digest: 'None', blake2_256_digest: '' }, { md5: undefined }],
    ['attestations', { attestations: ' [] ' }, { attestations: '[]' }],
    ['empty attestations', { attestations: '' }, { attestations: undefined }],
])('a claim is read: %s', (_name, fields, expected) => {
    expect(claim(fields)).toMatchObject(expected)
})

test.each([
    ['acme-1.0.tar.gz', { filetype: 'sdist' }],
    ['acme-1.0.zip', { filetype: 'sdist' }],
    ['Acme-1.0.tar.gz', {}],
    ['acme-1.0.post1.tar.gz', { version: '1.0-1' }],
])('an sdist is claimed: %s', (filename, fields) => {
    expect(claim(fields, filename).kind).toBe('sdist')
})

test.each([
    ['submit', { ':action': 'submit' }, wheel, 410, 'the action submit has ended'],
    ['doc_upload', { ':action': 'doc_upload' }, wheel, 410, 'doc_upload'],
    ['no action', { ':action': undefined }, wheel, 400, 'only file_upload is known'],
    ['another protocol', { protocol_version: '2' }, wheel, 400, 'protocol_version is "2"'],
    ['no name', { name: undefined }, wheel, 400, 'the form has no name'],
    ['a name with a slash', { name: 'a/b' }, wheel, 400, '"a/b" cannot be the name of a project'],
    ['a name with control characters', { name: 'a\u0000b' }, wheel, 400, 'cannot be the name'],
    ['a name in Unicode', { name: 'acmé' }, wheel, 400, 'cannot be the name'],
    ['dots', { name: '..' }, wheel, 400, 'cannot be the name'],
    ['simple', { name: 'Simple' }, 'simple-1.0.zip', 400, 'cannot be called "simple"'],
    ['another project', { name: 'other' }, wheel, 400, 'is not the name of a file of "other" "1.0"'],
    ['no version', { version: '' }, wheel, 400, 'the form has no version'],
    ['a version that is none', { version: '1.0!x' }, wheel, 400, 'is not valid (PEP 440)'],
    ['another version', { version: '1.1' }, wheel, 400, 'is not the name of a file of "acme" "1.1"'],
    ['a path', {}, '../acme-1.0.tar.gz', 400, 'is not the name of a file'],
    ['a path on Windows', {}, 'C:\\acme-1.0.tar.gz', 400, 'is not the name of a file'],
    ['another folder', {}, 'other/acme-1.0.tar.gz', 400, 'is not the name of a file'],
    ['a NUL', {}, 'acme-1.0.tar.gz\u0000.whl', 400, 'is not the name of a file'],
    ['a file name in Unicode', {}, 'acmé-1.0.tar.gz', 400, 'is not the name of a file'],
    ['an egg', {}, 'acme-1.0-py3.egg', 400, 'neither a wheel nor an sdist'],
    ['a page', {}, 'index.html', 400, 'neither a wheel nor an sdist'],
    ['a yank', {}, `${wheel}.yanked`, 400, 'neither a wheel nor an sdist'],
    ['a long name', {}, `acme-1.0+${'a'.repeat(500)}.tar.gz`, 400, 'at most 400'],
    ['the other type', { filetype: 'sdist' }, wheel, 400, 'its filetype is "sdist"'],
    ['an egg as a wheel', { filetype: 'bdist_egg' }, wheel, 400, 'its filetype is "bdist_egg"'],
    ['no digest', { sha256_digest: undefined }, wheel, 400, 'the form has no sha256_digest'],
    ['a short digest', { sha256_digest: 'ab' }, wheel, 400, 'sha256_digest is not a digest of 64'],
    ['a digest that is too long', { blake2_256_digest: 'a'.repeat(127) }, wheel, 400, 'blake2_256_digest is not'],
    ['a digest that is not hex', { blake2_256_digest: 'x'.repeat(64) }, wheel, 400, 'blake2_256_digest is not'],
] as [string, Record<string, string | undefined>, string, number, string][])(
    'a claim is refused: %s',
    (_name, fields, filename, status, message) => {
        expect(() => claim(fields, filename)).toThrow(RefusedUpload)
        expect(() => claim(fields, filename)).toThrow(
            expect.objectContaining({
                status,
                message: expect.stringContaining(message),
                cure: expect.stringMatching(/./),
            }),
        )
    },
)

test('an empty file is refused', () => {
    expect(() => claim({}, wheel, 0)).toThrow('the file is empty')
})
