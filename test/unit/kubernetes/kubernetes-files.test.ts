import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { render } from '../../../scripts/config/render.js'
import { isSealed } from '../../../scripts/config/seal.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { kubernetesFiles } from '../../../scripts/kubernetes/kubernetes-files.js'
import { trustingIssuers } from '../../support/variants/issuer-variants.js'
import { kubernetesVariants } from '../../support/variants/kubernetes-variants.js'

const settingsOf = (options: Partial<ConfigOptions>) =>
    settingsFrom({ bucket: 'my-pypi', target: 'kubernetes', ...options }, () => [])

const files = (options: Partial<ConfigOptions>) =>
    kubernetesFiles(settingsOf(options), ['env.conf', 'site.conf'], 'generate-config')

// eslint-disable-next-line @typescript-eslint/no-explicit-any
const manifest = (name: string, options: Partial<ConfigOptions>): any =>
    parse(files(options).find((each) => each.name === `${name}.yaml`)!.content, { version: '1.1' })

const pod = (options: Partial<ConfigOptions>) => manifest('deployment', options).spec.template.spec
const container = (options: Partial<ConfigOptions>) => pod(options).containers[0]

const stale = { cache: '/var/cache/nginx', stale: true }
const tls = { tlsCert: '/etc/nginx/secrets/cert.pem', tlsKey: '/etc/nginx/secrets/key.pem' }

