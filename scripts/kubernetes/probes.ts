import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podPorts } from './ports.js'

/** The probes of the container. */
export function probes(settings: Settings): object {
    const alive = ask(settings, '/-/healthz')
    const ready = ask(settings, '/-/readyz')
    const start = { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 30 }
    const check = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
    const livenessProbe = because('Independent of S3: a restart would not repair it.', { ...alive, ...check })
    if (settings.cache?.stale) {
        return {
            startupProbe: because(
                'A new pod must reach S3 with its credentials: a rollout with wrong ones stops at the first pod.',
                { ...ready, ...start },
            ),
            livenessProbe,
            readinessProbe: because('Not /-/readyz: while S3 is down, this pod serves from its cache.', {
                ...alive,
                ...check,
            }),
        }
    }
    return {
        startupProbe: { ...alive, ...start },
        livenessProbe,
        readinessProbe: because('Checks that the credentials can read the bucket: a rollout with wrong ones stops.', {
            ...ready,
            ...check,
        }),
    }
}

function ask(settings: Settings, path: string): object {
    const { name } = podPorts(settings)[0]!
    return { httpGet: { path, port: name, ...(name === 'https' && { scheme: 'HTTPS' }) } }
}
