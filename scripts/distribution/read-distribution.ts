import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { normalizeName } from '../../core/project-name.js'
import { UserError } from '../../core/user-error.js'
import { parseCoreMetadata, type CoreMetadata } from './core-metadata.js'
import { kindOf, parseFileName, sdistReadings } from '../../core/file-name.js'
import { refusal, unusualRefusal } from '../../core/distribution/refusal.js'
import { readSdist, readZippedSdist } from './sdist.js'
import { sameVersion } from '../../core/version.js'
import { isDistInfoOf, readWheel, type WheelContent } from './wheel.js'
import { zstdOddity } from './zstd-wheel.js'

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
        ...(metadata === undefined ? {} : { metadata }),
        oddities,
    }
}

/** The metadata in a file. */
export interface ReadMetadata {
    core: CoreMetadata
    /** The METADATA of a wheel. */
    metadata: Buffer | undefined
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
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
    if (kind === 'sdist') {
        const content = await (filename.endsWith('.zip') ? readZippedSdist : readSdist)(path, filename)
        const core = content.metadata ? parseCoreMetadata(content.metadata, filename) : coreOfName(filename)
        checkFileName(filename, core)
        return { core, metadata: undefined, oddities: [...content.oddities, ...core.oddities] }
    }
    const content = await readWheel(path, filename)
    const core = parseCoreMetadata(content.metadata, filename)
    checkFileName(filename, core)
    if (!isDistInfoOf(content.distInfo, normalizeName(core.name), core.version)) {
        throw refusal(filename, `its folder ${content.distInfo}.dist-info does not match ${core.name} ${core.version}`)
    }
    return { core, metadata: content.metadata, oddities: odditiesOf(content, core, filename) }
}

/** The cure for a file in another format. */
function otherFormat(filename: string): string {
    if (/\.(?:egg|exe)$/i.test(filename)) {
        return `Current installers do not support it. Convert it with "python3 -m wheel convert ${filename}", or rebuild the project.`
    }
    if (/\.(?:tar|tar\.(?:bz2|xz|zst|lz|lzma|Z)|tgz|tbz2?|txz)$/i.test(filename)) {
        return 'An sdist is a .tar.gz file (PEP 625): rebuild it with "python3 -m build --sdist".'
    }
    return 'Publish .whl and .tar.gz files, or a folder with pyproject.toml or setup.py.'
}

/** Project and version of an sdist without PKG-INFO. */
function coreOfName(filename: string): CoreMetadata {
    const [reading, other] = sdistReadings(filename)
    if (reading === undefined || other !== undefined) {
        throw refusal(filename, 'it has no PKG-INFO, and its name does not identify one project and version')
    }
    return { name: reading.project, version: reading.version, oddities: [] }
}

function odditiesOf(content: WheelContent, core: CoreMetadata, filename: string): string[] {
    const { zstdMember, oddities } = content
    return [
        ...oddities,
        ...(zstdMember === undefined ? [] : [zstdOddity(zstdMember, filename, core.requiresPython)]),
        ...core.oddities,
    ]
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
