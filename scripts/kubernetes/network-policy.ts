import { isIPv4 } from 'node:net'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { labels, metadata } from './names.js'
import { podPorts } from './ports.js'

/** The NetworkPolicy: in to nginx, out to DNS, S3 and what gives credentials. */
export function networkPolicy(settings: Settings): object {
    return {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata,
        spec: {
            podSelector: { matchLabels: labels },
            policyTypes: ['Ingress', 'Egress'],
            ingress: because('From everywhere; who may read is for nginx to say. Add "from" to narrow it.', [
                { ports: podPorts(settings).map(({ name }) => ({ protocol: 'TCP', port: name })) },
            ]),
            egress: [...dns(settings), s3(settings), ...podCredentials(settings).egress],
        },
    }
}

function dns({ endpoint, resolver, credentials }: Settings): object[] {
    if (endpoint.address !== undefined && !credentials.needsDns) return []
    const others = resolver.map((server) => /:(\d+)$/.exec(server)?.[1]).filter((port) => port !== undefined)
    const ports = [...new Set([53, ...others.map(Number)])]
    const both = ports.flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port })))
    return [
        because('DNS, which may be pods or, on its node, a cache that no selector finds.', { ports: both }) as object,
    ]
}

function s3({ endpoint }: Settings): object {
    const { host, address, port } = endpoint
    const ports = [{ protocol: 'TCP', port }]
    if (address !== undefined) {
        const bare = address.replace(/^\[|\]$/g, '')
        return because('S3.', { to: [{ ipBlock: { cidr: `${bare}/${isIPv4(bare) ? 32 : 128}` } }], ports }) as object
    }
    if (/\.svc(?:\.|$)|\.local$|^[^.]*$/.test(host)) {
        return because(
            'S3, a Service of this cluster: its pods may listen on another port than it does, and theirs is the one that counts here.',
            { to: [{ namespaceSelector: {} }] },
        ) as object
    }
    return because('S3, whose addresses change.', { ports }) as object
}
