import type { GeneratedFile } from '../config/render.js'
import { seal } from '../config/seal.js'
import type { Settings } from '../config/settings.js'
import { hasWeb, isOfWeb } from '../config/web.js'
import { because, toYaml } from './commented-yaml.js'
import { deployment } from './deployment.js'
import { objectNames } from './names.js'
import { networkPolicy } from './network-policy.js'
import { checkPod } from './pod-limits.js'
import { autoscaler, disruptionBudget, service, serviceAccount } from './service-and-scaling.js'

/**
 * The manifests that turn the folder of `render` into a kustomize folder, for `kubectl apply -k`. They contain no secrets.
 *
 * @param configurations names of the files that nginx reads
 * @param command the command line that generates the files again, for their headers
 * @throws UsageError when the settings cannot work in a pod
 */
export function kubernetesFiles(settings: Settings, configurations: string[], command: string): GeneratedFile[] {
    checkPod(settings)
    const { object: name, web, labels } = objectNames(settings)
    const onlyUploads = settings.upload?.only === true
    const objects: (readonly [name: string, purpose: string, object: object])[] = [
        ['service-account.yaml', 'The identity of the pods.', serviceAccount(settings)],
        [
            'deployment.yaml',
            onlyUploads
                ? 'The pods that take uploads. They share no state but the bucket.'
                : 'The pods. Each serves the whole index and shares no state with the others.',
            deployment(settings),
        ],
        [
            'service.yaml',
            onlyUploads ? 'The address for uploads in the cluster.' : 'The address of the index in the cluster.',
            service(settings),
        ],
        ...(onlyUploads
            ? []
            : [['horizontal-pod-autoscaler.yaml', 'The number of pods.', autoscaler(settings)] as const]),
        ['pod-disruption-budget.yaml', 'How many pods may be evicted at once.', disruptionBudget(settings)],
        [
            'network-policy.yaml',
            'The connections that the pods may use. Ignored if the network plugin does not support policies.',
            networkPolicy(settings),
        ],
    ]
    const options = { labels, immutable: true }
    const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: objects.map(([name]) => name),
        configMapGenerator: because(
            'The name of a ConfigMap ends in a hash of its files: when one changes, new pods replace the old.',
            [
                { name, files: configurations.filter((file) => !isOfWeb(file)), options },
                // kubectl apply keeps each object in an annotation, which holds 256 KiB.
                ...(hasWeb(settings) ? [{ name: web, files: configurations.filter(isOfWeb), options }] : []),
            ],
        ),
    }
    return [['kustomization.yaml', 'A package index, for kubectl apply -k.', kustomization] as const, ...objects].map(
        ([name, purpose, object]) => ({
            name,
            content: seal(`# ${purpose}\n# Made by: ${command}\n\n${toYaml(object)}`, '#'),
        }),
    )
}
