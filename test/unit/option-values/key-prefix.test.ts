import { describe, expect, test } from 'vitest'
import { parseKeyPrefix } from '../../../scripts/option-values/key-prefix.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('the prefix of an index', () => {
    test.each([
        ['', ''],
        ['team-a', 'team-a/'],
        ['team-a/', 'team-a/'],
        ['teams/a', 'teams/a/'],
        ['Teams_2/a.b-c/', 'Teams_2/a.b-c/'],
        ['.hidden/', '.hidden/'],
        ['simple', 'simple/'],
        ['x'.repeat(1022), 'x'.repeat(1022) + '/'],
    ])('%s', (text, prefix) => expect(parseKeyPrefix(text)).toBe(prefix))

    test.each([
        ...['/', '//', '/team-a', 'team-a//', 'teams//a', '.', '..', '../team-a', 'team-a/..', 'team-a/./b', '...'],
        ...['team a', 'team+a', 'team%2Fa', 'équipe', '日本', "team'a", '~team', 'team:a', 'team?a', 'team&a', 'team*'],
        ...nginxInjections,
    ])('%j is refused', (text) => {
        const message = `${JSON.stringify(text)} cannot be the prefix of an index`
        expectRefusal(() => parseKeyPrefix(text), message, 'Write names of A-Z, a-z, 0-9, "-", "_" and "."')
    })

    test('one that is as long as a key may be is refused', () => {
        expectRefusal(
            () => parseKeyPrefix('x'.repeat(1023)),
            'the prefix has 1024 characters',
            'choose a shorter prefix',
        )
    })
})
