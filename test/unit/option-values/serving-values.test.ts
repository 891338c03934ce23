import { describe, expect, test } from 'vitest'
import {
    parseCacheSize,
    parseFallback,
    parseMaxConnections,
    parseNetwork,
    parsePageTtl,
    parsePrivateName,
} from '../../../scripts/option-values/serving-values.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('the size of a cache', () => {
    test.each([
        ['512m', '512m'],
        ['10g', '10g'],
        ['10G', '10g'],
        ['1k', '1k'],
        ['999999g', '999999g'],
    ])('%s', (text, size) => expect(parseCacheSize(text)).toBe(size))

    test.each([
        '',
        '0',
        '0g',
        '01g',
        '10',
        '10gb',
        '10 g',
        '-1g',
        '1.5g',
        '1e3g',
        '10t',
        '1000000g',
        '十g',
        ...nginxInjections,
    ])('%j is refused', (text) =>
        expectRefusal(() => parseCacheSize(text), `${JSON.stringify(text)} is not a cache size`, '512m or 10g'),
    )
})

describe('the time for which a page is fresh', () => {
    test.each([
        ['1', 1],
        ['60', 60],
        ['3600', 3600],
    ])('%s', (text, seconds) => expect(parsePageTtl(text)).toBe(seconds))

    test.each(['', '0', '3601', '99999', '-1', '5s', '1.5', ' 5', '5\n', '1e2', '٥', ...nginxInjections])(
        '%j is refused',
        (text) => {
            expectRefusal(
                () => parsePageTtl(text),
                `--page-ttl ${JSON.stringify(text)} is not a number of seconds`,
                '1 to 3600 seconds',
            )
        },
    )
})

describe('the connections of one address', () => {
    test.each([
        ['1', 1],
        ['65535', 65535],
    ])('%s', (text, count) => expect(parseMaxConnections(text)).toBe(count))

    test.each(['', '0', '65536', '-1', '1.5', '10k', ...nginxInjections])('%j is refused', (text) => {
        expectRefusal(
            () => parseMaxConnections(text),
            `--max-connections ${JSON.stringify(text)} is not a number of connections`,
            '1 to 65535',
        )
    })
})

describe('a fallback', () => {
    test.each([
        ['https://pypi.org/simple/', 'https://pypi.org/simple/'],
        ['https://pypi.org/simple', 'https://pypi.org/simple/'],
        ['https://mirror.example.com', 'https://mirror.example.com/'],
        ['http://10.0.0.5:3141/root/pypi/~simple', 'http://10.0.0.5:3141/root/pypi/~simple/'],
        ['http://[::1]:8080/simple/', 'http://[::1]:8080/simple/'],
    ])('%s', (text, url) => expect(parseFallback(text)).toBe(url))

    test.each([
        ...[
            '',
            'pypi.org',
            '//pypi.org/simple/',
            'ftp://pypi.org/',
            'https://',
            'https:///simple/',
            'https://pypi.org:99999/',
        ],
        ...[
            'https://pypi.org/simple/?q',
            'https://pypi.org/simple/#x',
            'https://pypi.org/a b/',
            'https://pypi.org/a%20b/',
        ],
        ...[
            'https://bücher.example/simple/',
            'https://pypi.org/日本/',
            "https://pypi.org/it's/",
            'https://pypi.org/a+b/',
        ],
        ...nginxInjections.flatMap((text) => [`https://${text}/`, `https://pypi.org/${text}`]),
    ])('%j is refused', (text) => {
        const message = `${JSON.stringify(text)} is not the URL of a package index`
        expectRefusal(() => parseFallback(text), message, 'without credentials: https://pypi.org/simple/')
    })

    test('with credentials is refused without showing them', () => {
        const refused = () => parseFallback('https://reader:hush@pypi.example.com/simple/')
        expectRefusal(refused, /^(?!.*hush).*the fallback holds credentials/, /^(?!.*hush).*without credentials/)
    })
})

describe('a pattern of private names', () => {
    test.each([
        ['acme-*', 'acme-*'],
        ['Acme_*', 'acme-*'],
        ['acme.*', 'acme-*'],
        ['*-internal', '*-internal'],
        ['*', '*'],
        ['Zope.Interface', 'zope-interface'],
    ])('%s', (text, pattern) => expect(parsePrivateName(text)).toBe(pattern))

    test.each(['', 'acme?', 'acme+', 'a/b', 'a,b', 'a|b', 'a(b)', 'a[b]', '^a', 'é', '日本', ...nginxInjections])(
        '%j is refused',
        (text) => expectRefusal(() => parsePrivateName(text), `${JSON.stringify(text)} is not a pattern`, "'acme-*'"),
    )
})

describe('a network', () => {
    test.each(['10.0.0.0/8', '10.0.0.1', '0.0.0.0/0', '10.0.0.1/32', '2001:db8::/32', '::1', '::/0', '::1/128'])(
        '%s',
        (text) => expect(parseNetwork(text)).toBe(text),
    )

    test.each([
        ...[
            '',
            'all',
            'unix:',
            'localhost',
            '10.0.0.0/33',
            '10.0.0.0/',
            '10.0.0.0/8/8',
            '10.0.0.0/-1',
            '10.0.0/8',
            '/8',
        ],
        ...[
            '10.0.0.256',
            '2001:db8::/129',
            '[::1]',
            'fe80::1%eth0',
            '10.0.0.0-10.0.0.9',
            '10.0.0.0/٨',
            ...nginxInjections,
        ],
    ])('%j is refused', (text) => {
        expectRefusal(() => parseNetwork(text), `${JSON.stringify(text)} is not a network`, '10.0.0.0/8 or an address')
    })
})
