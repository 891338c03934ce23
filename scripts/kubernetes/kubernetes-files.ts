import type { GeneratedFile } from '../config/render.js'
import { seal } from '../config/seal.js'
import type { Settings } from '../config/settings.js'
import { because, toYaml } from './commented-yaml.js'
import { deployment } from './deployment.js'
import { objectName, labels } from './names.js'
import { networkPolicy } from './network-policy.js'
import { checkPod } from './pod-limits.js'
import { autoscaler, disruptionBudget, service, serviceAccount } from './small-objects.js'

/**
 * The files that make a kustomize folder of what `render` writes, for `kubectl apply -k`. They hold no secret.
 *
 * @param configurations names of the files that nginx reads
 * @param command the command line that makes the files again; it stands in their headers
 * @throws UsageError when the settings cannot work in a pod
 */
export function kubernetesFiles(settings: Settings, configurations: string[], command: string): GeneratedFile[] {
    checkPod(settings)
    const objects: [name: string, purpose: string, object: object][] = [
        ['service-account.yaml', 'Who the pods are.', serviceAccount(settings)],
        [
            'deployment.yaml',
            'The pods, each of them the whole index: no pod keeps what another needs.',
            deployment(settings),
        ],
        ['service.yaml', 'The address of the index in the cluster.', service(settings)],
        ['horizontal-pod-autoscaler.yaml', 'How many pods there are.', autoscaler()],
        ['pod-disruption-budget.yaml', 'How many pods may be taken away at once.', disruptionBudget()],
        [
            'network-policy.yaml',
            'Whom the pods talk to. A cluster whose network has no policies ignores it.',
            networkPolicy(settings),
        ],
    ]
    const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: objects.map(([name]) => name),
        configMapGenerator: because(
            'The name of the ConfigMap ends in a hash of these files: where one has changed, new pods take the place of the old.',
            [{ name: objectName, files: configurations, options: { labels, immutable: true } }],
        ),
    }
    return [['kustomization.yaml', 'A package index, for kubectl apply -k.', kustomization] as const, ...objects].map(
        ([name, purpose, object]) => ({
            name,
            content: seal(`# ${purpose}\n# Made by: ${command}\n\n${toYaml(object)}`, '#'),
        }),
    )
}
