import { expect, test } from 'vitest'
import { withFiles } from '../../../core/project-page.js'
import { addObject, emptyFolder, listedFiles } from '../../../njs/listed-files.js'
import { fileEntry } from '../core/file-entry.js'

const lastModified = '2026-01-02T03:04:05.000000Z'

function folderOf(names: (string | undefined)[], size = 5) {
    const folder = emptyFolder('acme')
    for (const name of names) addObject(folder, { name, size, lastModified })
    return folder
}

test('files are sorted as on a page of the index', () => {
    const versions = [
        '1.0',
        '1.0.dev1',
        '1.0a1',
        '1.0rc1',
        '1.0.post1',
        '1!0.1',
        '1.0+abc',
        '1.0+12',
        '1.10',
        '1.9',
        '0',
    ]
    const names = versions.flatMap((version) => [
        `acme-${version}.tar.gz`,
        `acme-${version}.zip`,
        `acme-${version}-py3-none-any.whl`,
    ])
    const page = withFiles(
        { name: 'acme', status: { status: 'active' }, files: [] },
        names.map((name) => fileEntry(name)),
    )
    const expected = page.files.map(({ filename }) => filename)
    for (const order of [names, [...names].reverse()]) {
        expect(listedFiles(folderOf(order)).map(({ filename }) => filename)).toEqual(expected)
    }
})

test('metadata, provenance and yanks, in any order, belong to the file of that name', () => {
    const names = [
        ...['acme-1.0.zip.yanked', 'acme-1.0.zip', 'acme-2.0.zip', 'acme-2.0.zip.metadata', 'acme-3.0.zip'],
        ...['acme-4.0.zip', 'acme-4.0.zip.provenance', 'acme-5.0.zip.provenance'],
    ]
    expect(listedFiles(folderOf(names))).toEqual([
        expect.objectContaining({ filename: 'acme-1.0.zip', version: '1.0', yanked: '' }),
        expect.objectContaining({ filename: 'acme-2.0.zip', coreMetadata: {} }),
        { filename: 'acme-3.0.zip', version: '3.0', size: 5, uploadTime: lastModified },
        expect.objectContaining({ filename: 'acme-4.0.zip', provenance: true }),
    ])
    expect(listedFiles(folderOf(['acme-1.0.zip', 'acme-1.0.zip.metadata'], 0))[0]).not.toHaveProperty('coreMetadata')
})

test.each([
    undefined,
    '',
    'other-1.0.zip',
    'acme-one.zip',
    'acme-1.0.exe',
    'acme-1.0.zip.asc',
    'acme-1.0.zip\n',
    'acme-1.0 .zip',
    'acme-1.0é.zip',
    'sub/acme-1.0.zip',
    '__proto__',
    'constructor',
    'constructor.yanked',
    'constructor.provenance',
    '__proto__.metadata',
])('%j is not a file', (name) => {
    const folder = folderOf([name], 0)
    expect([listedFiles(folder), folder.hasPage]).toEqual([[], false])
})

test('a page of any form is noticed', () => {
    for (const name of ['index.json', 'index.html', '']) expect(folderOf([name]).hasPage).toBe(true)
})

test('a file that is listed twice is an error', () => {
    expect(() => folderOf(['acme-1.0.zip', 'acme-1.0.zip'])).toThrow('twice')
})
