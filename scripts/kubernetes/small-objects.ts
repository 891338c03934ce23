import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { labels, metadata, objectName } from './names.js'
import { podPorts } from './ports.js'

/** The Service: the address of the index in the cluster. */
export function service(settings: Settings): object {
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

/** Who the pods are, to the cluster and to a cloud. */
export function serviceAccount(settings: Settings): object {
    const { annotations } = podCredentials(settings)
    return {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: annotations === undefined ? metadata : { ...metadata, annotations },
        automountServiceAccountToken: false,
    }
}

/** The HorizontalPodAutoscaler: at least two pods, more as nginx works more. */
export function autoscaler(): object {
    return {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata,
        spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: objectName },
            minReplicas: because('One is enough for the work; the other is there when a node is not.', 2),
            maxReplicas: 10,
            metrics: because(
                'Of the CPU that a pod asks for. The cluster needs metrics-server for it; without, there are two pods.',
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

/** The PodDisruptionBudget: nodes are emptied one pod after the other. */
export function disruptionBudget(): object {
    return {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata,
        spec: {
            selector: { matchLabels: labels },
            maxUnavailable: 1,
            unhealthyPodEvictionPolicy: because(
                'While S3 is down no pod is ready; a node can be emptied all the same.',
                'AlwaysAllow',
            ),
        },
    }
}