test.each(kubernetesVariants)('%s: sealed files that are the same each time', (_name, options) => {
    for (const { name, content } of files(options)) {
        expect(isSealed(content), name).toBe(true)
        expect(content, name).toContain('\n# Made by: generate-config\n')
        expect(content, name).not.toMatch(/undefined|\[object|NaN|\n\n\n|[ \t]\n|\t/)
        expect(Math.max(...content.split('\n').map((line) => line.length)), name).toBeLessThanOrEqual(120)
    }
    expect(files(options)).toEqual(files(options))
})

test.each(kubernetesVariants)('%s: nginx reads what it reads in a container of Docker', (_name, options) => {
    const placement = { folder: '/etc/nginx/nginx-s3-pypi', command: 'generate-config', workers: 2 }
    const settings = settingsOf(options)
    // The port of the Service, which clients see, is the usual one.
    const docker = render({ ...settings, target: 'docker' }, placement).map(({ name, content }) => ({
        name,
        content: content.replace('https://$host:8443$request_uri', 'https://$host$request_uri'),
    }))
    const lines = (files: { content: string }[]) =>
        files.map(({ content }) => content.replace(/\n.*sha256 of .*\n$/, ''))
    expect(lines(render(settings, placement))).toEqual(lines(docker))
})

test('two workers, however large the node is', () => {
    const placement = { folder: '/etc/nginx/nginx-s3-pypi', command: 'generate-config' }
    const conf = render(settingsOf({}), placement).find(({ name }) => name === 'nginx.conf')!
    expect(conf.content).toContain('\nworker_processes 2;\n')
})

test('the folder lists its files, and no secret', () => {
    const { resources, configMapGenerator } = manifest('kustomization', {})
    expect([...resources, 'kustomization.yaml'].sort()).toEqual(
        files({})
            .map(({ name }) => name)
            .sort(),
    )
    expect(configMapGenerator).toMatchObject([
        { name: 'nginx-s3-pypi', files: ['env.conf', 'site.conf'] },
        { name: 'nginx-s3-pypi-web', files: [] },
    ])
    expect(JSON.stringify(files({}))).not.toMatch(/kind: Secret|stringData/)
})

test('pages for people are in a ConfigMap of the same folder; without them, there is one', () => {
    const sources = [{ configMap: { name: 'nginx-s3-pypi' } }, { configMap: { name: 'nginx-s3-pypi-web' } }]
    expect(pod({}).volumes[0]).toEqual({ name: 'config', projected: { sources } })
    expect(manifest('kustomization', { web: false }).configMapGenerator).toHaveLength(1)
    expect(pod({ web: false }).volumes[0]).toEqual({ name: 'config', configMap: { name: 'nginx-s3-pypi' } })
})

test('credentials come from a Secret, each by its name', () => {
    expect(manifest('service-account', {}).metadata.annotations).toBeUndefined()
    const names = container({}).env.map(({ name, valueFrom }: never) => [name, (valueFrom as any).secretKeyRef]) // eslint-disable-line @typescript-eslint/no-explicit-any
    expect(names).toEqual([
        ['AWS_ACCESS_KEY_ID', { name: 'nginx-s3-pypi', key: 'AWS_ACCESS_KEY_ID' }],
        ['AWS_SECRET_ACCESS_KEY', { name: 'nginx-s3-pypi', key: 'AWS_SECRET_ACCESS_KEY' }],
        ['AWS_SESSION_TOKEN', { name: 'nginx-s3-pypi', key: 'AWS_SESSION_TOKEN', optional: true }],
    ])
})

describe('credentials from somewhere else', () => {
    const role = 'arn:aws:iam::123456789012:role/pypi'
    const addresses = (options: Partial<ConfigOptions>): string[] =>
        manifest('network-policy', options)
            .spec.egress.flatMap((rule: { to?: { ipBlock: { cidr: string } }[] }) => rule.to ?? [])
            .map((to: { ipBlock: { cidr: string } }) => to.ipBlock.cidr)

    test('files: the Secret is mounted, so that nginx sees a new key without a new pod', () => {
        const { containers, volumes } = pod({ credentials: 'file' })
        expect(containers[0].env).toEqual([
            { name: 'AWS_ACCESS_KEY_ID_FILE', value: '/etc/nginx/credentials/AWS_ACCESS_KEY_ID' },
            { name: 'AWS_SECRET_ACCESS_KEY_FILE', value: '/etc/nginx/credentials/AWS_SECRET_ACCESS_KEY' },
        ])
        expect(volumes.at(-1)).toEqual({
            name: 'credentials',
            secret: { secretName: 'nginx-s3-pypi', defaultMode: 0o440 },
        })
        expect(containers[0].volumeMounts.at(-1)).toMatchObject({ mountPath: '/etc/nginx/credentials', readOnly: true })
    })

    test('web identity: no Secret, the role stands at the service account, and STS is reached', () => {
        const options: Partial<ConfigOptions> = {
            ...{ credentials: 'web-identity', serviceAccountRole: role },
            endpointUrl: 'http://10.0.0.5:9000',
            stsEndpointUrl: 'https://sts.example.com',
        }
        expect(container(options).env).toEqual([])
        expect(pod(options).volumes.map(({ name }: { name: string }) => name)).toEqual(['config', 'tmp'])
        expect(manifest('service-account', options).metadata.annotations).toEqual({
            'eks.amazonaws.com/role-arn': role,
        })
        expect(manifest('network-policy', options).spec.egress.map(({ ports }: { ports: object[] }) => ports)).toEqual([
            ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })),
            [{ protocol: 'TCP', port: 9000 }],
            [{ protocol: 'TCP', port: 443 }],
        ])
    })

    test.each<[kind: ConfigOptions['credentials'], addresses: string[]]>([
        ['env', []],
        ['eks', ['169.254.170.23/32', 'fd00:ec2::23/128']],
        ['ec2', ['169.254.169.254/32', 'fd00:ec2::254/128']],
        ['auto', ['169.254.170.23/32', 'fd00:ec2::23/128', '169.254.169.254/32', 'fd00:ec2::254/128']],
    ])('%s reaches %j', (credentials, reached) => {
        expect(addresses({ credentials: credentials! })).toEqual(reached)
    })

    test('a role of the pods is for Kubernetes and web identity', () => {
        const wrong = 'arn:aws:iam::1:user/x'
        expect(() => settingsOf({ serviceAccountRole: role })).toThrow(/--service-account-role requires/)
        expect(() => settingsOf({ credentials: 'auto', serviceAccountRole: wrong })).toThrow(/is not the ARN of a role/)
        expect(settingsOf({ credentials: 'auto', serviceAccountRole: role }).serviceAccountRole).toBe(role)
    })
})

describe('probes', () => {
    const paths = (options: Partial<ConfigOptions>) =>
        ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container(options)[probe].httpGet.path)

    test('S3 decides about readiness, not about life', () => {
        expect(paths({})).toEqual(['/-/healthz', '/-/healthz', '/-/readyz'])
        expect(paths({ cache: '/var/cache/nginx' })).toEqual(['/-/healthz', '/-/healthz', '/-/readyz'])
    })

    test('what serves while S3 is down stays ready; what begins has to reach S3', () => {
        expect(paths(stale)).toEqual(['/-/readyz', '/-/healthz', '/-/healthz'])
    })

    test('they go where the index is, with TLS where it has TLS', () => {
        expect(container({}).livenessProbe.httpGet).toEqual({ path: '/-/healthz', port: 'http' })
        expect(container(tls).livenessProbe.httpGet).toEqual({ path: '/-/healthz', port: 'https', scheme: 'HTTPS' })
    })
})

