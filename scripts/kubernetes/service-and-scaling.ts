import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { objectNames } from './names.js'
import { podPorts } from './ports.js'

/** The Service: the address of the index in the cluster. */
export function service(settings: Settings): object {
    const { labels, metadata } = objectNames(settings)
    return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: {
            selector: labels,
            ports: podPorts(settings).map(({ name, servicePort }) => ({
                name,
                port: servicePort,
                targetPort: name,
            })),
        },
    }
}

/** The ServiceAccount: the identity of the pods, for the cluster and for AWS. */
export function serviceAccount(settings: Settings): object {
    const { annotations } = podCredentials(settings)
    const { metadata } = objectNames(settings)
    return {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: annotations === undefined ? metadata : { ...metadata, annotations },
        automountServiceAccountToken: false,
    }
}

/** The HorizontalPodAutoscaler: at least two pods, more under CPU load. */
export function autoscaler(settings: Settings): object {
    const { object, metadata } = objectNames(settings)
    return {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata,
        spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: object },
            minReplicas: because(
                'One pod can handle the load; the second keeps the index available when a node fails.',
                2,
            ),
            maxReplicas: 10,
            metrics: because(
                'Relative to the CPU request of a pod. Requires metrics-server in the cluster; without it, the number stays at two pods.',
                [
                    {
                        type: 'Resource',
                        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
                    },
                ],
            ),
        },
    }
}

/** The PodDisruptionBudget: draining nodes evicts one pod at a time. */
export function disruptionBudget(settings: Settings): object {
    const { labels, metadata } = objectNames(settings)
    return {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata,
        spec: {
            selector: { matchLabels: labels },
            maxUnavailable: 1,
            unhealthyPodEvictionPolicy: because(
                'Nodes can be drained while S3 is down, when no pod is ready.',
                'AlwaysAllow',
            ),
        },
    }
}
