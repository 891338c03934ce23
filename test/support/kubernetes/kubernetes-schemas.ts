import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { environmentWith, missingFor } from '../python/python-clients.js'
import { temporaryFolder } from '../machine/temporary-folder.js'

/** It carries the JSON schemas that are made from the OpenAPI of each Kubernetes, 1.25 to 1.37. */
const validator = ['kubernetes-validate==1.37.0']

/** What is missing to validate manifests. */
export function missingSchemas(): string | undefined {
    return missingFor(validator)
}

/** Gets them, which takes a minute where they are not kept. */
export async function prepareSchemas(): Promise<void> {
    await environmentWith(validator)
}

/**
 * Validates objects against the schemas of a version of Kubernetes, in which nothing may stand that they do not know.
 *
 * @param manifests YAML, one object a document
 * @returns the kinds that passed, in lower case, and what is wrong with the others
 */
export async function validateManifests(
    manifests: string,
    version: string,
): Promise<{ passed: string[]; wrong: string[] }> {
    const python = await environmentWith(validator)
    const file = path.join(await temporaryFolder(), 'manifests.yaml')
    await writeFile(file, manifests)
    const words = ['-m', 'kubernetes_validate', '--kubernetes-version', version, '--strict', file]
    const outcome = await promisify(execFile)(python, words).catch((error: { code?: unknown; stdout: string }) => {
        if (error.code !== 1) throw error
        return error
    })
    const lines = outcome.stdout.split('\n').filter((line) => line !== '')
    const passed = lines.flatMap((line) => /^INFO .* passed for resource ([a-z]+)\//.exec(line)?.[1] ?? [])
    return { passed, wrong: lines.filter((line) => !line.startsWith('INFO ')) }
}