describe('ports', () => {
    const ports = (options: Partial<ConfigOptions>) => {
        const inside = container(options).ports.map((port: { containerPort: number }) => port.containerPort)
        return [inside, manifest('service', options).spec.ports.map((port: { port: number }) => port.port)]
    }

    test.each<[options: Partial<ConfigOptions>, inside: number[], outside: number[]]>([
        [{}, [8080], [80]],
        [{ listen: ['9000', '[::]:9000'] }, [9000], [80]],
        [tls, [8443, 8080], [443, 80]],
        [{ ...tls, httpListen: 'off' }, [8443], [443]],
    ])('%j', (options, inside, outside) => expect(ports(options)).toEqual([inside, outside]))
})

describe('files that options name', () => {
    test('lie in the folder of their own, from the Secrets that hold them', () => {
        const { volumes, containers } = pod({
            ...tls,
            htpasswd: '/etc/nginx/secrets/users',
            caBundle: '/srv/s3/ca.pem',
        })
        expect(containers[0].volumeMounts.slice(2)).toEqual([
            { name: 'files-1', mountPath: '/etc/nginx/secrets', readOnly: true },
            { name: 'files-2', mountPath: '/srv/s3', readOnly: true },
        ])
        const [first, second] = volumes.slice(2)
        expect(first.projected.defaultMode).toBe(0o440)
        expect(first.projected.sources.map(({ secret }: { secret: object }) => secret)).toEqual([
            {
                name: 'nginx-s3-pypi-tls',
                items: [
                    { key: 'tls.crt', path: 'cert.pem' },
                    { key: 'tls.key', path: 'key.pem' },
                ],
            },
            { name: 'nginx-s3-pypi-files', items: [{ key: 'htpasswd', path: 'users' }] },
        ])
        expect(second.projected.sources[0].secret.items).toEqual([{ key: 'ca.crt', path: 'ca.pem' }])
    })

    test('none are mounted where none are named', () => {
        expect(pod({}).volumes.map(({ name }: { name: string }) => name)).toEqual(['config', 'tmp'])
        expect(pod(stale).volumes.map(({ name }: { name: string }) => name)).toEqual(['config', 'tmp', 'cache'])
    })
})

describe('uploads', () => {
    const upload = { upload: true, uploadHtpasswd: '/etc/nginx/secrets/uploaders' } as const
    const only = { ...upload, only: 'upload' } as const
    const texts = (options: Partial<ConfigOptions>) =>
        files(options)
            .map(({ content }) => content)
            .join('')

    test('in the same pods: their password file is mounted, and their bodies have room', () => {
        const { volumes, containers, terminationGracePeriodSeconds } = pod(upload)
        expect(volumes.at(-1).projected.sources).toEqual([
            { secret: { name: 'nginx-s3-pypi-files', items: [{ key: 'upload-htpasswd', path: 'uploaders' }] } },
        ])
        expect(volumes[1]).toEqual({ name: 'tmp', emptyDir: { sizeLimit: '4160Mi' } })
        expect(containers[0].resources).toEqual({
            requests: { cpu: '250m', memory: '128Mi', 'ephemeral-storage': '4160Mi' },
            limits: { memory: '1Gi' },
        })
        expect(terminationGracePeriodSeconds).toBe(900)
        expect(pod({}).terminationGracePeriodSeconds).toBe(300)
        expect(manifest('kustomization', upload).resources).toContain('horizontal-pod-autoscaler.yaml')
    })

    test('only uploads: other names, other Secrets, and two pods without an autoscaler', () => {
        expect(manifest('kustomization', only).resources).not.toContain('horizontal-pod-autoscaler.yaml')
        expect(manifest('kustomization', only).configMapGenerator[0].name).toBe('nginx-s3-pypi-upload')
        expect(manifest('deployment', only).spec.replicas).toBe(2)
        expect(manifest('deployment', upload).spec).not.toHaveProperty('replicas')
        expect(pod(only).serviceAccountName).toBe('nginx-s3-pypi-upload')
        // No name of the reading index is left but the folder, and no label that its selectors match.
        expect(texts(only)).not.toMatch(/(?<!nginx\/)nginx-s3-pypi(?!-upload)/)
        expect(texts(upload)).not.toContain('nginx-s3-pypi-upload')
    })

    test('only uploads: the policy and the Service select its pods', () => {
        const labels = { 'app.kubernetes.io/name': 'nginx-s3-pypi-upload' }
        expect(manifest('network-policy', only).spec.podSelector.matchLabels).toEqual(labels)
        expect(manifest('service', only).spec.selector).toEqual(labels)
        expect(manifest('deployment', only).spec.template.metadata.labels).toEqual(labels)
        expect(manifest('pod-disruption-budget', only).spec.selector.matchLabels).toEqual(labels)
    })
})

