import { nginxFolder } from '../config/placement.js'
import type { Settings } from '../config/settings.js'
import { because } from './commented-yaml.js'
import { podCredentials } from './credentials.js'
import { labels, metadata, nginxUser, objectName } from './names.js'
import { podPorts } from './ports.js'
import { probes } from './probes.js'
import { storage } from './storage.js'
import { volumeMounts, volumes } from './volumes.js'

/** How long, in seconds, a pod that ends still gets requests from nodes that do not know yet. */
const farewell = 5

/** The Deployment: pods that meet the Pod Security Standard "restricted". */
export function deployment(settings: Settings): object {
    return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
            strategy: because(
                'The number of replicas is for the HorizontalPodAutoscaler to say: applying this again leaves it. A new pod is ready before an old one goes.',
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
        automountServiceAccountToken: because('nginx asks nothing of the API of Kubernetes.', false),
        enableServiceLinks: false,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: because(
                "The image's own user. Any other does, where a cluster has users of its own.",
                nginxUser,
            ),
            runAsGroup: nginxUser,
            fsGroup: nginxUser,
            seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationGracePeriodSeconds: because(
            'nginx ends when the downloads that are under way have ended; this is how long they have.',
            300,
        ),
        topologySpreadConstraints: because(
            'A node or a zone that fails takes as few pods with it as can be.',
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
                'None for the CPU: two workers take two at most, and a worker that is held back holds up all its clients.',
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
            'Until every node has heard that this pod is going, it serves; then the image has SIGQUIT sent, which lets downloads end.',
            { preStop: { exec: { command: ['sleep', String(farewell)] } } },
        ),
        volumeMounts: volumeMounts(settings),
    }
}
