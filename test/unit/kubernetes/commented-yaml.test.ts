import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { because, toYaml } from '../../../scripts/kubernetes/commented-yaml.js'

test('reasons stand above what they are for', () => {
    const value = {
        first: 1,
        second: because('Two things.', { list: ['a', because('The last.', { b: true })] }),
        left: undefined,
    }
    expect(toYaml(value)).toBe(
        `first: 1
# Two things.
second:
  list:
    - a
    # The last.
    - b: true
`,
    )
})

test('a long reason is wrapped, a long value is not', () => {
    const lines = toYaml({ key: because('word '.repeat(50).trim(), 'value '.repeat(50).trim()) }).split('\n')
    const comments = lines.filter((line) => line.startsWith('# '))
    expect(comments.length).toBe(3)
    expect(Math.max(...comments.map((line) => line.length))).toBeLessThanOrEqual(102)
    expect(lines.at(-2)).toMatch(/^key: (?:value ?){50}$/)
})

// What YAML 1.1 reads as a boolean, a number or something else where there are no quotes.
test.each([
    'on',
    'no',
    'y',
    '0440',
    '0o440',
    '1:30',
    '1_000',
    'null',
    '~',
    '=',
    '<<',
    '2001-01-01',
    '5',
    '',
    ' a',
    '#a',
    '@a',
    'é日本: {x}',
])('the string %j stays a string, in both versions of YAML', (text) => {
    for (const version of ['1.1', '1.2'] as const) {
        expect(parse(toYaml({ key: text, [`k${text}`]: [text] }), { version })).toEqual({
            key: text,
            [`k${text}`]: [text],
        })
    }
})
