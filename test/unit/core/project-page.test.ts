import { describe, expect, test } from 'vitest'
import {
    emptyPage,
    offeredFiles,
    parseProjectJson,
    takesFiles,
    toProjectJson,
    versionOf,
    withFiles,
} from '../../../core/project-page.js'
import { fileEntry, pageOf } from './file-entry.js'

const wheel = 'acme-1.0-py3-none-any.whl'
const parse = (json: unknown) => parseProjectJson(JSON.stringify(json), 'acme', 'acme/index.json')

test.each([
    [
        ['acme-2.0.zip', 'acme-1.0.zip'],
        ['acme-1.0.zip', 'acme-2.0.zip'],
    ],
    [
        ['acme-1.10.zip', 'acme-1.9.zip'],
        ['acme-1.9.zip', 'acme-1.10.zip'],
    ],
    [
        ['acme-1.0.zip', 'acme-1.0rc1.zip', 'acme-1.0.dev1.zip'],
        ['acme-1.0.dev1.zip', 'acme-1.0rc1.zip', 'acme-1.0.zip'],
    ],
    [
        ['acme-1.0.zip', wheel],
        [wheel, 'acme-1.0.zip'],
    ],
])('the files %j stand on the page as %j', (filenames, ordered) => {
    const entries = filenames.map((filename) => fileEntry(filename))
    const { files } = withFiles(emptyPage('acme'), entries)
    expect(files.map(({ filename }) => filename)).toEqual(ordered)
    expect(withFiles(emptyPage('acme'), [...entries].reverse()).files).toEqual(files)
})

test.each([
    ['acme', wheel, '1.0'],
    ['acme', 'acme-1.0.post1.tar.gz', '1.0.post1'],
    ['my-2', 'my-2-1.tar.gz', '1'],
    ['my', 'my-2-1.tar.gz', '2.post1'],
])('on the page of %s, %s has the version %s', (project, filename, version) => {
    expect(versionOf(project, filename)).toBe(version)
    expect(() => versionOf('other', filename)).toThrow(`${filename} is not a file of the project other`)
})

test.each([
    ['active', 1, true],
    ['deprecated', 1, true],
    ['archived', 1, false],
    ['quarantined', 0, false],
    ['a status of later', 1, true],
])('%s: it offers %d files; whether it takes more: %s', (status, offered, takes) => {
    const page = pageOf([fileEntry(wheel)], { status })
    expect(offeredFiles(page)).toHaveLength(offered)
    expect(takesFiles(page)).toBe(takes)
    const json = JSON.parse(toProjectJson(page)) as { files: unknown[]; versions: unknown[]; _files?: unknown[] }
    expect([json.files.length, json.versions.length]).toEqual([offered, offered])
    expect(json._files?.length).toBe(offered === 1 ? undefined : 1)
})

describe('index.json', () => {
    test('has a line for each file, and each field where its standard puts it', () => {
        const file = fileEntry('acme-1.0+cu1-py3-none-any.whl', {
            requiresPython: '>=3.8',
            coreMetadata: { sha256: 'b'.repeat(64) },
            etag: '"etag"',
            yanked: 'broken',
        })
        const text = toProjectJson(pageOf([file, fileEntry('acme-1.0.zip')]))
        expect(text.split('\n')).toHaveLength(5)
        expect(JSON.parse(text)).toMatchObject({
            meta: { 'api-version': '1.4' },
            name: 'acme',
            'project-status': { status: 'active' },
            versions: ['1.0', '1.0+cu1'],
            files: [
                { filename: 'acme-1.0.zip', yanked: false },
                {
                    filename: 'acme-1.0+cu1-py3-none-any.whl',
                    url: 'acme-1.0%2Bcu1-py3-none-any.whl',
                    hashes: { sha256: 'a'.repeat(64) },
                    size: 1234,
                    'upload-time': '2026-01-02T03:04:05.000000Z',
                    'requires-python': '>=3.8',
                    'core-metadata': { sha256: 'b'.repeat(64) },
                    yanked: 'broken',
                    _etag: '"etag"',
                },
            ],
        })
        expect(text).not.toContain('_files')
    })

    test('without files', () => {
        expect(toProjectJson(emptyPage('acme'))).toBe(
            '{"meta":{"api-version":"1.4"},"name":"acme","project-status":{"status":"active"},"versions":[],"files":[]}\n',
        )
    })
})

