import { describe, expect, test } from 'vitest'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { checkPod } from '../../../scripts/kubernetes/pod-limits.js'
import { trustingIssuers } from '../../support/variants/issuer-variants.js'
import { kubernetesVariants } from '../../support/variants/kubernetes-variants.js'
import { expectRefusal } from '../config/refusal.js'

function check(options: Partial<ConfigOptions>): void {
    checkPod(settingsFrom({ bucket: 'my-pypi', target: 'kubernetes', ...options }, () => []))
}

const cached = { cache: '/var/cache/nginx' }
const tls = { tlsCert: '/etc/nginx/secrets/cert.pem', tlsKey: '/etc/nginx/secrets/key.pem' }

test.each(kubernetesVariants)('%s can run', (_name, options) => expect(() => check(options)).not.toThrow())

test.each<[options: Partial<ConfigOptions>, message: string, cure: string]>([
    [{ listen: ['80'] }, '--listen 80 is a port that only root may open', '--listen 8080'],
    [{ listen: ['8080', '[::]:1023'] }, '--listen [::]:1023 is a port', '--listen 8080'],
    [{ ...tls, httpListen: '80' }, '--http-listen 80 is a port', '--http-listen 8080'],
    [{ listen: ['127.0.0.1:8080'] }, '--listen 127.0.0.1:8080 names an address', '--listen 8080'],
    [{ listen: ['[::1]:8080'] }, '--listen [::1]:8080 names an address', "'[::]:8080'"],
    [{ endpointUrl: 'http://localhost:9000' }, "localhost is the pod's own loopback", 'NAMESPACE.svc.cluster.local'],
    [{ endpointUrl: 'http://127.0.0.1:9000' }, "127.0.0.1 is the pod's own loopback", 'Service of the S3 server'],
    [{ endpointUrl: 'http://minio:9000' }, 'the endpoint minio without the domain', 'the full name'],
    [{ endpointUrl: 'http://minio.storage.svc:9000' }, 'minio.storage.svc without', '--resolver off'],
    [
        { ...cached, public: 'http://localhost:3141/simple/' },
        "localhost of --public is the pod's own loopback",
        'Service',
    ],
    [{ ...cached, public: 'http://mirror/simple/' }, 'mirror of --public without the domain', 'the full name'],
    [{ ...cached, public: 'http://mirror.ns.svc/simple/' }, 'mirror.ns.svc of --public without', '--resolver off'],
    [{ ...cached, public: true, deny: '/etc/nginx/deny.txt' }, '--deny /etc/nginx/deny.txt cannot', 'secrets/deny.txt'],
    [
        trustingIssuers('url: "https://issuer.ci.svc"'),
        'the issuer issuer.ci.svc of',
        'jwks: https://NAME.NAMESPACE.svc.',
    ],
    [trustingIssuers('url: "https://issuer"'), 'the issuer issuer of', 'jwks: https://NAME.NAMESPACE.svc.'],
    [trustingIssuers('url: "https://127.0.0.1"'), "127.0.0.1 of --trusted-publishers is the pod's own", '"jwks"'],
    [{ credentials: 'ecs' }, '--credentials ecs is for Amazon ECS tasks', '--credentials eks'],
    [{ credentials: 'web-identity' }, 'the role of the pods', '--service-account-role arn:'],
    [{ htpasswd: '/etc/nginx/credentials/users' }, 'credentials/users cannot', '/etc/nginx/secrets/users'],
    [{ cache: '/etc' }, '--cache /etc cannot be mounted', '--cache /var/cache/nginx'],
    [{ cache: '/etc/nginx/cache' }, '--cache /etc/nginx/cache cannot be mounted', 'separate folder for the cache'],
    [{ htpasswd: '/htpasswd' }, '--htpasswd /htpasswd cannot be mounted', '/etc/nginx/secrets/htpasswd'],
    [{ htpasswd: '/etc/nginx/htpasswd' }, '--htpasswd /etc/nginx/htpasswd cannot', '/etc/nginx/secrets/htpasswd'],
    [{ htpasswd: '/tmp/x/users' }, '--htpasswd /tmp/x/users cannot', '/etc/nginx/secrets/users'],
    [{ htpasswd: '/srv/a/users', cache: '/srv/a' }, '--htpasswd /srv/a/users cannot', '/etc/nginx/secrets/users'],
    [{ caBundle: '/etc/ssl/certs/s3.pem' }, '--ca-bundle /etc/ssl/certs/s3.pem cannot', '/etc/nginx/secrets/s3.pem'],
    [
        { ...tls, htpasswd: '/etc/nginx/secrets/x/users' },
        '--htpasswd /etc/nginx/secrets/x/users cannot',
        '/secrets/users',
    ],
])('%j cannot', (options, message, cure) => expectRefusal(() => check(options), message, cure))

describe('what is refused elsewhere is not refused for its name', () => {
    test.each<Partial<ConfigOptions>>([
        { endpointUrl: 'http://minio:9000', resolver: ['off'] },
        trustingIssuers('url: "https://issuer.ci.svc", jwks: "https://issuer.ci.svc.cluster.local/keys"'),
        { ...cached, public: 'http://mirror.ns.svc.cluster.local:8080/simple/' },
        { ...cached, public: 'http://mirror/simple/', endpointUrl: 'http://minio:9000', resolver: ['off'] },
        { listen: ['0.0.0.0:8080'] },
        { cache: '/var/cache/pypi' },
        { ...tls, htpasswd: '/etc/nginx/secrets/users' },
    ])('%j', (options) => expect(() => check(options)).not.toThrow())
})
