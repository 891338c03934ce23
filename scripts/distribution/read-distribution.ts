import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { normalizeName } from '../../core/project-name.js'
import { UserError } from '../../core/user-error.js'
import {
    sdistMetadata,
    wheelMetadata,
    zippedSdistContent,
    type ReadMetadata,
} from '../../core/distribution/distribution-metadata.js'
import { kindOf, otherFormat } from '../../core/file-name.js'
import { asBuffer, nodeEngine } from './file-source.js'
import { refusal, unusualRefusal } from '../../core/distribution/refusal.js'
import { readSdist } from './sdist.js'
import { withZip } from './zip-content.js'

/** RECORD takes up to about 200 bytes per member. Bytes. */
const maxRecordSize = 64 * 1024 * 1024

/** A local wheel or sdist whose name matches its metadata. */
export interface Distribution {
    path: string
    filename: string
    /** Normalised. */
    project: string
    /** Normalised. */
    version: string
    /** Bytes. */
    size: number
    /** Hex. */
    sha256: string
    requiresPython?: string
    /** The METADATA of a wheel. */
    metadata?: Buffer
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/**
 * Reads a file to publish.
 *
 * @param options.acceptUnusual accept faults that PyPI rejects, if pip and uv install the file
 * @throws UserError if the file is unreadable, broken or unfit for an index
 */
export async function readDistribution(path: string, options: { acceptUnusual?: boolean } = {}): Promise<Distribution> {
    const filename = basename(path)
    const { core, metadata, oddities } = await readMetadata(path, filename)
    const project = normalizeName(core.name)
    if (project === 'simple') {
        throw refusal(filename, 'a project cannot be called "simple": /simple/ is the path of the index itself')
    }
    if (oddities.length > 0 && !options.acceptUnusual) throw unusualRefusal(filename, oddities)
    const { size } = await stat(path)
    const { requiresPython } = core
    return {
        path,
        filename,
        project,
        version: core.version,
        size,
        sha256: await sha256OfFile(path),
        ...(requiresPython === undefined ? {} : { requiresPython }),
        ...(metadata === undefined ? {} : { metadata: asBuffer(metadata) }),
        oddities,
    }
}

/**
 * Reads the metadata of a file and checks that it matches the file name.
 *
 * @param filename the file's name in the index
 * @throws UserError unless both pip and uv would install the file
 */
export async function readMetadata(path: string, filename: string): Promise<ReadMetadata> {
    const kind = kindOf(filename)
    if (kind === undefined) {
        throw new UserError(`${filename} is neither a wheel nor an sdist`, otherFormat(filename))
    }
    if (kind === 'wheel') {
        return withZip(path, filename, (archive) => wheelMetadata(archive, nodeEngine, maxRecordSize, filename))
    }
    const content = filename.endsWith('.zip')
        ? await withZip(path, filename, (archive) => zippedSdistContent(archive, filename))
        : await readSdist(path, filename)
    return sdistMetadata(content, nodeEngine, filename)
}

/** @returns hex */
export async function sha256OfFile(path: string): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
    return hash.digest('hex')
}
