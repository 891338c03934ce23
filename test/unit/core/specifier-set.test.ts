import { describe, expect, test } from 'vitest'
import { isCorrectedSpecifierSet, isSpecifierSet } from '../../../core/specifier-set.js'

// Each row: a set of specifiers, and its neighbour, which is none.
test.each([
    ['>=3.8', '=>3.8'],
    ['>=3.8,<4', '>=3.8;<4'],
    ['>=3.8, <4', '>=3.8 <4'],
    ['  >= 3.8 , < 4 ', '> = 3.8'],
    ['>=3.8,', '>=3.8,x'],
    [',,>=3.8', ';>=3.8'],
    ['', '>='],
    [',', '.'],
    ['==3.*', '>=3.*'],
    ['!=3.9.*', '<3.9.*'],
    ['==1!3.*', '==1!.*'],
    ['==v3.*', '==w3.*'],
    ['==3.9.*', '==3.9a1.*'],
    ['==3.9', '=3.9'],
    ['==1.0+local', '>=1.0+local'],
    ['!=1.0+local', '<=1.0+local'],
    ['~=3.8', '~=3'],
    ['~=1!3.8', '~=1!3'],
    ['~=3.8.1a1', '~=3a1'],
    ['~=3.8', '~=3.8+local'],
    ['===anything', '==anything'],
    ['=== 3.8-custom', '==='],
    ['===a-b', '===a;b'],
    ['===a(b', '===a)b'],
    ['===ab', '===a b'],
    ['>3.8rc1', '>3.8rc1rc2'],
    ['<4.dev0', '<4.dev0dev1'],
    ['\u00a0>=3.8\u2028', '\ufeff>=3.8'],
    ['>=3.8', '>=3.8\0'],
    ['>=3.8', '>=٣.٨'],
    ['>=3.8', '≥3.8'],
    ['>=3.8', "'>=3.8'"],
    ['>=3.8', '>=3.8\r\nX: y'],
    ['>=3.8', '>=3.8"><script>'],
])('%j is a set of specifiers, %j is none', (set, neighbour) => {
    expect(isSpecifierSet(set)).toBe(true)
    expect(isSpecifierSet(neighbour)).toBe(false)
})

test.each(['', ' ', ',', '>=3.8', '>= 3.8 , < 4', '>=3.8,', '!=3.9.*', '~=3.8', '===anything', '== 1.0+local', '>v3'])(
    '%j is a set of specifiers',
    (text) => {
        expect(isSpecifierSet(text)).toBe(true)
    },
)

test.each([
    ['>=3.6.*', true],
    ['>= 3.6.*, <4', true],
    ['>=2.7,!=3.0*', true],
    ['>=3.6<4', true],
    ["'>=3.6'", true],
    ['3.8 or so', false],
    ['=>3.8', false],
    ['===', false],
    ['>=3.8 || <2', false],
    ['~=3', false],
    ['>=1.0+local', false],
    ['>='.repeat(5000), false],
])('%j is no set of specifiers; uv corrects it: %s', (text, corrected) => {
    expect(isSpecifierSet(text)).toBe(false)
    expect(isCorrectedSpecifierSet(text)).toBe(corrected)
})

describe('the length', () => {
    test('is bounded', () => {
        expect(isSpecifierSet(','.repeat(4096))).toBe(true)
        expect(isSpecifierSet(','.repeat(4097))).toBe(false)
        expect(isCorrectedSpecifierSet(`'>=3.8'${' '.repeat(4000)}`)).toBe(true)
        expect(isCorrectedSpecifierSet(`'>=3.8'${' '.repeat(4096)}`)).toBe(false)
    })
})

// Each row: what uv corrects, and its neighbour, which stays wrong.
test.each([
    ['>=3.6<4', '>=3.6 <4'],
    ['!=~3.0', '!=~x.0'],
    ['>=3.6.*', '>=x.6.*'],
    ['>=3.6.*,<4.*', '>=3.6.*,<x.*'],
    ['!=3.0*', '!=3x*'],
    ['>dev', '>devel'],
    ['>=1.0post1.0', '>=1.0post1.x'],
    ['">=3.6"', '`>=3.6`'],
    ["'>=3.6'", '(>=3.6)'],
])('uv corrects %j, and not %j', (text, neighbour) => {
    expect(isSpecifierSet(text)).toBe(false)
    expect(isCorrectedSpecifierSet(text)).toBe(true)
    expect(isCorrectedSpecifierSet(neighbour)).toBe(false)
})