test('tokens: the files are in a Secret, and the key is in no manifest', () => {
    const secrets = '/etc/nginx/secrets'
    const options = {
        ...{ readTokens: true, ...trustingIssuers('url: "https://issuer.example.com"') },
        ...{ tokenKeys: `${secrets}/token-keys`, revokedTokens: `${secrets}/revoked`, issuerCaBundle: `${secrets}/ca` },
    }
    const { sources, defaultMode } = pod(options).volumes.at(-1).projected
    expect(defaultMode).toBe(0o440)
    expect(sources).toEqual([
        {
            secret: {
                name: 'nginx-s3-pypi-files',
                items: [
                    { key: 'token-keys', path: 'token-keys' },
                    { key: 'revoked-tokens', path: 'revoked' },
                    { key: 'issuer-ca.crt', path: 'ca' },
                ],
            },
        },
    ])
    expect(container(options).volumeMounts.at(-1)).toEqual({ name: 'files-1', mountPath: secrets, readOnly: true })
    expect(container(options).env).toEqual(container({}).env)
})

describe('the network', () => {
    const egress = (options: Partial<ConfigOptions>) => manifest('network-policy', options).spec.egress
    const dns = (...ports: number[]) => ({
        ports: ports.flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port }))),
    })
    const tcp = (port: number) => [{ protocol: 'TCP', port }]

    test.each<[options: Partial<ConfigOptions>, rules: object[]]>([
        [{}, [dns(53), { ports: tcp(443) }]],
        [{ endpointUrl: 'https://s3.example.com:9000' }, [dns(53), { ports: tcp(9000) }]],
        [{ resolver: ['10.0.0.2:5353'] }, [dns(53, 5353), { ports: tcp(443) }]],
        [{ resolver: ['[fd00::2]'] }, [dns(53), { ports: tcp(443) }]],
        [{ endpointUrl: 'http://10.0.0.5:9000' }, [{ to: [{ ipBlock: { cidr: '10.0.0.5/32' } }], ports: tcp(9000) }]],
        [{ endpointUrl: 'http://[fd00::5]' }, [{ to: [{ ipBlock: { cidr: 'fd00::5/128' } }], ports: tcp(80) }]],
        [{ endpointUrl: 'http://s3.ns.svc.cluster.local' }, [dns(53), { to: [{ namespaceSelector: {} }] }]],
        [
            { public: true, cache: '/var/cache/nginx', endpointUrl: 'http://10.0.0.5:9000' },
            [dns(53), { to: [{ ipBlock: { cidr: '10.0.0.5/32' } }], ports: tcp(9000) }, { ports: tcp(443) }],
        ],
    ])('%j', (options, rules) => expect(egress(options)).toEqual(rules))

    test.each<[issuers: string[], rules: object[]]>([
        [['url: "https://issuer.example.com"'], [{ ports: tcp(443) }]],
        [
            ['url: "https://a.example.com:8443"', 'url: "https://b.example.com"', 'url: "https://c.example.com"'],
            [{ ports: [...tcp(8443), ...tcp(443)] }],
        ],
        [['url: "https://issuer.ci.svc.cluster.local"'], [{ to: [{ namespaceSelector: {} }] }]],
        // Only the keys are fetched.
        [['url: "https://issuer.ci.svc", jwks: "https://keys.example.com:9443/jwks"'], [{ ports: tcp(9443) }]],
        [
            ['url: "https://issuer.example.com"', 'url: "https://issuer.ci.svc.cluster.local:8443"'],
            [{ ports: tcp(443) }, { to: [{ namespaceSelector: {} }] }],
        ],
    ])('the issuers %j', (issuers, rules) => {
        const s3 = { to: [{ ipBlock: { cidr: '10.0.0.5/32' } }], ports: tcp(9000) }
        const options = { ...trustingIssuers(...issuers), endpointUrl: 'http://10.0.0.5:9000' }
        expect(egress(options)).toEqual([dns(53), s3, ...rules])
    })
})

test('DNS is that of the cluster', () => {
    expect(settingsOf({}).resolver).toEqual(['kube-dns.kube-system.svc'])
    expect(settingsOf({ resolver: ['10.0.0.2'] }).resolver).toEqual(['10.0.0.2'])
    expect(settingsOf({ resolver: ['off'] }).resolver).toEqual([])
})
