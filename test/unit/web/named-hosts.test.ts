import { expect, test } from 'vitest'
import { namesOtherHost } from '../../../web/named-hosts.js'

const url = 'https://evil.example/login'

test.each([
    'https://github.com/x',
    'github.com',
    'See https://github.com',
    '(https://github.com)',
    '\u200ehttps://github.com',
    'git\u00adhub\u200b.com',
    'GitHub.com/acme',
    'www.github.com',
    'github。com',
    'ｇｉｔｈｕｂ．ｃｏｍ',
    'https:/github.com',
    'https://github.com:99999/',
    'https://github.com@evil.example/ github.com',
    'x/github.com',
    '.github.com.',
    'https://127.0.0.1/',
    'evil.example and github.com',
    'bücher.example',
])('%s is another host', (text) => {
    expect(namesOtherHost(text, url)).toBe(true)
})

test.each([
    'https://evil.example/setup.py',
    'http://evil.example',
    'www.evil.example',
    'Evil.Example/github.com',
    'the documentation',
    'version 1.2.3.',
    'and so on…',
    'e.g. this',
    '',
])('the twin: %s is none', (text) => {
    expect(namesOtherHost(text, url)).toBe(false)
})

test('an international name is the same in both forms', () => {
    expect(namesOtherHost('bücher.example', 'https://xn--bcher-kva.example/')).toBe(false)
})
