import type { Engine } from '../byte-source.js'
import { normalizeName } from '../project-name.js'
import { maxMetadataSize } from './pkg-info.js'
import { recordProblems } from './record.js'
import { refusal } from './refusal.js'
import { normalizeVersion, sameVersion } from '../version.js'
import { zstd, type ZipArchive } from './zip-archive.js'
import type { ZipMember } from './zip-directory.js'

/** The content of a wheel. */
export interface WheelContent {
    /** The METADATA file, unchanged. */
    metadata: Uint8Array
    /** The name of its folder NAME-VERSION.dist-info, without `.dist-info`. */
    distInfo: string
    /** Faults that PyPI rejects, but pip and uv accept. */
    oddities: string[]
    /** The first member compressed with zstd. */
    zstdMember: string | undefined
}

/**
 * Reads the METADATA of a wheel.
 *
 * @param file file name for error messages
 * @throws UserError if pip or uv would not install the wheel
 * @see "Binary distribution format", "The .dist-info directory"
 */
export async function readWheel(
    { members, oddities, read }: ZipArchive,
    engine: Engine,
    maxRecordSize: number,
    file: string,
): Promise<WheelContent> {
    const distInfo = distInfoOf(members, file)
    const member = (name: string): ZipMember => {
        const path = `${distInfo}.dist-info/${name}`
        const found = members.find((member) => member.name === path)
        if (!found) throw refusal(file, `it has no ${path}`)
        return found
    }
    member('WHEEL')
    const metadata = await read(member('METADATA'), maxMetadataSize)
    const record = await read(member('RECORD'), maxRecordSize)
    const problems = await recordProblems(record, members, `${distInfo}.dist-info`, engine)
    return {
        metadata,
        distInfo,
        oddities: [...oddities, ...problems],
        zstdMember: members.find(({ method }) => method === zstd)?.name,
    }
}

/** The name of the .dist-info folder, without `.dist-info`. pip and uv refuse a wheel with two. */
function distInfoOf(members: readonly ZipMember[], file: string): string {
    const found = new Set<string>()
    members.forEach(({ name }) => {
        const slash = name.indexOf('/')
        const length = slash - '.dist-info'.length
        if (length > 0 && name.slice(length, slash) === '.dist-info') found.add(name.slice(0, length))
    })
    const [name, other] = found
    if (name === undefined) throw refusal(file, 'it has no NAME-VERSION.dist-info/METADATA')
    if (other !== undefined) throw refusal(file, `it has ${found.size} .dist-info folders, and only one can be right`)
    return name
}

/** Whether a .dist-info folder is named for this project and version. */
export function isDistInfoOf(distInfo: string, project: string, version: string): boolean {
    const hyphen = distInfo.indexOf('-')
    const found = hyphen < 0 ? undefined : normalizeVersion(distInfo.slice(hyphen + 1).replaceAll('_', '-'))
    return found !== undefined && normalizeName(distInfo.slice(0, hyphen)) === project && sameVersion(found, version)
}
