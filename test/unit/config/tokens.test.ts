import { describe, expect, test } from 'vitest'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { trustedPublishing } from '../../support/variants/config-variants.js'
import { trustingIssuers } from '../../support/variants/issuer-variants.js'
import { expectRefusal } from './refusal.js'

const settings = (options: Partial<ConfigOptions>) =>
    settingsFrom({ bucket: 'my-pypi', ...options }, () => ['10.0.0.2'])
const keys = { tokenKeys: '/etc/nginx/secrets/token-keys' }
const tls = { tlsCert: '/srv/cert', tlsKey: '/srv/key' }
const upload = { upload: true } as const

describe('options of tokens that do not go together', () => {
    test.each<[string, Partial<ConfigOptions>, message: RegExp, cure: RegExp]>([
        ['keys for nothing', keys, /^--token-keys requires --upload or --read-tokens$/, /--upload .* --read-tokens/],
        ['reading without keys', { readTokens: true }, /^--read-tokens requires --token-keys$/, /--token-keys/],
        [
            'revocations without keys',
            { ...upload, uploadHtpasswd: '/srv/users', revokedTokens: '/srv/revoked' },
            /^--revoked-tokens requires --token-keys$/,
            /--token-keys/,
        ],
        [
            'publishers without keys',
            { ...upload, uploadHtpasswd: '/srv/users', trustedPublishers: trustedPublishing.trustedPublishers },
            /^--trusted-publishers requires --token-keys$/,
            /--token-keys/,
        ],
        [
            'publishers without uploads',
            { ...trustedPublishing, readTokens: true },
            /^--trusted-publishers requires --upload$/,
            /--upload/,
        ],
        [
            'certificates of issuers that nobody asks',
            { ...upload, ...keys, issuerCaBundle: '/srv/ca.pem' },
            /^--issuer-ca-bundle requires --trusted-publishers$/,
            /--trusted-publishers/,
        ],
        [
            'reading from an nginx for uploads',
            { ...upload, ...keys, only: 'upload', readTokens: true },
            /^--only upload serves nothing to readers/,
            /Leave --read-tokens out/,
        ],
        [
            'rights of users who need a token',
            { ...upload, ...keys, ...tls, clientCa: '/srv/ca', uploadRights: '/srv/rights' },
            /^--upload-rights applies to nobody: with --token-keys/,
            /Leave --upload-rights out.*--upload-htpasswd/,
        ],
        [
            'an old nginx',
            { ...upload, ...trustedPublishing, nginxVersion: '1.24.0' },
            /^--trusted-publishers needs nginx 1\.25\.3/,
            /--nginx-version/,
        ],
        [
            'that of Debian',
            { ...upload, ...trustedPublishing, target: 'debian' },
            /needs nginx 1\.25\.3 or later \(njs 0\.8\.1\), not 1\.22\.1/,
            /--nginx-version/,
        ],
        [
            'an old QuickJS',
            { ...upload, ...trustedPublishing, nginxVersion: '1.28.0', jsEngine: 'qjs' },
            /needs njs 0\.9\.1/,
            /Leave --js-engine out/,
        ],
        [
            'issuers without DNS',
            { ...upload, ...trustedPublishing, resolver: ['off'] },
            /^--resolver off leaves no DNS server to resolve the issuers/,
            /--resolver ADDRESS/,
        ],
        [
            'keys in the environment of pods',
            { ...upload, tokenKeys: 'env', target: 'kubernetes' },
            /^--token-keys env is not for Kubernetes$/,
            /from a Secret/,
        ],
        ['keys in a relative path', { ...upload, tokenKeys: 'keys' }, /cannot use the path "keys"/, /absolute path/],
    ])('%s', (_name, options, message, cure) => expectRefusal(() => settings(options), message, cure))

    test.each<[string, Partial<ConfigOptions>]>([
        ['rights beside passwords', { ...upload, ...keys, uploadHtpasswd: '/srv/users', uploadRights: '/srv/rights' }],
        ['client certificates', { ...upload, ...keys, ...tls, clientCa: '/srv/ca' }],
        ['reading and uploading', { ...upload, ...keys, readTokens: true }],
        ['reading beside uploads by password', { ...upload, ...keys, readTokens: true, uploadHtpasswd: '/srv/users' }],
        ['keys in the environment', { readTokens: true, tokenKeys: 'env' }],
        ['reading with the nginx of Debian', { ...keys, readTokens: true, target: 'debian' }],
        [
            'issuers by address without DNS',
            { ...trustingIssuers('url: "https://10.0.0.5"'), endpointUrl: 'http://10.0.0.6' },
        ],
    ])('%s do', (_name, options) => expect(settings(options)).toBeDefined())
})

describe('the DNS servers that find an issuer', () => {
    const byName = trustingIssuers('url: "https://issuer.example.com"')

    test.each<[string, Partial<ConfigOptions>, string[]]>([
        ['S3 has an address: those of Docker', { endpointUrl: 'http://10.0.0.5:9000' }, ['127.0.0.11']],
        ['the container is in the network of the host', { endpointUrl: 'http://127.0.0.1:9000' }, ['10.0.0.2']],
        ['an nginx of the machine', { target: 'standalone', nginxVersion: '1.26.3' }, ['10.0.0.2']],
    ])('%s', (_name, options, resolver) => expect(settings({ ...byName, ...options })).toMatchObject({ resolver }))

    test('are not needed where its keys have an address', () => {
        const keysByAddress = trustingIssuers('url: "https://issuer.example.com", jwks: "https://10.0.0.7/keys"')
        const { resolver } = settings({ ...keysByAddress, endpointUrl: 'http://10.0.0.5:9000' })
        expect(resolver).toEqual([])
    })
})