test.each([
    ['no file', pageOf([])],
    ['some files', pageOf([fileEntry(wheel), fileEntry('acme-0.9.tar.gz')])],
    [
        'all fields',
        pageOf([fileEntry(wheel, { requiresPython: '', coreMetadata: { sha256: 'b'.repeat(64) }, etag: '' })]),
    ],
    ['yanked without a reason', pageOf([fileEntry(wheel, { yanked: '' })])],
    ['texts that JSON escapes', pageOf([fileEntry(wheel, { yanked: '"\\\n\u2028</script>\0é', etag: '"\\"' })])],
    ['an archived project', pageOf([fileEntry(wheel)], { status: 'archived', reason: 'over' })],
    ['a quarantined project, whose files are withheld', pageOf([fileEntry(wheel)], { status: 'quarantined' })],
    ['a status of later', pageOf([fileEntry(wheel)], { status: 'asleep' })],
])('a written page is read again: %s', (_about, page) => {
    expect(parseProjectJson(toProjectJson(page), 'acme', 'acme/index.json')).toEqual(page)
    expect(() => parseProjectJson(toProjectJson(page), 'other', 'acme/index.json')).toThrow('its name is "acme"')
})

test.each([
    [undefined, { status: 'active' }],
    [null, { status: 'active' }],
    [{ status: 'archived', reason: '' }, { status: 'archived' }],
    [{ status: 'archived', reason: 7, more: 1 }, { status: 'archived' }],
    [
        { status: 'archived', reason: 'over' },
        { status: 'archived', reason: 'over' },
    ],
])('the project-status %j is read as %j', (status, read) => {
    expect(parse({ name: 'acme', files: [], 'project-status': status }).status).toEqual(read)
})

describe('what is no page of the project', () => {
    const json = JSON.parse(toProjectJson(pageOf([fileEntry(wheel)]))) as { files: object[] }
    const withFile = (change: object) => ({ ...json, files: [{ ...json.files[0], ...change }] })

    test('the twin: the page as it is', () => {
        expect(parse(json).files).toHaveLength(1)
        expect(parse(withFile({})).files).toHaveLength(1)
    })

    test.each(['', '{', '<!DOCTYPE html>', '{"name":"acme"', "{'name':'acme'}"])('%j is not JSON', (body) => {
        expect(() => parseProjectJson(body, 'acme', 'acme/index.json')).toThrow('acme/index.json is not JSON')
    })

    test.each<[unknown, string]>([
        [null, 'its name is undefined'],
        [7, 'its name is undefined'],
        [[], 'its name is undefined'],
        [{ ...json, name: 'Acme' }, 'its name is "Acme"'],
        [{ ...json, name: ['acme'] }, 'its name is ["acme"]'],
        [{ name: 'acme' }, 'it has no files'],
        [{ ...json, files: { length: 1 } }, 'it has no files'],
        [{ ...json, _files: 'all' }, 'it has no files'],
        [{ ...json, 'project-status': 'archived' }, 'its project-status has no status'],
        [{ ...json, 'project-status': {} }, 'its project-status has no status'],
        [{ ...json, files: [null] }, 'undefined is not a file of the project'],
        [{ ...json, files: [...json.files, ...json.files] }, 'it lists a file twice'],
        [withFile({ filename: 7 }), '7 is not a file of the project'],
        [withFile({ filename: 'other-1.0.zip' }), '"other-1.0.zip" is not a file of the project'],
        [withFile({ filename: `../${wheel}` }), 'is not a file of the project'],
        [withFile({ filename: 'acme-1.0.zip\u0000' }), 'is not a file of the project'],
        [withFile({ filename: 'acme-1.0"><script>.zip' }), 'is not a file of the project'],
        [withFile({ hashes: undefined }), 'has no sha256'],
        [withFile({ hashes: null }), 'has no sha256'],
        [withFile({ hashes: { sha256: 'A'.repeat(64) } }), 'has no sha256'],
        [withFile({ hashes: { sha256: 'a'.repeat(63) } }), 'has no sha256'],
        [withFile({ hashes: { sha256: `${'a'.repeat(64)}\n` } }), 'has no sha256'],
        [withFile({ hashes: { sha256: `${'a'.repeat(64)}"onclick=` } }), 'has no sha256'],
        [withFile({ size: -1 }), 'has no size'],
        [withFile({ size: 1.5 }), 'has no size'],
        [withFile({ size: '1' }), 'has no size'],
        [withFile({ size: 2 ** 53 }), 'has no size'],
        [withFile({ 'upload-time': undefined }), 'has no upload-time'],
        [withFile({ _etag: 1 }), 'has an _etag that is not text'],
        [withFile({ 'requires-python': 3 }), 'has a requires-python that is not text'],
        [withFile({ 'core-metadata': true }), 'has a core-metadata without sha256'],
        [withFile({ 'core-metadata': null }), 'has a core-metadata without sha256'],
        [withFile({ yanked: undefined }), 'has no yanked'],
        [withFile({ yanked: 1 }), 'has no yanked'],
    ])('%j: %s', (broken, message) => {
        expect(() => parse(broken)).toThrow(message)
        expect(() => parse(broken)).toThrow(
            expect.objectContaining({
                name: 'UserError',
                message: expect.stringContaining('acme/index.json is not the page of a project: '),
                cure: expect.stringContaining('manage-index rebuild'),
            }),
        )
    })
})
