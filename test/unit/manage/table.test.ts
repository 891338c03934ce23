import { expect, test } from 'vitest'
import { onOneLine, table } from '../../../scripts/manage/table.js'

test('columns are as wide as their widest cell, and lines have no white space at the end', () => {
    expect(
        table([
            ['PROJECT', 'FILES'],
            ['acme', '1'],
            ['a-long-name', '1000'],
        ]),
    ).toBe('PROJECT      FILES\nacme         1\na-long-name  1000\n')
})

test('a table without rows has its headings', () => {
    expect(table([['PROJECT', 'FILES']])).toBe('PROJECT  FILES\n')
})

test('more rows than a call can have arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, number) => [`project-${number}`, '1'])
    const lines = table([['PROJECT', 'FILES'], ...rows]).split('\n')
    expect(lines.slice(0, 2)).toEqual(['PROJECT         FILES', 'project-0       1'])
    expect(lines.slice(-2)).toEqual(['project-199999  1', ''])
})

test('control characters are escaped, other characters are not', () => {
    expect(onOneLine('a\nb\u001b[31mé')).toBe('a\\nb\\u001b[31mé')
})
