import { expect, test } from 'vitest'
import { claimText, matchesPattern } from '../../../../core/tokens/claim-pattern.js'
import { matchesProject, normalizeProjectPattern } from '../../../../core/project-patterns.js'

const claims = { repository: 'acme/tools', ref: 'refs/heads/main', count: 7, list: ['x'], empty: '', star: 'a*' }

test.each<[pattern: string, value: string, expected: boolean]>([
    ['acme/tools', 'acme/tools', true],
    ['acme/tools', 'acme/tools-evil', false],
    ['acme/tools', 'evil/acme/tools', false],
    ['acme/tools', 'acme/tool', false],
    ['acme/tools', 'Acme/tools', false],
    ['acme/tools', '', false],
    ['', '', true],
    ['', 'x', false],
    ['acme/*', 'acme/tools', true],
    ['acme/*', 'acme/tools/x', false],
    ['acme/*', 'acme-evil/tools', false],
    ['acme*', 'acme/tools', false],
    ['acme**', 'acme/tools', true],
    ['acme/***', 'acme/a/b', true],
    ['*', 'a/b', false],
    ['**', 'a/b', true],
    ['**/tools', 'a/b/tools', true],
    ['**/tools', 'a/b/tools2', false],
    ['refs/tags/v*', 'refs/tags/v1.0', true],
    ['refs/tags/v*', 'refs/tags/v', true],
    ['refs/tags/v*', 'refs/tags/v1/x', false],
    ['refs/tags/v*.0', 'refs/tags/v1.1', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'aXcYb', false],
    ['a.c', 'abc', false],
    ['a+', 'aa', false],
    ['[ab]', 'a', false],
    ['a?', 'ab', false],
    ['$', '', false],
    ['a', 'a\n', false],
    ['a*', 'a\nb', true],
    ['{repository}/x', 'acme/tools/x', true],
    ['{repository}/x', 'acme/other/x', false],
    ['{repository}@{ref}', 'acme/tools@refs/heads/main', true],
    ['{repository}@{ref}', 'acme/tools@refs/heads/main2', false],
    ['{count}', '7', true],
    ['{star}', 'a*', true],
    ['{star}', 'abc', false],
    ['{none}', '', false],
    ['{none}', '{none}', false],
    ['{list}', 'x', false],
    ['{empty}x', 'x', false],
    ['{', '{', true],
    ['{}', '{}', true],
    ['\\*', '\\x', true],
])('%s and %j: %s', (pattern, value, expected) => {
    expect(matchesPattern(pattern, value, claims)).toBe(expected)
})

test('patterns with many stars end, and long values match nothing', () => {
    expect(matchesPattern('*a'.repeat(250) + 'b', 'a'.repeat(1024), {})).toBe(false)
    expect(matchesPattern('**', 'a'.repeat(1025), {})).toBe(false)
})

test.each<[value: never, text: string | undefined]>([
    ['x' as never, 'x'],
    [true as never, 'true'],
    [7 as never, '7'],
    [7.5 as never, undefined],
    [1e300 as never, undefined],
    [null as never, undefined],
    [undefined as never, undefined],
    [['x'] as never, undefined],
    [{} as never, undefined],
])('%j as a text: %j', (value, text) => {
    expect(claimText(value)).toBe(text)
})

test.each<[pattern: string, project: string, expected: boolean]>([
    ['acme', 'acme', true],
    ['acme', 'acme-tools', false],
    ['acme-*', 'acme-tools', true],
    ['acme-*', 'acme-', true],
    ['acme-*', 'acme', false],
    ['*', 'anything', true],
    ['*-acme', 'x-acme', true],
    ['*-acme', 'x-acme-y', false],
    ['a*b*a', 'aba', true],
    ['a*b*a', 'ab', false],
    ['ab*ba', 'aba', false],
    ['Acme_Tools.*', 'acme-tools-x', true],
])('project %s and %s: %s', (pattern, project, expected) => {
    expect(matchesProject([normalizeProjectPattern(pattern)!], project)).toBe(expected)
})

test.each(['', '-x', 'x-', 'a b', 'a/b', 'a\n', 'é', 'a'.repeat(257)])('no pattern of projects: %j', (text) => {
    expect(normalizeProjectPattern(text)).toBeUndefined()
})
