import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../core/user-error.js'
import { asBuffer } from '../../distribution/file-source.js'
import { readMetadata } from '../../distribution/read-distribution.js'
import type { Bucket } from '../../s3/bucket.js'

/** The content of a downloaded file. */
export interface InspectedFile {
    /** Hex. */
    sha256: string
    requiresPython: string | undefined
    /** The METADATA of a wheel. */
    metadata: Buffer | undefined
    /** Why the file is unreadable; then only the hash is set. */
    problem: string | undefined
    /** Faults of a readable file. */
    oddities: string[]
}

/** Downloads a file and reads it. @returns undefined if the file does not exist */
export async function inspectFile(bucket: Bucket, key: string): Promise<InspectedFile | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'nginx-s3-pypi-'))
    try {
        const path = join(folder, 'file')
        const downloaded = await bucket.download(key, path)
        return downloaded && { ...downloaded, ...(await read(path, key.slice(key.lastIndexOf('/') + 1))) }
    } finally {
        await rm(folder, { recursive: true })
    }
}

/**
 * Whether a readable file tells its Requires-Python. Old sdists lack the field, although PyPI had it from the form of the
 * upload: what a mirror has copied then stays.
 */
export function tellsRequiresPython({ requiresPython, metadata }: InspectedFile): boolean {
    return metadata !== undefined || requiresPython !== undefined
}

async function read(path: string, filename: string): Promise<Omit<InspectedFile, 'sha256'>> {
    try {
        const { core, metadata, oddities } = await readMetadata(path, filename)
        return {
            requiresPython: core.requiresPython,
            metadata: metadata && asBuffer(metadata),
            problem: undefined,
            oddities,
        }
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        return { requiresPython: undefined, metadata: undefined, problem: error.message, oddities: [] }
    }
}
