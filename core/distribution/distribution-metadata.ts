import type { Engine } from '../byte-source.js'
import { parseFileName, sdistReadings } from '../file-name.js'
import { normalizeName } from '../project-name.js'
import { sameVersion } from '../version.js'
import { parseCoreMetadata, type CoreMetadata } from './core-metadata.js'
import { findPkgInfo, maxMetadataSize } from './pkg-info.js'
import { refusal } from './refusal.js'
import { isDistInfoOf, readWheel } from './wheel.js'
import type { ZipArchive } from './zip-archive.js'
import { zstdOddity } from './zstd-wheel.js'

/** The metadata in a file. */
export interface ReadMetadata {
    core: CoreMetadata
    /** The METADATA of a wheel. */
    metadata: Uint8Array | undefined
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/** The content of an sdist. */
export interface SdistContent {
    /** The PKG-INFO file, unchanged; undefined if missing. */
    metadata: Uint8Array | undefined
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
}

/**
 * Reads the metadata of a wheel and checks that it matches the file name.
 *
 * @param filename the file's name in the index
 * @param maxRecordSize the largest RECORD that is read, in bytes
 * @throws UserError unless both pip and uv would install the wheel
 */
export async function wheelMetadata(
    archive: ZipArchive,
    engine: Engine,
    maxRecordSize: number,
    filename: string,
): Promise<ReadMetadata> {
    const { metadata, distInfo, zstdMember, oddities } = await readWheel(archive, engine, maxRecordSize, filename)
    const core = await parseCoreMetadata(metadata, engine, filename)
    checkFileName(filename, core)
    if (!isDistInfoOf(distInfo, normalizeName(core.name), core.version)) {
        throw refusal(filename, `its folder ${distInfo}.dist-info does not match ${core.name} ${core.version}`)
    }
    const zstd = zstdMember === undefined ? [] : [zstdOddity(zstdMember, filename, core.requiresPython)]
    return { core, metadata, oddities: [...oddities, ...zstd, ...core.oddities] }
}

/** Reads the PKG-INFO of an old sdist in zip format. */
export async function zippedSdistContent({ members, oddities, read }: ZipArchive, file: string): Promise<SdistContent> {
    const pkgInfo = findPkgInfo(
        members.map(({ name }) => name),
        file,
    )
    const member = members.find(({ name }) => name === pkgInfo.path)
    const metadata = member && (await read(member, maxMetadataSize))
    return { metadata, oddities: [...oddities, ...pkgInfo.oddities] }
}

/**
 * Parses the metadata of an sdist and checks that it matches the file name.
 *
 * @throws UserError unless it does, and if an sdist without metadata has an ambiguous name
 */
export async function sdistMetadata(content: SdistContent, engine: Engine, filename: string): Promise<ReadMetadata> {
    const core = content.metadata ? await parseCoreMetadata(content.metadata, engine, filename) : coreOfName(filename)
    checkFileName(filename, core)
    return { core, metadata: undefined, oddities: [...content.oddities, ...core.oddities] }
}

/** Project and version of an sdist without PKG-INFO. */
function coreOfName(filename: string): CoreMetadata {
    const [reading, other] = sdistReadings(filename)
    if (reading === undefined || other !== undefined) {
        throw refusal(filename, 'it has no PKG-INFO, and its name does not identify one project and version')
    }
    return { name: reading.project, version: reading.version, oddities: [] }
}

function checkFileName(filename: string, core: CoreMetadata): void {
    const named = parseFileName(filename, normalizeName(core.name))
    if (named === undefined || !sameVersion(named.version, core.version)) {
        throw refusal(filename, `its name does not match its metadata: ${core.name} ${core.version}`)
    }
}
