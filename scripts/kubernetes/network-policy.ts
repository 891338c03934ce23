import { isIPv4 } from 'node:net'
import { needsDnsFor } from '../config/public.js'
import type { Settings } from '../config/settings.js'
import { issuerAddresses } from '../config/tokens.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { objectNames } from './names.js'
import { podPorts } from './ports.js'

/** The NetworkPolicy: ingress to nginx; egress to DNS, S3, the public index and the credentials provider. */
export function networkPolicy(settings: Settings): object {
    const { labels, metadata } = objectNames(settings)
    return {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata,
        spec: {
            podSelector: { matchLabels: labels },
            policyTypes: ['Ingress', 'Egress'],
            ingress: because('From everywhere; nginx controls the access. Add "from" to restrict it.', [
                { ports: podPorts(settings).map(({ name }) => ({ protocol: 'TCP', port: name })) },
            ]),
            egress: [
                ...dns(settings),
                s3(settings),
                ...publicIndex(settings),
                ...issuers(settings),
                ...podCredentials(settings).egress,
            ],
        },
    }
}

/** Pages and files of --public. */
function publicIndex({ public: index }: Settings): object[] {
    if (index === undefined) return []
    const ports = [...new Set([index.pages.endpoint.port, index.files.endpoint.port])]
    const all = ports.map((port) => ({ protocol: 'TCP', port }))
    return [because('The index of --public, and its files. No addresses, since they change.', { ports: all }) as object]
}

/** The keys of OIDC issuers. */
function issuers(settings: Settings): object[] {
    const addresses = issuerAddresses(settings)
    const outside = addresses.filter(({ hostname }) => !isInCluster(hostname))
    const ports = [...new Set(outside.map(({ port }) => Number(port || 443)))].map((port) => ({
        protocol: 'TCP',
        port,
    }))
    const rules = [
        ports.length > 0 && because('The issuers of --trusted-publishers. No addresses, since they change.', { ports }),
        outside.length < addresses.length &&
            because(
                'Issuers in this cluster. No port, as for S3: that of the pods may differ from that of the Service.',
                {
                    to: [{ namespaceSelector: {} }],
                },
            ),
    ]
    return rules.filter((rule) => rule !== false) as object[]
}

/** Whether a name is that of a Service. */
function isInCluster(host: string): boolean {
    return /\.svc(?:\.|$)|\.local$|^[^.]*$/.test(host)
}

function dns({ endpoint, resolver, public: index }: Settings): object[] {
    if (endpoint.address !== undefined && resolver.length === 0 && !needsDnsFor(index)) return []
    const others = resolver.map((server) => /:(\d+)$/.exec(server)?.[1]).filter((port) => port !== undefined)
    const ports = [...new Set([53, ...others.map(Number)])]
    const both = ports.flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port })))
    return [because('DNS: pods, or a cache on the node, which selectors do not match.', { ports: both }) as object]
}

function s3({ endpoint }: Settings): object {
    const { host, address, port } = endpoint
    const ports = [{ protocol: 'TCP', port }]
    if (address !== undefined) {
        const bare = address.replace(/^\[|\]$/g, '')
        return because('S3.', { to: [{ ipBlock: { cidr: `${bare}/${isIPv4(bare) ? 32 : 128}` } }], ports }) as object
    }
    if (isInCluster(host)) {
        return because(
            'S3, a Service of this cluster. No port: policies apply to the port of its pods, which may differ from that of the Service.',
            { to: [{ namespaceSelector: {} }] },
        ) as object
    }
    return because('S3. No addresses, since they change.', { ports }) as object
}
