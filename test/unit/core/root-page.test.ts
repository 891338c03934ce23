import { expect, test } from 'vitest'
import { parseRootJson, rootPage, toRootJson } from '../../../core/root-page.js'

test.each([
    [[], []],
    [
        ['b', 'a'],
        ['a', 'b'],
    ],
    [
        ['a', 'b', 'a'],
        ['a', 'b'],
    ],
    [
        ['a-10', 'a-9', 'A'],
        ['A', 'a-10', 'a-9'],
    ],
])('the projects %j stand on the page as %j', (projects, listed) => {
    expect(rootPage(projects).projects).toEqual(listed)
    expect(toRootJson(rootPage(projects))).toBe(toRootJson({ projects: listed }))
})

test('the list without projects, and with two', () => {
    expect(toRootJson({ projects: [] })).toBe('{"meta":{"api-version":"1.4"},"projects":[]}\n')
    expect(toRootJson({ projects: ['a', 'b'] })).toBe(
        '{"meta":{"api-version":"1.4"},"projects":[\n{"name":"a"},\n{"name":"b"}\n]}\n',
    )
})

test.each([
    ['ordinary names', ['acme', 'zope-interface']],
    ['none', []],
    ['names that JSON escapes', ['a"b', 'a\\b', 'a\nb', '\u2028', '日本', '</script>', '__proto__']],
])('a written list is read again: %s', (_about, projects) => {
    const page = rootPage(projects)
    expect(parseRootJson(toRootJson(page), 'index.json')).toEqual(page)
})

test.each([
    ['in another order, and twice', '{"projects":[{"name":"b"},{"name":"a"},{"name":"b"}]}', ['a', 'b']],
    ['with fields of another program', '{"x":1,"projects":[{"name":"a","_last-serial":7}]}', ['a']],
])('the list of another program is read: %s', (_about, body, projects) => {
    expect(parseRootJson(body, 'index.json').projects).toEqual(projects)
})

test.each([
    ['', 'is not JSON'],
    ['{', 'is not JSON'],
    ['<!DOCTYPE html>', 'is not JSON'],
    ['null', 'is not the list of the projects'],
    ['7', 'is not the list of the projects'],
    ['[]', 'is not the list of the projects'],
    ['{}', 'is not the list of the projects'],
    ['{"projects":"acme"}', 'is not the list of the projects'],
    ['{"projects":{"0":{"name":"acme"},"length":1}}', 'is not the list of the projects'],
    ['{"projects":["acme"]}', 'is not the list of the projects'],
    ['{"projects":[null]}', 'is not the list of the projects'],
    ['{"projects":[{"name":7}]}', 'is not the list of the projects'],
    ['{"projects":[{"name":"a"},{}]}', 'is not the list of the projects'],
])('%j is refused: it %s', (body, message) => {
    expect(() => parseRootJson(body, 'team/index.json')).toThrow(`team/index.json ${message}`)
    expect(() => parseRootJson(body, 'team/index.json')).toThrow(
        expect.objectContaining({ name: 'UserError', cure: expect.stringContaining('manage-index rebuild') }),
    )
})
