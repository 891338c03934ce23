import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { normalizeName } from '../../njs/project-name.js'
import { UserError } from '../cli/user-error.js'
import { parseCoreMetadata, refusal, type CoreMetadata } from './core-metadata.js'
import { kindOf, parseFileName } from './file-name.js'
import { readSdist } from './sdist.js'
import { isSpecifierSet } from './specifier-set.js'
import { sameVersion } from './version.js'
import { isDistInfoOf, readWheel, readZippedSdist } from './wheel.js'

/** A wheel or an sdist on this machine, whose name agrees with the metadata in it. */
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
}

/**
 * Reads a file that is to be published.
 *
 * @throws UserError for one that cannot be read, is broken, or should not be in an index
 */
export async function readDistribution(path: string): Promise<Distribution> {
    const filename = basename(path)
    const { core, metadata } = await readMetadata(path, filename)
    const project = normalizeName(core.name)
    if (project === 'simple') {
        throw refusal(filename, 'no project can be called "simple": /simple/ is an address of the index itself')
    }
    if (core.requiresPython !== undefined && !isSpecifierSet(core.requiresPython)) {
        throw refusal(filename, `its Requires-Python ${JSON.stringify(core.requiresPython)} is not valid (PEP 440)`)
    }
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
        ...(metadata === undefined ? {} : { metadata }),
    }
}

/**
 * Reads the metadata of a file and checks that its name says the same.
 *
 * @param filename the name that it has, or is to have, in an index
 */
export async function readMetadata(
    path: string,
    filename: string,
): Promise<{ core: CoreMetadata; metadata: Buffer | undefined }> {
    const kind = kindOf(filename)
    if (kind === undefined) {
        throw new UserError(
            `${filename} is neither a wheel nor an sdist`,
            'Publish .whl and .tar.gz files, or a folder with pyproject.toml or setup.py.',
        )
    }
    if (kind === 'sdist') {
        const bytes = await (filename.endsWith('.zip') ? readZippedSdist : readSdist)(path, filename)
        const core = parseCoreMetadata(bytes, filename)
        checkFileName(filename, core)
        return { core, metadata: undefined }
    }
    const { metadata, distInfo } = await readWheel(path, filename)
    const core = parseCoreMetadata(metadata, filename)
    checkFileName(filename, core)
    if (!isDistInfoOf(distInfo, normalizeName(core.name), core.version)) {
        throw refusal(filename, `its folder ${distInfo}.dist-info is not that of ${core.name} ${core.version}`)
    }
    return { core, metadata }
}

function checkFileName(filename: string, core: CoreMetadata): void {
    const named = parseFileName(filename, normalizeName(core.name))
    if (named === undefined || !sameVersion(named.version, core.version)) {
        throw refusal(filename, `its name does not match its metadata: ${core.name} ${core.version}`)
    }
}

/** @returns hex */
export async function sha256OfFile(path: string): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
    return hash.digest('hex')
}
