import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { missingPrograms } from './requirements.js'

/** The kustomize that is built where there is no kubectl, which has one of its own. */
const version = 'v5.7.1'
const cacheFolder = fileURLToPath(new URL(`../../node_modules/.cache/kustomize-${version}`, import.meta.url))

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help'], { stdio: 'ignore' }).status === 0

/** What is missing to build a folder as `kubectl apply -k` does. */
export function missingKustomize(): string | undefined {
    if (hasKubectl || existsSync(`${cacheFolder}/kustomize`) || missingPrograms(['go'], 'golang') === undefined) return
    return 'kubectl is not installed, nor is Go to build kustomize with: apt-get install golang'
}

/** The objects of a kustomize folder, as YAML. Rejects with what kustomize says. */
export async function kustomizeBuild(folder: string): Promise<string> {
    if (hasKubectl) return (await promisify(execFile)('kubectl', ['kustomize', folder])).stdout
    if (!existsSync(`${cacheFolder}/kustomize`)) {
        const module = `sigs.k8s.io/kustomize/kustomize/v5@${version}`
        const env = { ...process.env, GOBIN: cacheFolder, CGO_ENABLED: '0' }
        await promisify(execFile)('go', ['install', module], { env })
    }
    return (await promisify(execFile)(`${cacheFolder}/kustomize`, ['build', folder])).stdout
}
