import { describe, expect, test } from 'vitest'
import { kindOf, parseFileName, sdistReadings } from '../../../core/file-name.js'

describe('a wheel', () => {
    test.each([
        ['acme-1.0-py3-none-any.whl', 'acme', '1.0'],
        ['acme-1.0-1-py3-none-any.whl', 'acme', '1.0'],
        ['acme-1.0-1abc-py3-none-any.whl', 'acme', '1.0'],
        ['my_project-1.0-cp310.cp311-abi3-manylinux_2_17_x86_64.whl', 'my-project', '1.0'],
        ['Zope.Interface-5.0-py3-none-any.whl', 'zope-interface', '5.0'],
        ['acme-1.0+cu121-py3-none-any.whl', 'acme', '1.0+cu121'],
        ['acme-1.0+ubuntu_1-py3-none-any.whl', 'acme', '1.0+ubuntu.1'],
        ['acme-1!2.0-py3-none-any.whl', 'acme', '1!2.0'],
        ['acme-1.0_1-py3-none-any.whl', 'acme', '1.0.post1'],
        ['a-1-py3-none-any.whl', 'a', '1'],
    ])('%s is one of %s %s', (filename, project, version) => {
        expect(parseFileName(filename, project)).toEqual({ kind: 'wheel', project, version })
        expect(parseFileName(filename, `${project}-other`)).toBeUndefined()
    })

    test.each([
        'acme-1.0.whl',
        'acme-1.0-py3-none.whl',
        'acme-1.0-b1-py3-none-any.whl',
        'acme-1.0-1-2-py3-none-any.whl',
        'acme-one-py3-none-any.whl',
        'acme-1.0-py3-none-any.whl.metadata',
        'acme-1.0-py3-none-any.WHL',
        'acme-1.0-py3-none-any.whl\n',
        ' acme-1.0-py3-none-any.whl',
        '_acme-1.0-py3-none-any.whl',
        'acme_-1.0-py3-none-any.whl',
        'acme-1.0%2Bx-py3-none-any.whl',
        'acme-1.0-py3-none-any"><script>.whl',
        'acme-1.0-py3-none-../any.whl',
        '../acme-1.0-py3-none-any.whl',
        'acme/acme-1.0-py3-none-any.whl',
        'acme-1.0\0-py3-none-any.whl',
        'acmé-1.0-py3-none-any.whl',
        'acme-١.٠-py3-none-any.whl',
    ])('%j is none', (filename) => {
        expect(parseFileName(filename, 'acme')).toBeUndefined()
    })
})

describe('an sdist', () => {
    test.each([
        ['acme-1.0.tar.gz', 'acme', '1.0'],
        ['acme-1.0.zip', 'acme', '1.0'],
        ['acme-1.0.tar.bz2', 'acme', '1.0'],
        ['acme-1.0.tgz', 'acme', '1.0'],
        ['My.Project-1.0.tar.gz', 'my-project', '1.0'],
        ['my-project-1.0-1.tar.gz', 'my-project', '1.0.post1'],
        ['my-2-1.tar.gz', 'my-2', '1'],
        ['my-2-1.tar.gz', 'my', '2.post1'],
        ['acme-1.0+local.1.tar.gz', 'acme', '1.0+local.1'],
        ['acme-1!1.0.zip', 'acme', '1!1.0'],
    ])('%s is one of %s %s', (filename, project, version) => {
        expect(parseFileName(filename, project)).toEqual({ kind: 'sdist', project, version })
        expect(parseFileName(filename, `${project}-other`)).toBeUndefined()
    })

    test.each([
        'acme.tar.gz',
        'acme-.tar.gz',
        '-1.0.tar.gz',
        'acme-one.tar.gz',
        'acme-1.0.egg',
        'acme-1.0.exe',
        'acme-1.0.tar.gz.metadata',
        'acme-1.0.tar.gz\n',
        '.acme-1.0.tar.gz',
        '../acme-1.0.tar.gz',
        'acme/acme-1.0.tar.gz',
        'acme-1.0\0.tar.gz',
        'acme-1.0%2Bx.tar.gz',
        'acme-1.0 .zip',
        'äcme-1.0.zip',
    ])('%j is none', (filename) => {
        expect(parseFileName(filename, 'acme')).toBeUndefined()
    })
})

test.each([
    [
        'my-2-1.tar.gz',
        [
            ['my', '2.post1'],
            ['my-2', '1'],
        ],
    ],
    ['acme-1.0.zip', [['acme', '1.0']]],
    ['acme-one.zip', []],
    ['acme-1.0-py3-none-any.whl', []],
])('%s can mean %j', (filename, readings) => {
    expect(sdistReadings(filename).map(({ project, version }) => [project, version])).toEqual(readings)
})

test.each([
    ['acme-1.0-py3-none-any.whl', 'wheel'],
    ['acme-1.0.tar.gz', 'sdist'],
    ['acme-1.0.zip', 'sdist'],
    ['acme-1.0.tar.bz2', undefined],
    ['acme-1.0-py3-none-any.whl.metadata', undefined],
    ['acme.WHL', undefined],
    ['index.html', undefined],
    ['', undefined],
])('the kind of %j is %s', (filename, kind) => {
    expect(kindOf(filename)).toBe(kind)
})

test('a hostile name takes no time', () => {
    const started = performance.now()
    for (const name of [`${'a-'.repeat(500)}.zip`, `${'a.'.repeat(500)}-1-a-a-a.whl`, `${'1-'.repeat(500)}x.tar.gz`]) {
        expect(parseFileName(name, 'acme')).toBeUndefined()
    }
    expect(performance.now() - started).toBeLessThan(500)
})
