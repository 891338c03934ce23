import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { isKept, keep } from '../machine/kept.js'
import { missingPrograms } from '../machine/requirements.js'

/** The kustomize that is built where there is no kubectl, which has one of its own. */
const version = 'v5.7.1'
const kept = `kustomize-${version}`

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' }).status === 0

/** What is missing to build a folder as `kubectl apply -k` does. */
export function missingKustomize(): string | undefined {
    if (hasKubectl || isKept(kept) || missingPrograms(['go'], 'golang') === undefined) return
    return 'kubectl is not installed, nor is Go to build kustomize with: apt-get install golang'
}

/** The objects of a kustomize folder, as YAML. Rejects with what kustomize says. */
export async function kustomizeBuild(folder: string): Promise<string> {
    if (hasKubectl) return (await promisify(execFile)('kubectl', ['kustomize', folder])).stdout
    const programs = await keep(kept, (folder) => {
        const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0' }
        return promisify(execFile)('go', ['install', `sigs.k8s.io/kustomize/kustomize/v5@${version}`], { env })
    })
    return (await promisify(execFile)(`${programs}/kustomize`, ['build', folder])).stdout
}
