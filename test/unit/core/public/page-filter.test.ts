import { describe, expect, test } from 'vitest'
import type { PagePolicy } from '../../../../core/public/file-policy.js'
import { filterPage, modelOfFilter, offersAll } from '../../../support/public/filter-page.js'
import { asSent, largePage, pypiFile, pypiFiles, pypiPage } from '../../../support/public/pypi-page.js'

const old = '2020-01-02T03:04:05.678901Z'
const fresh = '2026-11-26T23:59:59.000000Z'
const cooldown: PagePolicy = { cutoff: '2026-11-20T12:00:00', refusal: undefined }
const refusing = (...versions: string[]): PagePolicy => ({
    cutoff: '',
    refusal: (version: string | undefined) => (version && versions.includes(version) ? `no ${version}` : undefined),
})

const demo = pypiPage('demo', [
    pypiFile('demo-1.0.tar.gz', old, { yanked: 'broken: "}],' }),
    pypiFile('demo-1.0-py3-none-any.whl', old),
    pypiFile('demo-1.1.tar.gz', fresh),
    pypiFile('demo-1.1-py3-none-any.whl', old),
    pypiFile('demo-2.0.tar.gz', fresh),
])
const filtered = (page: unknown, policy = cooldown) => JSON.parse(filterPage(JSON.stringify(page), 'demo', policy))
const namesOf = (page: { files: { filename: string }[] }) => page.files.map(({ filename }) => filename)

