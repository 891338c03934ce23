import { nginxFolder } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { labels, metadata, nginxUser, objectName } from './names.js'
import { podPorts } from './ports.js'
import { probes } from './probes.js'
import { storage } from './storage.js'
import { volumeMounts, volumes } from './volumes.js'

/** How long a terminating pod still gets requests from nodes that have not been updated yet, in seconds. */
const farewell = 5

/** The Deployment: pods that meet the Pod Security Standard "restricted". */
export function deployment(settings: Settings): object {
    return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
            strategy: because(
                'No replicas: the HorizontalPodAutoscaler sets them, so applying this again keeps them. A new pod must be ready before an old one is stopped.',
                { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
            ),
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: podSpec(settings) },
        },
    }
}

function podSpec(settings: Settings): object {
    return {
        serviceAccountName: objectName,
        automountServiceAccountToken: because('nginx does not use the Kubernetes API.', false),
        enableServiceLinks: false,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: because(
                "The image's user. Any other works as well, if the cluster assigns user IDs.",
                nginxUser,
            ),
            runAsGroup: nginxUser,
            fsGroup: nginxUser,
            seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationGracePeriodSeconds: because('The time for running downloads to finish before nginx is killed.', 300),
        topologySpreadConstraints: because(
            'Spreads the pods, so that the failure of a node or a zone stops as few of them as possible.',
            ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
                maxSkew: 1,
                topologyKey,
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: { matchLabels: labels },
            })),
        ),
        containers: [container(settings)],
        volumes: volumes(settings),
    }
}

function container(settings: Settings): object {
    return {
        name: 'nginx',
        image: `nginx:${settings.nginxVersion}`,
        command: ['nginx', '-c', `${nginxFolder}/nginx.conf`, '-g', 'daemon off;'],
        ports: podPorts(settings).map(({ name, containerPort }) => ({ name, containerPort })),
        env: podCredentials(settings).environment,
        resources: {
            requests: { cpu: '250m', memory: '128Mi', ...storage(settings).request },
            limits: because(
                'No CPU limit: two workers use at most two CPUs, and a throttled worker delays all its clients.',
                { memory: '1Gi' },
            ),
        },
        securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
        },
        ...probes(settings),
        lifecycle: because(
            'Serves until all nodes have stopped sending requests to this pod. Then SIGQUIT, the stop signal of the image, lets downloads finish.',
            { preStop: { exec: { command: ['sleep', String(farewell)] } } },
        ),
        volumeMounts: volumeMounts(settings),
    }
}
