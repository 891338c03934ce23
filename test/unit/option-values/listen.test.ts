import { describe, expect, test } from 'vitest'
import {
    isLoopback,
    nameservers,
    parseListens,
    parseResolver,
    parseServerName,
} from '../../../scripts/option-values/listen.js'
import { expectRefusal, nginxInjections } from '../config/refusal.js'

describe('an address to listen on', () => {
    test.each([
        '80',
        '1',
        '65535',
        '*:8080',
        '127.0.0.1:8080',
        '0.0.0.0:80',
        '[::]:80',
        '[::1]:8080',
        '[2001:db8::1]:80',
    ])('%s', (text) => expect(parseListens([text])).toEqual([text]))

    test.each([
        ...[
            '',
            '0',
            '65536',
            '99999',
            '100000',
            '-1',
            '080',
            '8O',
            '80 ',
            ' 80',
            '80\n',
            '80 ssl',
            '80 default_server',
        ],
        ...['127.0.0.1', 'localhost:80', ':80', '127.0.0.256:80', '127.1:80', '::1:80', '[::1]', '[::g]:80', '[]:80'],
        ...['[fe80::1%eth0]:80', '[127.0.0.1]:80', 'unix:/run/pypi.sock', '80;', 'é:80', '日本:80', '127.0.0.1:80:80'],
        ...nginxInjections.flatMap((text) => [text, `${text}:80`, `[${text}]:80`]),
    ])('%j is refused', (text) => {
        const message = `${JSON.stringify(text)} is not an address to listen on`
        expectRefusal(
            () => parseListens([text]),
            message,
            'Write a port (8080), ADDRESS:PORT (127.0.0.1:8080) or [IPv6]',
        )
    })

    test('several', () => {
        const addresses = ['80', '[::]:80', '127.0.0.1:8080', '127.0.0.1:8081']
        expect(parseListens(addresses)).toEqual(addresses)
    })

    test.each([
        ['80', '80'],
        ['80', '*:80'],
        ['0.0.0.0:80', '80'],
        ['127.0.0.1:80', '127.0.0.1:80'],
        ['[::]:80', '[::]:80'],
    ])('%s and %s are one address, on which nginx listens once', (first, second) => {
        expectRefusal(
            () => parseListens([first, '81', second]),
            `--listen ${second} is given twice`,
            'Leave one of them',
        )
    })

    test.each([
        ['127.0.0.1:80', true],
        ['127.9.9.9:80', true],
        ['[::1]:80', true],
        ['[::1]', true],
        ['80', false],
        ['*:80', false],
        ['[::]:80', false],
        ['10.127.0.1:80', false],
        ['12.70.0.1:80', false],
    ])('%s is on the loopback: %s', (address, expected) => {
        expect(isLoopback(address)).toBe(expected)
    })
})

describe('a server name', () => {
    test.each([
        ['pypi.example.com', 'pypi.example.com'],
        ['PyPI.Example.com', 'pypi.example.com'],
        ['*.example.com', '*.example.com'],
        ['.example.com', '.example.com'],
        ['pypi', 'pypi'],
        ['_', '_'],
        ['10.0.0.5', '10.0.0.5'],
        ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
        [`${'x'.repeat(63)}.example`, `${'x'.repeat(63)}.example`],
    ])('%s', (text, name) => expect(parseServerName(text)).toBe(name))

    test.each([
        ...[
            '',
            '.',
            '*',
            '*.',
            '~^pypi',
            'pypi.*',
            '*.*.example',
            'pypi.example.com.',
            'pypi..example',
            '-pypi',
            'pypi-',
        ],
        ...['pypi.example.com:80', 'http://pypi.example.com', 'a,b', 'bücher.example', '日本', '10.0.0.256', '[::1]'],
        ...["it's", 'a%20b', 'a+b', 'x'.repeat(64), 'x.'.repeat(126) + 'xx', ...nginxInjections],
    ])('%j is refused', (text) => {
        expectRefusal(() => parseServerName(text), `${JSON.stringify(text)} is not a server name`, 'Write a host name')
    })
})

describe('a DNS server', () => {
    test.each([
        ['10.0.0.2', '10.0.0.2'],
        ['10.0.0.2:5353', '10.0.0.2:5353'],
        ['2001:db8::53', '[2001:db8::53]'],
        ['[2001:db8::53]', '[2001:db8::53]'],
        ['[2001:db8::53]:5353', '[2001:db8::53]:5353'],
        ['dns.example.com', 'dns.example.com'],
        ['kube-dns.kube-system.svc.cluster.local:53', 'kube-dns.kube-system.svc.cluster.local:53'],
    ])('%s', (text, address) => expect(parseResolver(text)).toBe(address))

    test.each([
        ...['', 'off', 'off:53', '10.0.0.256', '10.0.0.2:', '10.0.0.2:0', '10.0.0.2:65536', '10.0.0.2:dns', ':53'],
        ...[
            'fe80::1%eth0',
            '[fe80::1%eth0]',
            '[fe80::1%eth0]:53',
            '[10.0.0.2]',
            '[',
            '10.0.0.2 valid=30s',
            '10.0.0.2,10.0.0.3',
        ],
        ...['dns.example.com.', 'http://10.0.0.2', '日本', ...nginxInjections],
    ])('%j is refused', (text) => {
        expectRefusal(
            () => parseResolver(text),
            `${JSON.stringify(text)} is not a DNS server`,
            'ADDRESS or ADDRESS:PORT',
        )
    })
})

describe('the name servers of a resolv.conf', () => {
    test.each([
        ['', []],
        ['nameserver 10.0.0.2\n', ['10.0.0.2']],
        ['nameserver 10.0.0.2', ['10.0.0.2']],
        ['nameserver 10.0.0.2\r\nnameserver 10.0.0.3\r\n', ['10.0.0.2', '10.0.0.3']],
        ['  nameserver\t 10.0.0.2 # the first\n', ['10.0.0.2']],
        ['nameserver 2001:db8::53\nnameserver 127.0.0.53\n', ['[2001:db8::53]', '127.0.0.53']],
        ['search example.com\noptions edns0\nnameserver 10.0.0.2\n', ['10.0.0.2']],
        ['#nameserver 10.0.0.1\n; nameserver 10.0.0.2\n# nameserver 10.0.0.3\n', []],
        ['nameserver\n10.0.0.2\n', []],
        ['nameservers 10.0.0.2\n', []],
        ['nameserver fe80::1%eth0\nnameserver 10.0.0.2\n', ['10.0.0.2']],
        ['nameserver 10.0.0.2;return\nnameserver $host\nnameserver dns.example.com\n', []],
    ])('%j', (text, addresses) => {
        expect(nameservers(text)).toEqual(addresses)
    })
})
