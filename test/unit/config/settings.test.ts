import { describe, expect, test } from 'vitest'
import { parseFilePath } from '../../../scripts/option-values/file-path.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { parseRegion } from '../../../scripts/option-values/aws-partition.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { expectRefusal, nginxInjections } from './refusal.js'

const settings = (options: Partial<ConfigOptions>, resolvers: string[] = ['10.0.0.2']) =>
    settingsFrom({ bucket: 'my-pypi', ...options }, () => resolvers)

describe('a region', () => {
    test.each(['us-east-1', 'eusc-de-east-1', 'default', 'auto', 'garage', '1'])('%s', (text) => {
        expect(parseRegion(text)).toBe(text)
    })

    test.each([
        ...['', 'us-east-1\n', '\nus-east-1', 'us-east-1\r\nX-Header: 1', 'US-EAST-1', 'us_east_1', 'us east 1'],
        ...['us-east-1/', '-east', 'east-', 'région', '日本', '~', "us'", 'us+east', 'us%20', 'x'.repeat(64)],
        ...nginxInjections,
    ])('%j is refused', (text) => {
        expectRefusal(() => parseRegion(text), `${JSON.stringify(text)} is not a region`, 'as AWS does: eu-central-1')
    })
})

describe('the path of a file', () => {
    test.each(['/etc/ssl/certs/ca-certificates.crt', '/é/日本.pem', '/a+b/c%20d~(1)@,=:', '/' + 'x'.repeat(200)])(
        '%s',
        (text) => expect(parseFilePath(text)).toBe(text),
    )

    test.each(['', 'ca.pem', './ca.pem', '~/ca.pem', ...nginxInjections.map((text) => `/etc/${text}`)])(
        '%j is refused',
        (text) => {
            const message = `nginx cannot use the path ${JSON.stringify(text)}`
            expectRefusal(() => parseFilePath(text), message, 'Use an absolute path without spaces, quotes, "$", "#"')
            expectRefusal(() => settings({ caBundle: text }), message, 'Use an absolute path')
        },
    )
})

describe('defaults', () => {
    test('are those of AWS and of the official image', () => {
        expect(settings({})).toMatchObject({
            region: 'us-east-1',
            endpoint: { authority: 's3.us-east-1.amazonaws.com' },
            addressing: 'virtual',
            signature: 'v4',
            prefix: '',
            listen: ['80'],
            serverNames: [],
            target: 'docker',
            nginxVersion: '1.30.4',
            jsEngine: undefined,
            resolver: ['127.0.0.11'],
            caBundle: '/etc/ssl/certs/ca-certificates.crt',
        })
    })

    test.each([
        ['AWS is asked by BUCKET.HOST', {}, { addressing: 'virtual' }],
        ['other servers by HOST/BUCKET', { endpointUrl: 'https://s3.example.com' }, { addressing: 'path' }],
        ['Debian has an older nginx', { target: 'debian' }, { nginxVersion: '1.22.1' }],
        ["Debian's nginx asks the machine's DNS", { target: 'debian' }, { resolver: ['10.0.0.2'] }],
        ['so does one of its own', { target: 'standalone' }, { resolver: ['10.0.0.2'] }],
        ['and a container on the loopback of the host', { listen: ['127.0.0.1:80'] }, { resolver: ['10.0.0.2'] }],
        ['but not one that is reached from outside', { listen: ['127.0.0.1:80', '81'] }, { resolver: ['127.0.0.11'] }],
        ['named DNS servers come first', { resolver: ['10.0.0.3', '::1'] }, { resolver: ['10.0.0.3', '[::1]'] }],
        ['DNS can be left out', { resolver: ['off'] }, { resolver: [] }],
        ['an address needs no DNS', { endpointUrl: 'http://10.0.0.5' }, { resolver: [] }],
        ['localhost neither', { endpointUrl: 'http://localhost', target: 'debian' }, { resolver: [] }],
    ] as [string, Partial<ConfigOptions>, object][])('%s', (_name, options, expected) => {
        expect(settings(options)).toMatchObject(expected)
    })
})

describe('options that do not go together', () => {
    test.each([
        ['http://10.0.0.5', '10.0.0.5'],
        ['http://[::1]:9000', '[::1]'],
    ])('a bucket in front of the address %s', (endpointUrl, host) => {
        const message = `--addressing virtual needs an endpoint with a name, not the address ${host}`
        expectRefusal(() => settings({ endpointUrl, addressing: 'virtual' }), message, 'Use --addressing path.')
        expect(settings({ endpointUrl, addressing: 'path' }).addressing).toBe('path')
    })

    test('a bucket in front of localhost is one that works', () => {
        const options = { endpointUrl: 'http://localhost:9000', addressing: 'virtual' } as const
        expect(settings(options).addressing).toBe('virtual')
    })

    test('signature v2 and AWS', () => {
        expectRefusal(() => settings({ signature: 'v2' }), '--signature v2 is for S3 servers', 'Leave --signature out')
        expect(settings({ signature: 'v2', endpointUrl: 'https://s3.example.com' }).signature).toBe('v2')
    })

    test.each([
        [{ nginxVersion: '1.26.3' }, '1.26.3'],
        [{ target: 'debian' }, '1.22.1'],
    ] as [Partial<ConfigOptions>, string][])('QuickJS and %j', (options, version) => {
        const message = `--js-engine qjs needs nginx 1.28.0 or later, not ${version}`
        expectRefusal(() => settings({ ...options, jsEngine: 'qjs' }), message, '--nginx-version')
        expect(settings({ ...options, jsEngine: 'qjs', nginxVersion: '1.28.0' }).jsEngine).toBe('qjs')
    })

    test('"off" beside a DNS server', () => {
        expectRefusal(() => settings({ resolver: ['off', '10.0.0.2'] }), '"off" is not a DNS server', 'ADDRESS')
    })

    test('a name to look up, and no DNS server', () => {
        const message = '/etc/resolv.conf names no DNS server'
        expectRefusal(() => settings({ target: 'debian' }, []), message, '--resolver ADDRESS; or --resolver off')
        expect(settings({ target: 'debian', resolver: ['off'] }, []).resolver).toEqual([])
    })
})

test.each([
    [{ bucket: 'My_Bucket' }, 'cannot be the name of a bucket'],
    [{ region: 'us-east-1\n' }, 'is not a region'],
    [{ endpointUrl: 's3.example.com' }, 'does not begin with https:// or http://'],
    [{ prefix: '../' }, 'cannot be the prefix'],
    [{ listen: ['80;'] }, 'is not an address to listen on'],
    [{ listen: ['80', '80'] }, 'is given twice'],
    [{ serverName: ['a b'] }, 'is not a server name'],
    [{ nginxVersion: '1.20.0' }, 'is too old'],
    [{ resolver: ['$host'] }, 'is not a DNS server'],
])('%j is checked', (options, message) => {
    expectRefusal(() => settings(options), message, /\w/)
})