describe('a page of PyPI', () => {
    test('keeps all but the addresses of the files', () => {
        const page = filterPage(asSent(demo), 'demo', offersAll)
        expect(page).toBe(asSent(demo).toString().replaceAll(pypiFiles, '../../packages/'))
    })

    test('hides what is too young, and counts it', () => {
        const page = filtered(demo)
        expect(namesOf(page)).toEqual(['demo-1.0.tar.gz', 'demo-1.0-py3-none-any.whl', 'demo-1.1-py3-none-any.whl'])
        expect(page.meta).toEqual({ ...demo.meta, _hidden: { cooldown: 2 } })
        expect(page.versions).toEqual(['1.0', '1.1'])
        expect(page.files[0]).toEqual({
            ...demo.files[0],
            url: demo.files[0]!.url.replace(pypiFiles, '../../packages/'),
        })
    })

    test('hides what a rule refuses, with the reason', () => {
        const page = filtered(demo, refusing('1.0', '2.0'))
        expect(namesOf(page)).toEqual(['demo-1.1.tar.gz', 'demo-1.1-py3-none-any.whl'])
        expect(page.meta._hidden).toEqual({ denied: 3, reasons: ['no 1.0', 'no 2.0'] })
        expect(page.versions).toEqual(['1.1'])
    })

    test.each([
        ['the first', ['1.0']],
        ['the last', ['2.0']],
        ['those in the middle', ['1.1']],
        ['all', ['1.0', '1.1', '2.0']],
        ['none', []],
    ])('remains valid without %s', (_which, versions) => {
        const page = filtered(demo, refusing(...versions))
        const expected = demo.files.filter(
            ({ filename }) => !versions.some((each) => filename.startsWith(`demo-${each}`)),
        )
        expect(namesOf(page)).toEqual(expected.map(({ filename }) => filename))
    })

    test('hides a file without a usable time, if the time counts', () => {
        for (const time of [
            null,
            5,
            '',
            'yesterday',
            '2020-01-02',
            '2020-01-02T03:04:05',
            '2020-01-02T03:04:05+00:00',
        ]) {
            const page = pypiPage('demo', [pypiFile('demo-1.0.tar.gz', time as string)])
            expect([time, filtered(page).meta._hidden]).toEqual([time, { undated: 1 }])
            expect(namesOf(filtered(page, offersAll))).toEqual(['demo-1.0.tar.gz'])
        }
        const undated = { ...pypiFile('demo-1.0.tar.gz', old), 'upload-time': undefined }
        expect(filtered(pypiPage('demo', [undated as never])).meta._hidden).toEqual({ undated: 1 })
    })

    test('offers a file from the second of the cut-off on', () => {
        const at = (time: string) => namesOf(filtered(pypiPage('demo', [pypiFile('demo-1.0.tar.gz', time)]))).length
        expect(at('2026-11-20T12:00:00.999999Z')).toBe(1)
        expect(at('2026-11-20T12:00:00Z')).toBe(1)
        expect(at('2026-11-20T12:00:01.000000Z')).toBe(0)
        expect(at('2099-01-01T00:00:00.000000Z')).toBe(0)
    })

    test('is empty if the project is quarantined, wherever its status stands', () => {
        const status = { status: 'quarantined', reason: 'malware' }
        for (const page of [
            { ...demo, 'project-status': status },
            { 'project-status': status, files: demo.files, meta: demo.meta, name: 'demo' },
        ]) {
            expect(filtered(page).files).toEqual([])
            expect(filtered(page, offersAll).files).toEqual([])
            expect(filtered(page)['project-status']).toEqual(status)
        }
    })

    test('with other orders, spaces and unknown members', () => {
        const { files, meta, name, versions } = demo
        const orders = [
            { meta, name, versions, files },
            { versions, files, name, meta },
            { files, versions, meta, name, more: { deep: [[{ a: null }], 'x', -1.5e-7, true] } },
        ]
        for (const page of orders) {
            for (const text of [
                JSON.stringify(page),
                JSON.stringify(page, null, 2),
                JSON.stringify(page, null, '\t'),
            ]) {
                const result = JSON.parse(filterPage(text, 'demo', cooldown))
                expect(result).toEqual({
                    ...filtered(demo),
                    ...page,
                    files: filtered(demo).files,
                    meta: result.meta,
                    versions: ['1.0', '1.1'],
                    'project-status': undefined,
                    'alternate-locations': undefined,
                })
                expect(result.meta._hidden).toEqual({ cooldown: 2 })
            }
        }
    })

    test('without files, and without versions', () => {
        expect(filtered(pypiPage('demo', [])).files).toEqual([])
        const others = { ...demo, versions: undefined }
        expect(namesOf(filtered(others))).toHaveLength(3)
    })

    test('whose _hidden another index has counted', () => {
        const page = filtered({ ...demo, meta: { ...demo.meta, _hidden: { cooldown: 100 } } })
        expect(page.meta._hidden).toEqual({ cooldown: 2 })
    })

    test('with a rule whose reason is longer than what it hides', () => {
        const reason = 'é"\\'.repeat(400)
        const page = filtered(demo, {
            cutoff: '',
            refusal: (version: string) => (version === '2.0' ? reason : undefined),
        } as never)
        expect(page.meta._hidden).toEqual({ denied: 1, reasons: [reason] })
        expect(page.versions).toEqual(['1.0', '1.1'])
    })
})

test('a page with relative URLs stays as it is', () => {
    const relative = asSent(demo).toString().replaceAll(pypiFiles, '../../packages/')
    for (const isStream of [false, true]) {
        expect(filterPage(relative, 'demo', offersAll, 100, isStream)).toBe(relative)
    }
})

describe('files that cannot be served here are hidden', () => {
    const path = demo.files[0]!.url.slice(pypiFiles.length, -'demo-1.0.tar.gz'.length)
    test.each([
        ['another name at the end of the URL', `${path}demo-2.0.tar.gz`, 'demo-1.0.tar.gz'],
        ['a query', `${path}demo-1.0.tar.gz?x`, 'demo-1.0.tar.gz?x'],
        ['a fragment', `${path}demo-1.0.tar.gz#x`, 'demo-1.0.tar.gz#x'],
        ['a folder above', `${path}..`, '..'],
        ['a slash in the name', `${path}../demo-1.0.tar.gz`, '../demo-1.0.tar.gz'],
        ['an encoded slash', `${path}..%2fdemo-1.0.tar.gz`, '..%2fdemo-1.0.tar.gz'],
        ['a space', `${path}demo 1.0.tar.gz`, 'demo 1.0.tar.gz'],
        ['another alphabet', `${path}dém-1.0.tar.gz`, 'dém-1.0.tar.gz'],
        ['no digest', 'source/d/demo/demo-1.0.tar.gz', 'demo-1.0.tar.gz'],
        ['upper case', `${path.toUpperCase()}demo-1.0.tar.gz`, 'demo-1.0.tar.gz'],
        ['a short digest', `${path.slice(0, -2)}/demo-1.0.tar.gz`, 'demo-1.0.tar.gz'],
        ['no name', path, ''],
    ])('%s', (_what, rest, filename) => {
        const odd = pypiFile('demo-1.0.tar.gz', old, { url: pypiFiles + rest, filename })
        const page = filtered(pypiPage('demo', [odd, demo.files[1]!]), offersAll)
        expect([namesOf(page), page.meta._hidden]).toEqual([['demo-1.0-py3-none-any.whl'], { unsupported: 1 }])
    })
})

