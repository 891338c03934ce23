import type { Bucket } from '../../s3/bucket.js'
import { inspectFile, tellsRequiresPython } from '../stored/inspect-file.js'
import { fileKey, metadataKey } from '../../../core/index/project-objects.js'
import type { FileEntry } from '../../../core/project-page.js'
import type { Problem } from './problem.js'
import { sha256Of } from '../../s3/digests.js'

/** @param sha256 of the object, hex */
export function wrongHash(key: string, sha256: string, file: FileEntry): Problem {
    return { kind: 'wrong-hash', key, detail: `has sha256 ${sha256}, the page says ${file.sha256}` }
}

/** Downloads a file and compares it with its entry. */
export async function verifyContent(bucket: Bucket, project: string, file: FileEntry): Promise<Problem[]> {
    const key = fileKey(project, file.filename)
    const found = await inspectFile(bucket, key)
    if (found === undefined) return [{ kind: 'missing-file', key, detail: 'is on the page but not in the bucket' }]
    const problems: Problem[] = []
    if (found.sha256 !== file.sha256) {
        problems.push(wrongHash(key, found.sha256, file))
    }
    if (found.problem !== undefined) {
        problems.push({ kind: 'unreadable-file', key, detail: `cannot be read: ${found.problem}` })
    } else if (tellsRequiresPython(found) && found.requiresPython !== file.requiresPython) {
        const said = `${found.requiresPython ?? 'none'}, the page says ${file.requiresPython ?? 'none'}`
        problems.push({ kind: 'wrong-requires-python', key, detail: `has Requires-Python ${said}` })
    }
    if (found.metadata && sha256Of(found.metadata) !== file.coreMetadata?.sha256) {
        const detail = file.coreMetadata ? 'is not the METADATA of the wheel' : 'is not on the page'
        problems.push({ kind: 'stale-metadata', key: metadataKey(project, file.filename), detail })
    }
    return problems
}
