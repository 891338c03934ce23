import { expect, test } from 'vitest'
import { isSealed, seal } from '../../../scripts/config/seal.js'

const sealed = seal('first\nsecond\n', '#')

test('the last line is a comment, and the lines above it are untouched', () => {
    expect(sealed).toMatch(/^first\nsecond\n# sha256 of the lines above: [0-9a-f]{64}\n$/)
    expect(seal('x()', '//')).toMatch(/^x\(\)\n\/\/ sha256 of the lines above: [0-9a-f]{64}\n$/)
})

test.each([
    ['text', 'first\nsecond\n'],
    ['text without a line break at its end', 'first'],
    ['nothing', ''],
    ['text of every kind', `é 日本 ' " $ { } ; \\ ~ %25 ${'x'.repeat(200)}\r\n`],
    ['a file that was sealed before', sealed],
])('%s is as it was sealed', (_name, text) => {
    expect(isSealed(seal(text, '#'))).toBe(true)
    expect(isSealed(seal(text, '//'))).toBe(true)
})

test.each([
    ['a changed word', sealed.replace('second', 'secund')],
    ['a line more above', `added\n${sealed}`],
    ['a line less', sealed.replace('first\n', '')],
    ['a line more below', `${sealed}added\n`],
    ['a line break more below', `${sealed}\n`],
    ['no line break at the end', sealed.trimEnd()],
    ['line ends of Windows', sealed.replaceAll('\n', '\r\n')],
    ['white space at the end of a line', sealed.replace('first', 'first ')],
    ['another digest', sealed.replace(/[0-9a-f]{64}/, '0'.repeat(64))],
    ['no seal', 'first\nsecond\n'],
    ['the seal alone', sealed.split('\n').slice(2).join('\n')],
    ['nothing', ''],
    ['one line break', '\n'],
])('%s is an edit', (_name, text) => {
    expect(isSealed(text)).toBe(false)
})
