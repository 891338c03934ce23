import { fileURLToPath } from 'node:url'
import { nginxFeatures } from '../../../scripts/nginx/nginx-version.js'
import { credentialsKinds } from '../../../scripts/config/option-table.js'
import type { CredentialsKind } from '../../../njs/credentials/choose.js'
import type { ConfigOptions, Target } from '../../../scripts/config/option-table.js'

/** Options of the generator that lead to different files, and their name. */
export interface ConfigVariant {
    name: string
    options: ConfigOptions
}

/** That for Kubernetes has the files of Docker's, which test/unit/kubernetes proves. */
const targets: Target[] = ['docker', 'debian', 'standalone']

const endpoints: [name: string, options: Partial<ConfigOptions>][] = [
    ['AWS', {}],
    ['an address', { endpointUrl: 'http://127.0.0.1:9000' }],
    ['a name', { endpointUrl: 'https://s3.example.com:8443' }],
    ['localhost', { endpointUrl: 'http://localhost:9000' }],
]

/** One version of nginx for each set of features. */
export const nginxVersions = ['1.22.1', '1.26.3', '1.28.0', '1.30.4']

/**
 * Every combination of target, addressing, signature, endpoint, nginx and engine that the generator takes.
 *
 * @param listen the addresses to listen on
 */
export function configVariants(listen: string[]): ConfigVariant[] {
    return product(
        targets,
        [...(['virtual', 'path'] as const)],
        [...(['v4', 'v2'] as const)],
        endpoints,
        nginxVersions,
        [undefined, ...(['njs', 'qjs'] as const)],
    )
        .filter(([, addressing, signature, [endpoint], version, engine]) => {
            const refused =
                (addressing === 'virtual' && endpoint === 'an address') ||
                (signature === 'v2' && endpoint === 'AWS') ||
                (engine === 'qjs' && version < '1.28.0')
            return !refused
        })
        .map(([target, addressing, signature, [endpoint, options], nginxVersion, jsEngine]) => ({
            name: [target, addressing, signature, endpoint, nginxVersion, jsEngine ?? 'any engine'].join(', '),
            options: {
                ...{ bucket: 'my-pypi', prefix: 'team-a/', listen, target, addressing, signature, nginxVersion },
                ...{ resolver: ['127.0.0.1:5353', '[::1]:5353'], ...options, ...(jsEngine && { jsEngine }) },
            },
        }))
}

/** Files that the options of who may read name; there has to be something in them. */
export interface ServingFiles {
    cacheFolder: string
    htpasswd: string
    certificate: string
    key: string
    clientCa: string
}

const readTokens = { readTokens: true, tokenKeys: '/etc/nginx/secrets/token-keys' }

/** Every combination of target, nginx, cache, fallback, restrictions and TLS. */
export function servingVariants(listen: string[], files: ServingFiles): ConfigVariant[] {
    const tls = { tlsCert: files.certificate, tlsKey: files.key, httpListen: 'off' }
    const none: Choice = ['', {}]
    return product<[Target[], string[], Choice[], Choice[], Choice[], Choice[]]>(
        targets,
        nginxVersions,
        [none, ['cache', { cache: files.cacheFolder, cacheSize: '64m', pageTtl: '60', stale: true }]],
        [none, ['fallback', { fallback: true, private: ['acme-*', 'internal'] }]],
        [
            none,
            ['password', { htpasswd: files.htpasswd }],
            ['networks', { allow: ['10.0.0.0/8', '::1'] }],
            ['read tokens', readTokens],
        ],
        [none, ['TLS', tls], ['client certificates', { ...tls, clientCa: files.clientCa }]],
    ).map(([target, nginxVersion, ...choices]) => ({
        name: [target, nginxVersion, ...choices.map(([name]) => name).filter((name) => name !== '')].join(', '),
        options: Object.assign(
            { bucket: 'my-pypi', listen, target, nginxVersion, resolver: ['127.0.0.1:5353'] },
            ...choices.map(([, options]) => options),
        ) as ConfigOptions,
    }))
}

/** Every combination of target, nginx, way of delivery, cache and passwords. */
export function deliveryVariants(listen: string[], { cacheFolder, htpasswd }: ServingFiles): ConfigVariant[] {
    const none: Choice = ['', {}]
    return product<[Target[], string[], ('redirect' | 'auto')[], Choice[], Choice[]]>(
        targets,
        nginxVersions,
        ['redirect', 'auto'],
        [none, ['cache', { cache: cacheFolder }]],
        [none, ['password', { htpasswd }], ['read tokens', { htpasswd, ...readTokens }]],
    ).map(([target, nginxVersion, delivery, ...choices]) => ({
        name: [target, nginxVersion, delivery, ...choices.map(([name]) => name).filter(Boolean)].join(', '),
        options: Object.assign(
            { bucket: 'my-pypi', prefix: 'team-a/', listen, target, nginxVersion, delivery },
            { resolver: ['127.0.0.1:5353'] },
            ...choices.map(([, options]) => options),
        ) as ConfigOptions,
    }))
}

