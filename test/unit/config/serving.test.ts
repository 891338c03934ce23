import { describe, expect, test } from 'vitest'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { servingFrom } from '../../../scripts/config/serving.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { expectRefusal } from './refusal.js'

const tls = { tlsCert: '/etc/tls/cert.pem', tlsKey: '/etc/tls/key.pem' }

describe('options that mean nothing alone', () => {
    test.each<[options: Partial<ConfigOptions>, name: string, other: string]>([
        [{ cacheSize: '1g' }, '--cache-size', '--cache'],
        [{ cache: 'off', cacheSize: '1g' }, '--cache-size', '--cache'],
        [{ pageTtl: '5' }, '--page-ttl', '--cache'],
        [{ stale: true }, '--stale', '--cache'],
        [{ private: ['acme-*'] }, '--private', '--fallback or --public'],
        [{ tlsCert: '/c' }, '--tls-cert', '--tls-key'],
        [{ tlsKey: '/k' }, '--tls-key', '--tls-cert'],
        [{ clientCa: '/ca' }, '--client-ca', '--tls-cert'],
        [{ clientCrl: '/crl' }, '--client-crl', '--client-ca'],
        [{ httpListen: '80' }, '--http-listen', '--tls-cert'],
        [{ externalId: 'id' }, '--external-id', '--role-arn'],
    ])('%j', (options, name, other) => {
        const settings = () => settingsFrom({ bucket: 'my-pypi', ...options }, () => ['10.0.0.2'])
        expectRefusal(settings, `${name} requires ${other}`, `Add ${other}, or`)
    })
})

describe('what is served', () => {
    test('is open, and not kept, unless an option says so', () => {
        const off = { cache: undefined, fallback: undefined, htpasswd: undefined, tls: undefined }
        expect(servingFrom({})).toEqual({
            ...off,
            metricsAllow: ['127.0.0.1', '::1'],
            pageTtl: 5,
            privateNames: [],
            web: true,
            allow: [],
            maxConnections: 1000,
        })
        expect(servingFrom({ cache: 'off' }).cache).toBeUndefined()
    })

    test.each<[options: Partial<ConfigOptions>, serving: object]>([
        [
            { cache: '/var/cache/pypi/' },
            { cache: { folder: '/var/cache/pypi', size: '10g', stale: false }, pageTtl: 5 },
        ],
        [
            { cache: '/c', cacheSize: '1G', pageTtl: '60', stale: true },
            { cache: { folder: '/c', size: '1g', stale: true }, pageTtl: 60 },
        ],
        [{ fallback: true }, { fallback: 'https://pypi.org/simple/' }],
        [
            { fallback: 'http://mirror', private: ['Acme_*', 'b'] },
            { fallback: 'http://mirror/', privateNames: ['acme-*', 'b'] },
        ],
        [{ htpasswd: '/etc/users' }, { htpasswd: '/etc/users' }],
        [{ allow: ['10.0.0.0/8', '::1'] }, { allow: ['10.0.0.0/8', '::1'] }],
        [tls, { tls: { certificate: tls.tlsCert, key: tls.tlsKey, clientCa: undefined, httpListen: ['80'] } }],
        [{ ...tls, httpListen: 'off' }, { tls: { httpListen: [] } }],
        [{ ...tls, clientCa: '/ca', httpListen: '8080' }, { tls: { clientCa: '/ca', httpListen: ['8080'] } }],
    ])('%j', (options, serving) => expect(servingFrom(options)).toMatchObject(serving))

    test.each<Partial<ConfigOptions>>([
        { cache: 'relative' },
        { htpasswd: 'users' },
        { ...tls, tlsCert: '/a b' },
        { ...tls, tlsKey: '/$key' },
        { ...tls, clientCa: '/ca;' },
    ])('%j is no path for nginx', (options) => {
        expectRefusal(() => servingFrom(options), 'nginx cannot use the path', 'Use an absolute path')
    })
})

describe('with TLS', () => {
    const settings = (options: object) => settingsFrom({ bucket: 'my-pypi', ...tls, ...options }, () => [])

    test('nginx listens on 443, and redirects from 80', () => {
        expect(settings({})).toMatchObject({ listen: ['443'], tls: { httpListen: ['80'] } })
    })

    test.each([{ listen: ['80'] }, { listen: ['8443', '*:80'] }, { listen: ['8443'], httpListen: '8443' }])(
        '%j: one address cannot be both',
        (options) => {
            expectRefusal(
                () => settings(options),
                / is given twice: nginx listens on an address once/,
                'Leave one of them out',
            )
            expect(settings({ ...options, httpListen: 'off' }).listen).toEqual(options.listen)
        },
    )
})
