import type { Settings } from '../config/settings.js'

/** A port of the pod, and its port of the Service. */
export interface PodPort {
    name: 'http' | 'https'
    containerPort: number
    servicePort: number
}

/** The ports of nginx: first the index; with TLS then the port that redirects http to it. */
export function podPorts({ listen, tls }: Settings): PodPort[] {
    const index = { containerPort: portOf(listen[0]!) }
    if (tls === undefined) return [{ name: 'http', ...index, servicePort: 80 }]
    const redirect = tls.httpListen.slice(0, 1)
    return [
        { name: 'https', ...index, servicePort: 443 },
        ...redirect.map((address) => ({ name: 'http' as const, containerPort: portOf(address), servicePort: 80 })),
    ]
}

function portOf(listen: string): number {
    return Number(listen.replace(/^.*:/, ''))
}