/** Public packages, on every target and nginx, with what restricts them. */
export function publicVariants(listen: string[], files: ServingFiles): ConfigVariant[] {
    const rules = { cooldown: '7d', cooldownExcept: ['acme-partner-*'], deny: '/etc/nginx/deny.txt' }
    return product<[Target[], string[], Choice[], Choice[]]>(
        targets,
        nginxVersions,
        [
            ['PyPI', { public: true }],
            ['rules', { public: true, private: ['acme-*'], ...rules, allowOnly: '/etc/nginx/allow.txt' }],
            ['another index', { public: 'http://127.0.0.1:3141/root/simple/', ...rules }],
        ],
        [
            ['', {}],
            ['password', { htpasswd: files.htpasswd }],
            ['read tokens, below a prefix', { ...readTokens, prefix: 'team-a/' }],
            ['networks and redirects', { allow: ['10.0.0.0/8', '::1'], delivery: 'auto' }],
            [
                'client certificates, and stale answers',
                {
                    ...{ tlsCert: files.certificate, tlsKey: files.key, httpListen: 'off', clientCa: files.clientCa },
                    ...{ stale: true, publicCaBundle: files.clientCa },
                },
            ],
            [
                'uploads and read tokens',
                { htpasswd: files.htpasswd, ...readTokens, upload: true, uploadHtpasswd: files.htpasswd },
            ],
        ],
    ).map(([target, nginxVersion, ...choices]) => ({
        name: ['public', target, nginxVersion, ...choices.map(([name]) => name).filter(Boolean)].join(', '),
        options: Object.assign(
            { bucket: 'my-pypi', cache: files.cacheFolder, listen, target, nginxVersion, resolver: ['127.0.0.1:5353'] },
            ...choices.map(([, options]) => options),
        ) as ConfigOptions,
    }))
}

/** CI jobs that upload. */
export const trustedPublishing = {
    tokenKeys: '/etc/nginx/secrets/token-keys',
    trustedPublishers: fileURLToPath(new URL('../../fixtures/publishers.yaml', import.meta.url)),
}

/** Uploads, on every target and nginx, with what restricts them. */
export function uploadVariants(listen: string[], files: ServingFiles): ConfigVariant[] {
    const tls = { tlsCert: files.certificate, tlsKey: files.key, httpListen: 'off' }
    const none: Choice = ['', {}]
    const password = { uploadHtpasswd: files.htpasswd }
    return product<[Target[], string[], Choice[], Choice[], Choice[]]>(
        targets,
        nginxVersions,
        [none, ['cache', { cache: files.cacheFolder }], ['only', { only: 'upload' }]],
        [none, ['reader passwords', { htpasswd: files.htpasswd }], ['networks', { allow: ['10.0.0.0/8', '::1'] }]],
        [
            ['password', password],
            ['rights', { ...password, uploadRights: '/etc/nginx/rights', uploadMaxSize: '5g' }],
            ['networks', { uploadAllow: ['10.0.0.0/8'] }],
            ['client certificates', { ...tls, clientCa: files.clientCa }],
            ['tokens', { tokenKeys: '/etc/nginx/secrets/token-keys', revokedTokens: '/etc/nginx/secrets/revoked' }],
            ['trusted publishers', { ...password, ...trustedPublishing }],
            ['trusted publishers only', { ...tls, ...trustedPublishing, uploadAllow: ['10.0.0.0/8'] }],
            ['trusted publishers, client certificates', { ...tls, ...trustedPublishing, clientCa: files.clientCa }],
        ],
    )
        .filter(([, version, , , [name]]) => !name.startsWith('trusted') || nginxFeatures(version).periodic)
        .map(([target, nginxVersion, ...choices]) => ({
            name: [
                'uploads',
                target,
                nginxVersion,
                ...choices.map(([name]) => name).filter((name) => name !== ''),
            ].join(', '),
            options: Object.assign(
                { bucket: 'my-pypi', upload: true, listen, target, nginxVersion, resolver: ['127.0.0.1:5353'] },
                ...choices.map(([, options]) => options),
            ) as ConfigOptions,
        }))
}

/** Every source of credentials that the nginx can use, with a role and without. */
export function credentialsVariants(listen: string[]): ConfigVariant[] {
    const roleArn = 'arn:aws:iam::123456789012:role/index'
    const none: Choice = ['', {}]
    return product<[Target[], string[], CredentialsKind[], Choice[], Choice[]]>(
        [...targets],
        nginxVersions,
        [...credentialsKinds],
        [none, ['a role', { roleArn, externalId: 'a:b' }]],
        [none, ['cache', { cache: '/var/cache/pypi' }], ['no DNS', { endpointUrl: 'http://127.0.0.1:9000' }]],
    )
        .filter(([, version, kind, [role]]) => version > '1.22.1' || (role === '' && /^(?:env|file)$/.test(kind)))
        .map(([target, nginxVersion, credentials, ...choices]) => ({
            name: [target, nginxVersion, credentials, ...choices.map(([name]) => name).filter(Boolean)].join(', '),
            options: Object.assign(
                { bucket: 'my-pypi', listen, target, nginxVersion, credentials, resolver: ['127.0.0.1:5353'] },
                ...choices.map(([, options]) => options),
            ) as ConfigOptions,
        }))
}

type Choice = [name: string, options: Partial<ConfigOptions>]

type Elements<Lists extends unknown[][]> = { [Index in keyof Lists]: Lists[Index][number] }

function product<Lists extends unknown[][]>(...lists: Lists): Elements<Lists>[] {
    const combinations = lists.reduce<unknown[][]>(
        (all, list) => all.flatMap((beginning) => list.map((element) => [...beginning, element])),
        [[]],
    )
    return combinations as Elements<Lists>[]
}
