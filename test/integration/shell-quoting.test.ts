import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { quotedForShell } from '../../scripts/cli/shell-words.js'

test.each([
    '',
    'plain',
    'a b',
    ' ',
    "it's",
    "'",
    "''",
    '"quoted"',
    '$HOME',
    '$(id)',
    '`id`',
    'a;b',
    'a&b|c',
    'a\\b',
    'a\nb',
    '*',
    '~',
    '~root',
    '#',
    '!!',
    'a%20b+c',
    'é日本',
    '{a,b}',
    'x'.repeat(200),
])('a shell reads %j as it is', (text) => {
    const script = `printf '[%s]' ${quotedForShell(text)} end`
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(`[${text}][end]`)
})
