import { nginxFolder } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { nginxUser, objectNames } from './names.js'
import { podPorts } from './ports.js'
import { probes } from './probes.js'
import { storage } from './storage.js'
import { volumeMounts, volumes } from './volumes.js'

/** How long a terminating pod still gets requests from nodes that have not been updated yet, in seconds. */
const farewell = 5

/** The Deployment: pods that meet the Pod Security Standard "restricted". */
export function deployment(settings: Settings): object {
    const { labels, metadata } = objectNames(settings)
    const rollingUpdate = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } }
    return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
            ...(settings.upload?.only && {
                replicas: because(
                    'The second pod takes uploads when a node fails. Uploads wait for clients and S3, so CPU load says little about the pods needed.',
                    2,
                ),
            }),
            strategy: settings.upload?.only
                ? because('A new pod must be ready before an old one is stopped.', rollingUpdate)
                : because(
                      'No replicas: the HorizontalPodAutoscaler sets them, so applying this again keeps them. A new pod must be ready before an old one is stopped.',
                      rollingUpdate,
                  ),
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: podSpec(settings) },
        },
    }
}

function podSpec(settings: Settings): object {
    const { object, labels } = objectNames(settings)
    return {
        serviceAccountName: object,
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
        terminationGracePeriodSeconds:
            settings.upload === undefined
                ? because('The time for running downloads to finish before nginx is killed.', 300)
                : because('The time for running downloads and uploads to finish before nginx is killed.', 900),
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
