import { expect, test } from 'vitest'
import { isCorrectedSpecifierSet, isSpecifierSet } from '../../../core/specifier-set.js'
import { compareVersions, normalizeVersion, sameVersion } from '../../../core/version.js'

test.each([
    ['1.0', '1.0'],
    ['1.0.0', '1.0.0'],
    ['v1.0', '1.0'],
    [' \t1.0\n', '1.0'],
    ['\u00a01.0\u2028', '1.0'],
    ['0001.0010', '1.10'],
    ['0!1.0', '1.0'],
    ['007!1.0', '7!1.0'],
    ['1.0ALPHA', '1.0a0'],
    ['1.0-Beta.2', '1.0b2'],
    ['1.0_c_03', '1.0rc3'],
    ['1.0preview1', '1.0rc1'],
    ['1.0pre-1', '1.0rc1'],
    ['1.0-1', '1.0.post1'],
    ['1.0-001', '1.0.post1'],
    ['1.0r', '1.0.post0'],
    ['1.0-r-4', '1.0.post4'],
    ['1.0rev', '1.0.post0'],
    ['1.0a1-1.dev', '1.0a1.post1.dev0'],
    ['1.0DEV3', '1.0.dev3'],
    ['1.0.dev20240101123456788', '1.0.dev20240101123456788'],
    ['1.0.dev20240101123456789', '1.0.dev20240101123456789'],
    [`1.${'9'.repeat(300)}`, `1.${'9'.repeat(300)}`],
    ['1.0+12e4567', '1.0+12e4567'],
    ['1.0+Infinity', '1.0+infinity'],
    ['1.0+nan', '1.0+nan'],
    ['1.0+0x10', '1.0+0x10'],
    ['1.0+0b1', '1.0+0b1'],
    ['1.0+001', '1.0+1'],
    ['1.0+000', '1.0+0'],
    ['1.0+00a', '1.0+00a'],
    ['1.0+Ubuntu-1_2', '1.0+ubuntu.1.2'],
    ['1.0+20240101123456789012', '1.0+20240101123456789012'],
])('%j is shown as %s', (text, normal) => {
    expect(normalizeVersion(text)).toBe(normal)
})

test.each([
    '',
    '.',
    'v',
    '1.0-',
    '1..0',
    '1.0+',
    '1.0+a..b',
    '1.0+_a',
    '1.0+a+b',
    '1.0-final-2',
    '1.0-a-b',
    'vv1.0',
    '-1.0',
    '1.0 1',
    '1.0\u0000',
    '١.٠',
    '1.0+é',
    '1.0+ſ',
    '1.0po\u017ft1',
    '1.0+\u212a',
    '\ufeff1.0',
    '1!',
    '!1',
    '1.*',
    '1e5',
    '0x10',
    'Infinity',
    '1.0.dev1.post1',
    '1.0.dev1a1',
    '9'.repeat(1025),
])('%j is no version', (text) => {
    expect(normalizeVersion(text)).toBeUndefined()
})

test('versions in order, each older than the next', () => {
    const order = [
        '1.0.dev1',
        '1.0.dev20240101123456788',
        '1.0.dev20240101123456789',
        '1.0a1.dev1',
        '1.0a1',
        '1.0a1.post1.dev1',
        '1.0a1.post1',
        '1.0a2',
        '1.0a10',
        '1.0b1',
        '1.0rc1',
        '1.0',
        '1.0+98e7654',
        '1.0+a',
        '1.0+a.1',
        '1.0+infinity',
        '1.0+nan',
        '1.0+1',
        '1.0+1.a',
        '1.0+1.1',
        '1.0+10',
        '1.0+9007199254740992',
        '1.0+9007199254740993',
        '1.0.post1.dev1',
        '1.0.post1',
        '1.0.post1+a',
        '1.0.1',
        '1.9',
        '1.10',
        '1.9007199254740992',
        '1.9007199254740993',
        '2.0',
        '1!0.1',
        '9007199254740993!0',
    ]
    for (const [position, older] of order.entries()) {
        for (const newer of order.slice(position + 1)) {
            expect(compareVersions(older, newer), `${older} < ${newer}`).toBeLessThan(0)
            expect(compareVersions(newer, older), `${newer} > ${older}`).toBeGreaterThan(0)
        }
    }
})

test.each([
    ['1.0', '1.0.0.0'],
    ['1', 'v01.00'],
    ['1.0+001', '1.0+1'],
    ['1.0+a.b', '1.0+A_B'],
    ['1.0-1', '1.0.post1'],
    ['1.0c1', '1.0-preview_1'],
    ['0!1', '1'],
])('%s and %s are one version', (a, b) => {
    expect(sameVersion(a, b)).toBe(true)
})

test.each([
    ['1.0+1e5', '1.0+100000'],
    ['1.0+0x10', '1.0+16'],
    ['1.0+12e4567', '1.0+98e7654'],
    ['1.0+infinity', '1.0+12e4567'],
    ['1.0+01a', '1.0+1a'],
    ['1.0+a.0', '1.0+a'],
    ['1.0+0', '1.0'],
    ['1.0.post0', '1.0'],
    ['1.0.dev0', '1.0'],
    ['1.0a0', '1.0'],
])('%s and %s are two versions', (a, b) => {
    expect(sameVersion(a, b)).toBe(false)
})

test('text of any length is looked at in no time', () => {
    const started = performance.now()
    for (const text of ['1'.repeat(1e6), '1.0+' + 'a.'.repeat(1e6), ' '.repeat(1e6) + 'x', `1${' '.repeat(1020)}1`]) {
        expect(normalizeVersion(text)).toBeUndefined()
        expect(isSpecifierSet(`>=${text}`)).toBe(false)
        expect(isCorrectedSpecifierSet(`>=${text}`)).toBe(false)
    }
    expect(performance.now() - started).toBeLessThan(500)
})
