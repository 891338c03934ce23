import { describe, expect, test } from 'vitest'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { publicFrom } from '../../../scripts/config/public.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { warningsOf } from '../../../scripts/config/warnings.js'
import { nextSteps } from '../../../scripts/next-steps/next-steps.js'
import { expectRefusal } from './refusal.js'

const cached = { bucket: 'my-pypi', cache: '/var/cache/pypi' }
const settings = (options: Partial<ConfigOptions>) => settingsFrom({ ...cached, ...options }, () => ['10.0.0.2'])
const pypiFiles = 'https://files.pythonhosted.org/packages/'

describe('the public index', () => {
    test.each<[url: string | true, pages: string, files: string]>([
        [true, 'pypi.org:443/simple/', pypiFiles],
        ['https://pypi.org/simple', 'pypi.org:443/simple/', pypiFiles],
        ['HTTPS://PyPI.org:443/./simple/', 'pypi.org:443/simple/', pypiFiles],
        ['https://test.pypi.org/simple/', 'test.pypi.org:443/simple/', 'https://test-files.pythonhosted.org/packages/'],
        ['http://127.0.0.1:3141/a/simple', '127.0.0.1:3141/a/simple/', 'http://127.0.0.1:3141/a/packages/'],
        ['http://[::1]:3141/simple/', '[::1]:3141/simple/', 'http://[::1]:3141/packages/'],
        [
            'https://mirror.example:8443/a~b/simple/',
            'mirror.example:8443/a~b/simple/',
            'https://mirror.example:8443/a~b/packages/',
        ],
    ])('%s', (url, pages, files) => {
        const index = publicFrom({ ...cached, public: url })!
        const { host, port } = index.pages.endpoint
        expect(`${host}:${port}${index.pages.path}`).toBe(pages)
        expect(index.fileUrl).toBe(files)
    })

    test.each<[url: string, message: string]>([
        ['https://user:secret@pypi.org/simple/', 'holds credentials'],
        ['https://pypi.org', 'is not the URL'],
        ['https://pypi.org/', 'is not the URL'],
        ['https://pypi.org/./', 'is not the URL'],
        ['pypi.org/simple/', 'is not the URL'],
        ['ftp://pypi.org/simple/', 'is not the URL'],
        ['https://pypi.org/simple/?a=b', 'is not the URL'],
        ['https://pypi.org/simple/#a', 'is not the URL'],
        ['https://pypi.org/sim ple/', 'is not the URL'],
        ['https://pypi.org/sim;ple/', 'is not the URL'],
        ['https://pypi.org/$host/', 'is not the URL'],
        ['https://pypi.org/%2e%2e/', 'is not the URL'],
        ['https://pypi.org./simple/', 'invalid host name'],
        ['https://-pypi.org/simple/', 'is not the URL'],
        ['https://10.0.0.256/simple/', 'is not the URL'],
        ['https://pypi.org:0/simple/', 'port 0'],
        ['https://pypi.org:99999/simple/', 'is not the URL'],
    ])('%s is refused', (url, message) => {
        expectRefusal(() => publicFrom({ ...cached, public: url }), message, 'https://pypi.org/simple/')
        const secret = () => publicFrom({ ...cached, public: url })
        expect(secret).not.toThrow(/secret/)
    })

    test('without encryption, there is a warning, but for the loopback', () => {
        const warnings = (url: string) => warningsOf(settings({ public: url }), { ...cached, public: url }).join('\n')
        expect(warnings('http://mirror.example/simple/')).toContain('--public is not encrypted')
        expect(warnings('http://10.0.0.5/simple/')).toContain('--public is not encrypted')
        for (const url of ['https://mirror.example/simple/', 'http://localhost/simple/', 'http://[::1]/simple/']) {
            expect(warnings(url)).not.toContain('encrypted')
        }
    })
})

test.each<[options: Partial<ConfigOptions>, message: string, cure: string]>([
    [{ public: true, cache: 'off' }, '--public requires --cache', 'Add --cache'],
    [{ public: true, fallback: true }, '--public and --fallback', 'Leave one of them out'],
    [{ cooldown: '7d' }, '--cooldown requires --public', 'Add --public'],
    [{ public: true, cooldownExcept: ['a'] }, '--cooldown-except requires --cooldown', 'Add --cooldown'],
    [{ deny: '/etc/deny.txt' }, '--deny requires --public', 'Add --public'],
    [{ allowOnly: '/etc/allow.txt' }, '--allow-only requires --public', 'Add --public'],
    [{ publicCaBundle: '/etc/ca.pem' }, '--public-ca-bundle requires --public', 'Add --public'],
    [{ public: true, deny: 'deny.txt' }, 'deny.txt', 'absolute'],
    [{ public: true, cooldown: '7' }, '"7" is not a duration', '7d'],
    [{ public: true, cooldown: '-7d' }, 'is not a duration', '7d'],
    [{ public: true, cooldown: '1e2d' }, 'is not a duration', '7d'],
    [{ public: true, cooldown: '367d' }, 'is not a duration', '7d'],
    [{ public: true, private: ['a b'] }, 'a b', ''],
])('%j is refused', (options, message, cure) => {
    expectRefusal(() => settings(options), message, cure)
})

test('durations and patterns', () => {
    const own = { public: true, cooldownExcept: ['Acme__*', 'Foo.Bar'] } as const
    const of = (cooldown: string) => settings({ ...own, cooldownExcept: [...own.cooldownExcept], cooldown }).public!
    expect(['90s', '30m', '12h', '7d', '366d', '0s'].map((text) => of(text).cooldown)).toEqual([
        ...[90, 1800, 43_200, 604_800, 31_622_400, 0],
    ])
    expect(of('7d').cooldownExcept).toEqual(['acme-*', 'foo-bar'])
    expect(settings({ public: true, private: ['Acme__*'] }).privateNames).toEqual(['acme-*'])
})

describe('the printed steps', () => {
    const steps = (options: Partial<ConfigOptions>) => nextSteps(settings(options), 'nginx-s3-pypi')

    test('Debian: sockets that a killed nginx has left are removed', () => {
        const socket = 'ExecStartPre=/bin/rm -f /var/cache/pypi/pypi-private/public.sock'
        expect(steps({ target: 'debian', public: true })).toContain(socket)
        expect(steps({ target: 'debian' })).not.toContain('public.sock')
    })

    test('Docker: an index on this machine is reached', () => {
        const endpointUrl = 'https://s3.example'
        expect(steps({ endpointUrl, public: 'http://localhost:3141/simple/' })).toContain('--network host')
        expect(steps({ endpointUrl, public: 'https://mirror.example/simple/' })).not.toContain('--network host')
    })
})
