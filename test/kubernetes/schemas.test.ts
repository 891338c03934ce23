import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { configWords } from '../../scripts/config/option-table.js'
import { kubernetesVariants } from '../support/variants/kubernetes-variants.js'
import { missingSchemas, prepareSchemas, validateManifests } from '../support/kubernetes/kubernetes-schemas.js'
import { kustomizeBuild, missingKustomize } from '../support/kubernetes/kustomize.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const kinds = [
    ...['configmap', 'deployment', 'horizontalpodautoscaler', 'networkpolicy', 'poddisruptionbudget'],
    ...['service', 'serviceaccount'],
]

describeWhere('the folder for Kubernetes, built by kustomize', missingKustomize(), () => {
    let cwd: string
    /** The objects of each variant. */
    const built: string[] = []

    beforeAll(async () => {
        cwd = await temporaryFolder()
        for (const [index, [, options]] of kubernetesVariants.entries()) {
            const words = configWords({ bucket: 'my-pypi', target: 'kubernetes', ...options })
            const outcome = await runProgram('generate-config', [...words, '--out', `out-${index}`], { cwd })
            expect(outcome).toMatchObject({
                status: 0,
                stderr: expect.stringMatching(/^(?:generate-config: warning: .*\n)*$/),
            })
            built.push(await kustomizeBuild(path.join(cwd, `out-${index}`)))
        }
    }, 600_000)

    /** The name of the ConfigMap that the pods mount. */
    const configMap = (manifests: string) => /configMap:\n +name: (nginx-s3-pypi-\w+)\n/.exec(manifests)![1]!

    test('the pods mount the ConfigMap, whose name follows its files', async () => {
        const before = configMap(built[0]!)
        expect(built[0]).toContain(
            `kind: ConfigMap\nmetadata:\n  labels:\n    app.kubernetes.io/name: nginx-s3-pypi\n  name: ${before}\n`,
        )
        const file = path.join(cwd, 'out-0/site.conf')
        const conf = await readFile(file, 'utf8')
        await writeFile(file, conf + '# changed\n')
        expect(configMap(await kustomizeBuild(path.join(cwd, 'out-0')))).not.toBe(before)
        await writeFile(file, conf)
        expect(configMap(await kustomizeBuild(path.join(cwd, 'out-0')))).toBe(before)
    })

    test('a folder that lacks a file is refused', async () => {
        await writeFile(path.join(cwd, 'kustomization.yaml'), 'resources: [not-there.yaml]\n')
        await expect(kustomizeBuild(cwd)).rejects.toThrow(/not-there\.yaml/)
    })

    describeWhere('the published schemas', missingSchemas(), () => {
        beforeAll(prepareSchemas, 600_000)

        test.each(['1.26', '1.31', '1.37'])('of Kubernetes %s take every variant', async (version) => {
            const { passed, wrong } = await validateManifests(built.join('---\n'), version)
            expect(wrong).toEqual([])
            const counts = (only: unknown): Record<string, number> =>
                only === undefined ? { configmap: 2 } : { horizontalpodautoscaler: 0 }
            expect(passed.sort()).toEqual(
                kinds.flatMap((kind) =>
                    kubernetesVariants.flatMap(([, { only }]) => Array<string>(counts(only)[kind] ?? 1).fill(kind)),
                ),
            )
        })

        test('of Kubernetes 1.25 do not: its disruption budget knows less', async () => {
            const { wrong } = await validateManifests(built[0]!, '1.25')
            expect(wrong).toHaveLength(1)
            expect(wrong[0]).toMatch(/poddisruptionbudget.*unhealthyPodEvictionPolicy/)
        })

        describe('of Kubernetes 1.37 find', () => {
            test.each([
                ['a misspelt name', 'readOnlyRootFilesystem', 'readonlyRootFilesystem'],
                ['a number for a text', 'sizeLimit: 64Mi', 'sizeLimit: [64]'],
                ['a text for a number', 'containerPort: 8080', 'containerPort: http'],
                ['a missing part', /\n +name: nginx\n/, '\n'],
                ['a kind that is none', 'kind: HorizontalPodAutoscaler', 'kind: PodAutoscaler'],
                ['a version that is gone', 'autoscaling/v2', 'autoscaling/v2beta2'],
            ])('%s', async (_name, right, broken) => {
                const manifests = built[0]!.replace(right, broken)
                expect(manifests).not.toBe(built[0])
                expect((await validateManifests(manifests, '1.37')).wrong).not.toEqual([])
            })
        })
    })
})
