import { trustedPublishing } from './config-variants.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'

const secrets = '/etc/nginx/secrets'
const tls = { tlsCert: `${secrets}/cert.pem`, tlsKey: `${secrets}/key.pem`, serverName: ['pypi.example.com'] }

const role = 'arn:aws:iam::123456789012:role/pypi'

/** Options that lead to different manifests, and what they are called. */
export const kubernetesVariants: [name: string, options: Partial<ConfigOptions>][] = [
    ['AWS, as it is', {}],
    ['a cache', { cache: '/var/cache/nginx', cacheSize: '50g' }],
    ['a cache that survives S3', { cache: '/var/cache/nginx', cacheSize: '512m', stale: true }],
    ['a cache in /tmp', { cache: '/tmp', cacheSize: '1g' }],
    ['TLS', tls],
    ['TLS without a redirect, and passwords', { ...tls, httpListen: 'off', htpasswd: `${secrets}/users` }],
    [
        'client certificates, and files in two folders',
        { ...tls, clientCa: '/srv/trust/é日本+%25~.pem', caBundle: '/srv/trust/s3.pem' },
    ],
    ['a certificate and its key in one file', { ...tls, tlsKey: tls.tlsCert }],
    ['an S3 server in the cluster', { endpointUrl: 'http://minio.storage.svc.cluster.local:9000' }],
    ['an S3 server by its address', { endpointUrl: 'https://10.0.0.5:9000' }],
    ['an S3 server by its IPv6 address', { endpointUrl: 'http://[fd00::5]:9000' }],
    ['another DNS', { resolver: ['10.0.0.2:5353', '[fd00::2]'] }],
    ['credentials in files', { credentials: 'file' }],
    ['the service account of EKS', { credentials: 'web-identity', serviceAccountRole: role }],
    ['Pod Identity of EKS', { credentials: 'eks' }],
    ['the role of the node', { credentials: 'ec2', roleArn: role, externalId: 'mine' }],
    ['whatever there is', { credentials: 'auto' }],
    ['uploads', { upload: true, uploadHtpasswd: `${secrets}/uploaders`, uploadRights: `${secrets}/rights` }],
    [
        'uploads only, with TLS and credentials in files',
        { ...tls, upload: true, uploadHtpasswd: `${secrets}/uploaders`, only: 'upload', credentials: 'file' },
    ],
    [
        'trusted publishing',
        {
            ...{ upload: true, tokenKeys: `${secrets}/token-keys`, revokedTokens: `${secrets}/revoked-tokens` },
            trustedPublishers: trustedPublishing.trustedPublishers,
        },
    ],
    [
        'read tokens, and trusted publishing with another authority',
        {
            ...{ readTokens: true, htpasswd: `${secrets}/users`, cache: '/var/cache/nginx', cacheSize: '512m' },
            ...{ upload: true, tokenKeys: `${secrets}/token-keys`, revokedTokens: `${secrets}/revoked-tokens` },
            ...{ issuerCaBundle: `${secrets}/issuers.pem`, trustedPublishers: trustedPublishing.trustedPublishers },
        },
    ],
    ['read tokens', { readTokens: true, tokenKeys: `${secrets}/token-keys` }],
    [
        'public packages, with rules in files',
        {
            ...{
                public: true,
                private: ['acme-*'],
                cache: '/var/cache/nginx',
                cooldown: '7d',
                cooldownExcept: ['six'],
            },
            ...{ deny: '/etc/nginx/rules/deny.txt', allowOnly: `${secrets}/allow.txt` },
        },
    ],
    [
        'the packages of another index, in the cluster',
        {
            ...{ public: 'https://mirror.ns.svc.cluster.local/simple/', publicCaBundle: `${secrets}/mirror.pem` },
            ...{ cache: '/tmp', cacheSize: '1g' },
        },
    ],
    ['IPv4 and IPv6', { listen: ['9080', '[::]:9080'] }],
]
