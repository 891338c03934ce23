import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podPorts } from './ports.js'

/** The questions that the node asks nginx, and what follows from no answer. */
export function probes(settings: Settings): object {
    const alive = ask(settings, '/-/healthz')
    const ready = ask(settings, '/-/readyz')
    const start = { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 30 }
    const check = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
    const livenessProbe = because('S3 has no say in this: a restart would not mend it.', { ...alive, ...check })
    if (settings.cache?.stale) {
        return {
            startupProbe: because(
                'A new pod has to reach S3 with its credentials: an update with wrong ones stops at the first.',
                { ...ready, ...start },
            ),
            livenessProbe,
            readinessProbe: because('Not /-/readyz: while S3 is down this pod serves what it has in its cache.', {
                ...alive,
                ...check,
            }),
        }
    }
    return {
        startupProbe: { ...alive, ...start },
        livenessProbe,
        readinessProbe: because('Whether these credentials may read the bucket: an update with wrong ones stops.', {
            ...ready,
            ...check,
        }),
    }
}

function ask(settings: Settings, path: string): object {
    const { name } = podPorts(settings)[0]!
    return { httpGet: { path, port: name, ...(name === 'https' && { scheme: 'HTTPS' }) } }
}