describe('a page is refused', () => {
    const text = JSON.stringify(demo)
    const withFile = (change: object) => JSON.stringify(pypiPage('demo', [{ ...demo.files[0]!, ...change } as never]))
    const pages: [what: string, page: string | Buffer, reason: RegExp][] = [
        ['empty', '', /ends early/],
        ['truncated', text.slice(0, -30), /ends early|does not end/],
        ['followed by another', text + text, /follows/],
        ['HTML', '<!DOCTYPE html>', /lacks a \{/],
        ['a list', `[${text}]`, /lacks a \{/],
        ['of another project', text.replace('"name":"demo"', '"name":"other"'), /another project/],
        ['without a name', text.replace('"name":"demo",', ''), /another project/],
        ['without files', '{"meta":{"api-version":"1.4"},"name":"demo"}', /no files/],
        ['with files that are no list', '{"meta":{"api-version":"1.4"},"name":"demo","files":{}}', /not a list/],
        ['of version 2', text.replace('"1.4"', '"2.0"'), /version 1/],
        ['without a version', text.replace('"api-version":"1.4"', '"x":1'), /version 1/],
        ['with two lists of files', text.replace('"name"', '"files":[],"name"'), /two members "files"/],
        ['with two names', text.replace('"name"', '"name":"demo","name"'), /two members "name"/],
        ['with an escaped member', text.replace('"files"', '"f\\u0069les"'), /name with an escape/],
        [
            'with an escaped member of a file',
            text.replace('"upload-time"', '"upload\\u002dtime"'),
            /name with an escape/,
        ],
        ['with an escaped slash in a URL', text.replace('https://files', 'https:\\/\\/files'), /has an escape/],
        [
            'with a file elsewhere',
            text.replace(pypiFiles, 'https://files.pythonhosted.org.evil.example/packages/'),
            /elsewhere/,
        ],
        ['with a file over http', text.replace(pypiFiles, pypiFiles.replace('https', 'http')), /elsewhere/],
        ['with a relative file elsewhere', text.replace(pypiFiles, '../../../'), /elsewhere/],
        ['with a short URL', withFile({ url: 'https:' }), /elsewhere/],
        ['with a file without a URL', withFile({ url: undefined }), /no URL/],
        ['with a URL that is no text', withFile({ url: null }), /lacks a "/],
        ['with a file without a name', withFile({ filename: undefined }), /no name/],
        ['with a file that is a text', text.replace('"files":[', '"files":["x",'), /lacks a \{/],
        [
            'with two times for a file',
            text.replace('"upload-time"', '"upload-time":"2000-01-01T00:00:00Z","upload-time"'),
            /two upload times/,
        ],
        [
            'with two times, one of them null',
            text.replace('"upload-time"', '"upload-time":null,"upload-time"'),
            /two upload times/,
        ],
        ['with two URLs for a file', text.replace('"url"', '"url":"x","url"'), /two URLs/],
        ['with two names for a file', text.replace('"filename"', '"filename":"x","filename"'), /two names/],
        ['with a control character', text.replace('broken', 'bro\u0001ken'), /control character/],
        ['with a line break in a text', text.replace('broken', 'bro\nken'), /control character/],
        ['with bytes that are not UTF-8', Buffer.from(text.replace('broken', 'bro\u00ffken'), 'latin1'), /UTF-8/],
        ['with a wrong escape', text.replace('broken', 'bro\\xken'), /wrong escape/],
        ['with a wrong number', text.replace(/"size":\d+/, '"size":012'), /lacks/],
        ['with a trailing comma', text.replace('"yanked":false}', '"yanked":false,}'), /lacks/],
        ['with a missing comma', text.replace('},{', '}{'), /lacks/],
        ['with single quotes', text.replace('"name":"demo"', "'name':'demo'"), /lacks/],
        ['nested without end', text.replace('"name"', '"x":' + '['.repeat(100_000) + ',"name"'), /nested/],
        ['with a status that is a text', text.replace('{"status":"active"}', '"quarantined"'), /no status/],
        ['with a byte order mark', '\ufeff' + text, /lacks a \{/],
        ['with a huge meta', text.replace('"meta":{', `"meta":{"x":"${'x'.repeat(20_000)}",`), /too long/],
    ]
    test.each(pages)('%s', (_what, page, reason) => {
        expect(() => filterPage(page, 'demo', cooldown)).toThrow(reason)
        expect(() => filterPage(page, 'demo', cooldown)).toThrow(
            expect.objectContaining({ constructor: expect.objectContaining({ name: 'UnreadablePage' }) }),
        )
    })
})

describe('a page as large as that of numpy', () => {
    const policy = {
        cutoff: '2016-02-01T00:00:00',
        refusal: (version: string | undefined) => (version === '1.3.7' ? 'bad' : undefined),
    }
    const page = largePage('numpy', 4415)
    const versionOf = (filename: string) => /^numpy-([^-]+?)(?:\.tar\.gz|-.*)$/.exec(filename)![1]!
    const { files, meta, name, versions, 'project-status': active } = page
    const quarantined = { status: 'quarantined' }
    const offeredCount = modelOfFilter(JSON.stringify(page), 'numpy', policy, versionOf).files.length
    const filter = (members: object, isStream: boolean) =>
        filterPage(JSON.stringify(members), 'numpy', policy, 65536, isStream)

    test.each([
        ['as PyPI writes it', page],
        ['with all else before the files', { meta, name, 'project-status': active, versions, files }],
        ['quarantined, which it says first', { 'project-status': quarantined, meta, name, versions, files }],
        ['quarantined, without files', { ...page, files: [], 'project-status': quarantined }],
    ])('%s', (_what, members) => {
        const text = JSON.stringify(members)
        const expected = modelOfFilter(text, 'numpy', policy, versionOf)
        for (const isStream of [false, true]) expect(JSON.parse(filter(members, isStream))).toEqual(expected)
        // Otherwise nothing is sent before the end.
        if (members === page) expect(text.length).toBeGreaterThan(3_000_000)
    })

    test('with spaces', () => {
        const text = JSON.stringify(page, null, 1)
        const expected = modelOfFilter(text, 'numpy', policy, versionOf)
        for (const isStream of [false, true]) {
            expect(JSON.parse(filterPage(text, 'numpy', policy, 65536, isStream))).toEqual(expected)
        }
    })

    test('is refused when it turns out at its end that it must not have files', () => {
        expect(() => filter({ files, meta, name, 'project-status': quarantined }, true)).toThrow(/after many files/)
    })

    test('is refused for a file of more than 64 KiB', () => {
        const reason = 'x'.repeat(200_000)
        const large = { ...files[7]!, yanked: reason }
        const pageWith = (file: object) => ({ ...page, files: [...files.slice(0, 100), file, ...files.slice(100)] })
        expect(() => filter(pageWith(large), true)).toThrow(/file has more than 64 KiB/)
        const usual = pageWith({ ...large, yanked: reason.slice(0, 60_000) })
        expect(JSON.parse(filter(usual, true)).files.length).toBe(offeredCount + 1)
    })

    test('is refused for a value of more than 1 MiB', () => {
        const large = 'x'.repeat(1_200_000)
        expect(() => filter({ ...page, large }, true)).toThrow(/value has more than 1 MiB/)
        expect(JSON.parse(filter({ ...page, large: large.slice(300_000) }, true)).files).not.toEqual([])
    })
})
